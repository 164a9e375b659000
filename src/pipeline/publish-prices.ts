import type { Clock } from '../base/clock.js';
import { formatGas } from '../base/datoshi.js';
import { messageOf } from '../base/node-error.js';
import type { PriceRound } from '../chain/gateway-calls.js';
import type { ChainTime } from '../gasbank/chain-time.js';
import type { HeldWork } from '../gasbank/held-spending.js';
import { formatChainPrice } from '../prices/decimal.js';
import type { DueRound, DueRounds } from '../prices/due-rounds.js';
import type { RoundStore } from '../prices/round-store.js';
import type { Log } from '../telemetry/log.js';
import { systemFeeFor } from './answer-fees.js';
import type { ChainPort, TransactionTerms } from './chain-port.js';
import { heldByBudgetUntil, holdCauseOf } from './hold-time.js';
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
  readonly planLimits: PlanLimits;
  readonly limits: { readonly validBlocks: number; readonly holdMs: number };
  readonly randomNonce: () => number;
  /** What no round may be after: the time of the last block taken in. */
  readonly chainTime: Pick<ChainTime, 'nowMs'>;
  readonly mayStart: () => boolean;
}

/** Rounds in one `submitPrices`; the gateway refuses more (contracts/gateway/limits.go). */
export const MAX_ROUNDS = 64;
/** What the gateway refused would be refused again: it is tried again after this time. */
const REFUSED_HOLD_MS = 60_000;

/** A round as it goes out, with what it came of. */
interface Outgoing {
  readonly due: DueRound;
  readonly round: PriceRound;
}

interface Priced {
  readonly outgoing: readonly Outgoing[];
  readonly script: Buffer;
  readonly terms: TransactionTerms;
}

/**
 * Publishes what polls found due: all pairs in one transaction, one transaction at a time, so that
 * after a crash the one that was persisted is known to hold whatever was under way. What another
 * node published meanwhile is left out.
 */
export function createPublishPrices(parts: PublishParts) {
  const { due, rounds, transactions, chain, clock, log, limits } = parts;
  let notBeforeMs = Number.NEGATIVE_INFINITY;

  function put(offMs: number, reason: string): void {
    notBeforeMs = clock.monotonicMs() + offMs;
    log.warn('prices not published yet', { reason });
  }

  /** What of the due is still so, and later than the chain's round even at the block's time. */
  function outgoing(): Outgoing[] {
    const blockTimeMs = Math.floor(parts.chainTime.nowMs());
    return due.list().flatMap((each): Outgoing[] => {
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

  /** Tries the rounds; fewer of them where the gateway skips some, or all would cost too much. */
  async function price(all: readonly Outgoing[], height: number): Promise<Priced | null> {
    const { margin, maxSystemFee, maxNetworkFee } = parts.planLimits;
    let tried = all.slice(0, MAX_ROUNDS);
    while (tried.length > 0) {
      const script = chain.pricesScript(tried.map(({ round }) => round));
      const networkFee = chain.networkFee(script);
      const validUntilBlock = height + limits.validBlocks;
      const terms = { systemFee: 0n, networkFee, nonce: parts.randomNonce(), validUntilBlock };
      const preflight = await chain.preflight(script, terms, null);
      if (preflight.state === 'FAULT') {
        put(REFUSED_HOLD_MS, `the gateway refuses them: ${preflight.exception}`);
        return null;
      }
      const taken = tried.filter(({ round }) => preflight.priced?.has(round.pair));
      const systemFee = systemFeeFor(preflight.gasConsumed, margin);
      const isDear = systemFee > maxSystemFee || networkFee > maxNetworkFee;
      if (taken.length === tried.length && !isDear) {
        return { outgoing: tried, script, terms: { ...terms, systemFee } };
      }
      if (isDear && tried.length === 1) {
        const fees = `${formatGas(systemFee)} and ${formatGas(networkFee)} GAS`;
        put(REFUSED_HOLD_MS, `one round would cost ${fees} of system and network fee`);
        return null;
      }
      tried = taken.length < tried.length ? taken : tried.slice(0, tried.length >> 1);
    }
    return null;
  }

  async function publish(all: readonly Outgoing[], height: number): Promise<void> {
    const priced = await price(all, height);
    if (priced === null) return;
    const { script, terms } = priced;
    const amount = terms.systemFee + terms.networkFee;
    const shares = [{ requestId: null, kind: 'price' as const, requester: null, amount }];
    const none = { why: new Map<bigint, string>(), predictions: [] };
    const sent = await parts.submit({ purpose: 'price', script, terms, shares, ...none });
    if (sent === null) return;
    for (const { due: each, round } of priced.outgoing) {
      due.withdraw(each.pair);
      const { pair, timestamp } = round;
      const facts = { pair, price: formatChainPrice(round.price), timestamp, tx: sent.hash };
      log.info('price sent', { ...facts, reason: each.why });
    }
  }

  return async function publishDue(height: number): Promise<void> {
    if (due.list().length === 0 || clock.monotonicMs() < notBeforeMs) return;
    if (!parts.mayStart() || transactions.isInFlight('price')) return;
    const all = outgoing();
    if (all.length === 0) return;
    const nowMs = clock.nowMs();
    try {
      await publish(all, height);
    } catch (error) {
      if (!mayPass(error)) throw error;
      const untilMs = heldByBudgetUntil(error, nowMs) ?? nowMs + limits.holdMs;
      const [cause, reason] = [holdCauseOf(error), messageOf(error)];
      if (cause !== null) parts.held.note({ cause, reason, untilMs });
      put(untilMs - nowMs, reason);
    }
  };
}
