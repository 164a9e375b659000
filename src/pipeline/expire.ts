import type { Clock } from '../base/clock.js';
import { type Datoshi, formatGas } from '../base/datoshi.js';
import { messageOf } from '../base/node-error.js';
import { isWithin, type SpendShare } from '../gasbank/budgets.js';
import type { HeldWork, HoldCause } from '../gasbank/held-spending.js';
import { reachedOf } from '../gasbank/spending.js';
import type { RequestRow, RequestStore } from '../requests/request-store.js';
import { type Database, inRepeatableTransaction } from '../storage/database.js';
import type { Log } from '../telemetry/log.js';
import type { RetriedStep } from '../telemetry/metrics-work.js';
import { systemFeeFor } from './answer-fees.js';
import type { ChainPort } from './chain-port.js';
import { heldUntil, holdCauseOf } from './hold-time.js';
import type { PlanLimits } from './planning.js';
import type { Submit } from './submit.js';
import { createTurns } from './take-turns.js';
import { mayPass } from './trouble.js';

export interface ExpireParts {
  readonly db: Database;
  readonly requests: RequestStore;
  readonly clock: Clock;
  readonly log: Log;
  readonly chain: ChainPort;
  readonly planLimits: PlanLimits;
  readonly held: HeldWork;
  readonly submit: Submit;
  /** Told of each piece of work that is held back. */
  readonly onRetry: (step: RetriedStep) => void;
  readonly limits: { maxBatch: number; validBlocks: number; holdMs: number };
  readonly randomNonce: () => number;
}

/** The operator decides on refunds seldom: it is looked at again once in so long. */
const NOT_ALLOWED_HOLD_MS = 60_000;
const NOT_ALLOWED =
  'refunds cost the node its fees, and gasbank.allowLoss.expire is false: anyone may call expire';

/** Sends the refunds of requests that nobody can answer any more, at the node's own cost. */
export function createExpire(parts: ExpireParts) {
  const { db, requests, clock, chain, limits } = parts;
  const turns = createTurns(requests, 'overdue');

  function hold(
    rows: readonly RequestRow[],
    reason: string,
    { cause = null, untilMs = null }: { cause?: HoldCause | null; untilMs?: number | null } = {},
  ): void {
    const nowMs = clock.nowMs();
    const dueMs = untilMs ?? nowMs + limits.holdMs;
    if (cause !== null) parts.held.note({ cause, reason, untilMs: dueMs });
    inRepeatableTransaction(db, () => {
      for (const { id } of rows) {
        const row = requests.get(id);
        if (row?.state !== 'overdue') continue;
        const news = row.reason === reason ? null : { atMs: nowMs, what: 'held', why: reason };
        requests.hold(id, reason, dueMs, news);
        parts.onRetry('expire');
      }
    });
  }

  async function refund(rows: readonly RequestRow[], height: number): Promise<void> {
    const validUntilBlock = height + limits.validBlocks;
    const script = chain.expireScript(rows.map(({ id }) => id));
    const networkFee = chain.networkFee(script);
    const nonce = parts.randomNonce();
    const first = { systemFee: 0n, networkFee, nonce, validUntilBlock };
    const preflight = await chain.preflight(script, first, null);
    if (preflight.state === 'FAULT') {
      return hold(rows, `the gateway refuses the refund: ${preflight.exception}`);
    }
    const refunded = rows.filter(({ id }) => preflight.expired.has(id));
    if (refunded.length < rows.length) {
      const others = rows.filter(({ id }) => !preflight.expired.has(id));
      hold(others, 'the gateway holds this request pending no longer');
      // Nothing is paid for what somebody else has done.
      return refunded.length === 0 ? undefined : refund(refunded, height);
    }
    const { margin, maxSystemFee, maxNetworkFee } = parts.planLimits;
    const systemFee = systemFeeFor(preflight.gasConsumed, margin);
    if (systemFee > maxSystemFee || networkFee > maxNetworkFee) {
      if (rows.length > 1) return refund(firstHalf(rows), height);
      const fees = `${formatGas(systemFee)} and ${formatGas(networkFee)} GAS`;
      return hold(
        rows,
        `the refund costs ${fees}, more than pipeline.maxSystemFee or maxNetworkFee`,
      );
    }
    const why = `refund after the deadline, at ${formatGas(systemFee + networkFee)} GAS`;
    const sent = await parts.submit({
      purpose: 'expire',
      script,
      terms: { ...first, systemFee },
      why: new Map(rows.map(({ id }) => [id, why])),
      shares: equalShares(rows, systemFee + networkFee),
      predictions: [],
    });
    if (sent !== null) parts.log.info('refunds sent', { requests: rows.length, tx: sent.hash });
  }

  /** A budget that has no room for all of them may have some for a few. */
  async function refundInTurn(rows: readonly RequestRow[], height: number): Promise<void> {
    try {
      await refund(rows, height);
    } catch (error) {
      if (!mayPass(error)) throw error;
      const reached = reachedOf(error);
      const concerned =
        reached === null
          ? rows
          : rows.filter(({ requester }) => isWithin({ kind: 'expire', requester }, reached.scope));
      if (reached !== null && concerned.length > 1) {
        return refundInTurn(firstHalf(concerned), height);
      }
      const untilMs = heldUntil(error, clock.nowMs());
      hold(concerned, messageOf(error), { cause: holdCauseOf(error), untilMs });
    }
  }

  function nextInTurn(): RequestRow[] {
    const due = turns.choose({
      nowMs: clock.nowMs(),
      room: limits.maxBatch,
      busy: new Map(),
      mostOf: () => limits.maxBatch,
    });
    const lastTurn = due.at(-1);
    if (lastTurn !== undefined) turns.tookTurn(lastTurn.requester);
    return due.flatMap(({ id }) => requests.get(id) ?? []);
  }

  return async function expire(height: number): Promise<void> {
    const rows = nextInTurn();
    if (rows.length === 0) return;
    if (!parts.planLimits.allowLoss.has('expire')) {
      const untilMs = clock.nowMs() + NOT_ALLOWED_HOLD_MS;
      return hold(rows, NOT_ALLOWED, { cause: 'loss', untilMs });
    }
    await refundInTurn(rows, height);
  };
}

const firstHalf = <T>(rows: readonly T[]): readonly T[] => rows.slice(0, (rows.length + 1) >> 1);

/** The fees in equal shares; what does not divide is the first one's. */
function equalShares(rows: readonly RequestRow[], fees: Datoshi): SpendShare[] {
  const each = fees / BigInt(rows.length);
  const rest = fees - each * BigInt(rows.length);
  return rows.map(({ id: requestId, requester }, at) => {
    return { requestId, kind: 'expire', requester, amount: at === 0 ? each + rest : each };
  });
}
