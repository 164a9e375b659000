import type { Clock } from '../base/clock.js';
import type { Hash256 } from '../base/hash.js';
import { messageOf } from '../base/node-error.js';
import { isWithin } from '../gasbank/budgets.js';
import type { ChainTime } from '../gasbank/chain-time.js';
import type { HeldWork } from '../gasbank/held-spending.js';
import { reachedOf } from '../gasbank/spending.js';
import { formatChainPrice } from '../prices/decimal.js';
import type { DueRounds } from '../prices/due-rounds.js';
import type { RoundStore } from '../prices/round-store.js';
import type { Log } from '../telemetry/log.js';
import type { RetriedStep } from '../telemetry/metrics-work.js';
import type { ChainPort } from './chain-port.js';
import { heldUntil, holdCauseOf } from './hold-time.js';
import { type Outgoing, type PlannedRounds, planRounds, sharesOfRounds } from './plan-rounds.js';
import type { PlanLimits } from './planning.js';
import type { Submit } from './submit.js';
import type { TransactionStore } from './transaction-store.js';
import { mayPass } from './trouble.js';

export interface PublishParts {
  readonly due: DueRounds;
  readonly rounds: RoundStore;
  readonly transactions: TransactionStore;
  readonly chain: ChainPort;
  readonly clock: Clock;
  readonly log: Log;
  readonly held: HeldWork;
  readonly submit: Submit;
  /** Told of each piece of work that is held back. */
  readonly onRetry: (step: RetriedStep) => void;
  readonly planLimits: PlanLimits;
  readonly limits: { readonly validBlocks: number; readonly holdMs: number };
  readonly randomNonce: () => number;
  /** What no round may be after: the time of the last block taken in. */
  readonly chainTime: Pick<ChainTime, 'nowMs'>;
  readonly mayStart: () => boolean;
}

/** What the gateway refused would be refused again: it is tried again after this time. */
const REFUSED_HOLD_MS = 60_000;

/**
 * Publishes what polls found due: all pairs in one transaction, one transaction at a time, so that
 * after a crash the one that was persisted is known to hold whatever was under way. What another
 * node published meanwhile is left out.
 */
export function createPublishPrices(parts: PublishParts) {
  const { due, rounds, transactions, clock, log, limits } = parts;
  let notBeforeMs = Number.NEGATIVE_INFINITY;
  /** By pair; one entry of a feed at most. */
  const heldUntilMs = new Map<string, number>();

  function put(offMs: number, reason: string): void {
    notBeforeMs = clock.monotonicMs() + offMs;
    log.warn('prices not published yet', { reason });
    parts.onRetry('prices');
  }

  /** What of the due is still so, and later than the chain's round even at the block's time. */
  function outgoing(): Outgoing[] {
    const blockTimeMs = Math.floor(parts.chainTime.nowMs());
    const nowMs = clock.monotonicMs();
    return due.list().flatMap((each): Outgoing[] => {
      if (nowMs < (heldUntilMs.get(each.pair) ?? nowMs)) return [];
      heldUntilMs.delete(each.pair);
      const last = rounds.latest(each.pair);
      if ((last?.round ?? null) !== each.after) {
        due.withdraw(each.pair);
        return [];
      }
      const timestamp = Math.min(each.timestampMs, blockTimeMs);
      if (last !== null && timestamp <= last.timestampMs) return [];
      const { pair, price, confidenceBps } = each;
      return [{ due: each, round: { pair, price, timestamp, confidenceBps } }];
    });
  }

  /** What a limit has no room for together may fit in part: who is beside it goes, and half. */
  function withRoom({ outgoing: tried, effects }: PlannedRounds, error: unknown): Outgoing[] {
    const scope = reachedOf(error)?.scope;
    if (scope === undefined) return [];
    const isHeld = (at: number): boolean =>
      isWithin({ kind: 'price', requester: effects[at]?.payer ?? null }, scope);
    let room = tried.filter((_, at) => isHeld(at)).length >> 1;
    return tried.filter((_, at) => !isHeld(at) || room-- > 0);
  }

  /** Sends them, or those of them that budgets have room for. */
  async function publish(all: readonly Outgoing[], height: number): Promise<void> {
    const placed = { nonce: parts.randomNonce(), validUntilBlock: height + limits.validBlocks };
    const plan = await planRounds(all, parts, placed);
    if (plan.kind === 'refused') put(REFUSED_HOLD_MS, plan.reason);
    if (plan.kind !== 'send') return;
    const { script, terms, outgoing: sent, predictions: roundPredictions } = plan;
    const shares = sharesOfRounds(plan);
    const none = { why: new Map<bigint, string>(), predictions: [] };
    const submission = { purpose: 'price' as const, script, terms, shares, roundPredictions };
    try {
      const signed = await parts.submit({ ...submission, ...none });
      if (signed !== null) tell(sent, signed.hash);
    } catch (error) {
      const room = withRoom(plan, error);
      if (room.length === 0) return holdAfter(sent, error);
      return publish(room, height);
    }
  }

  function tell(sent: readonly Outgoing[], tx: Hash256): void {
    for (const { due: each, round } of sent) {
      due.withdraw(each.pair);
      const { pair, timestamp } = round;
      const facts = { pair, price: formatChainPrice(round.price), timestamp, tx };
      log.info('price sent', { ...facts, reason: each.why });
    }
  }

  /** A sponsor's budget holds the rounds of his feeds, everything else all rounds. */
  function holdAfter(all: readonly Outgoing[], error: unknown): void {
    if (!mayPass(error)) throw error;
    const nowMs = clock.nowMs();
    const untilMs = heldUntil(error, nowMs) ?? nowMs + limits.holdMs;
    const [cause, reason] = [holdCauseOf(error), messageOf(error)];
    if (cause !== null) parts.held.note({ cause, reason, untilMs });
    if (!reachedOf(error)?.scope.startsWith('requester:')) return put(untilMs - nowMs, reason);
    const pairs = all.map(({ round }) => round.pair);
    for (const pair of pairs) heldUntilMs.set(pair, clock.monotonicMs() + untilMs - nowMs);
    log.warn('prices not published yet', { pairs, reason });
    parts.onRetry('prices');
  }

  return async function publishDue(height: number): Promise<void> {
    if (due.list().length === 0 || clock.monotonicMs() < notBeforeMs) return;
    if (!parts.mayStart() || transactions.isInFlight('price')) return;
    const all = outgoing();
    if (all.length === 0) return;
    try {
      await publish(all, height);
    } catch (error) {
      holdAfter(all, error);
    }
  };
}
