import type { Clock } from '../base/clock.js';
import type { Datoshi } from '../base/datoshi.js';
import { messageOf } from '../base/node-error.js';
import { describeReached, isWithin } from '../gasbank/budgets.js';
import type { HeldWork, HoldCause } from '../gasbank/held-spending.js';
import { reachedOf, type Spending } from '../gasbank/spending.js';
import type { RequestRow, RequestStore } from '../requests/request-store.js';
import { type Database, inRepeatableTransaction } from '../storage/database.js';
import type { Log } from '../telemetry/log.js';
import type { RetriedStep } from '../telemetry/metrics-work.js';
import type { GroupSizes } from './group-sizes.js';
import { budgetHoldUntil, heldUntil, holdCauseOf } from './hold-time.js';
import { mayBeOfOne } from './trouble.js';

export interface HeldAnswersParts {
  readonly db: Database;
  readonly requests: RequestStore;
  readonly clock: Clock;
  readonly log: Log;
  readonly spending: Spending;
  readonly held: HeldWork;
  readonly sizes: GroupSizes;
  /** Told of each piece of work that is held back. */
  readonly onRetry: (step: RetriedStep) => void;
  /** Pause before a held answer is tried again, and what each answer that waits adds to it. */
  readonly limits: { readonly holdMs: number; readonly holdMsPerAnswer: number };
  /** What an answer costs at the least; near enough. */
  readonly leastCost: () => Datoshi;
}

/** Why answers wait. What changes from try to try stands in brackets in the reason. */
export interface Hold {
  readonly reason: string;
  readonly cause: HoldCause | null;
  /** Null: after the usual pause. */
  readonly untilMs: number | null;
}

/** Holds answers back: nothing is dropped, and each is tried again by itself. */
export function createHeldAnswers(parts: HeldAnswersParts) {
  const { db, requests, clock, limits, spending, held, sizes } = parts;

  /** What holds one answer back often holds all: the more wait, the later each is tried again. */
  function hold(rows: readonly RequestRow[], { reason, cause, untilMs }: Hold): void {
    const nowMs = clock.nowMs();
    inRepeatableTransaction(db, () => {
      const pauseMs = limits.holdMs + requests.count('resolved') * limits.holdMsPerAnswer;
      const dueMs = untilMs ?? nowMs + pauseMs;
      if (cause !== null) held.note({ cause, reason, untilMs: dueMs });
      for (const { id: requestId } of rows) {
        const row = requests.get(requestId);
        if (row?.state !== 'resolved') continue;
        const isKnown = headOf(row.reason) === headOf(reason);
        const news = isKnown ? null : { atMs: nowMs, what: 'held', why: reason };
        requests.hold(requestId, reason, dueMs, news);
        parts.onRetry('respond');
        if (news !== null) parts.log.warn('answer held', { requestId, reason });
      }
    });
  }

  return {
    hold,

    /**
     * What the environment denied to a group. A budget, or an answer of the RPC node, may be for
     * the group as a whole: half of it is tried before one alone is held by it.
     */
    holdAfter(rows: readonly RequestRow[], error: unknown): void {
      const reached = reachedOf(error);
      const concerned =
        reached === null ? rows : rows.filter((row) => isWithin(row, reached.scope));
      const ids = concerned.map(({ id }) => id);
      if (ids.length > 1 && (reached !== null || mayBeOfOne(error))) {
        sizes.halve(ids);
        if (reached !== null) return;
      }
      const untilMs = heldUntil(error, clock.nowMs());
      hold(concerned, { reason: messageOf(error), cause: holdCauseOf(error), untilMs });
      if (reached !== null) sizes.forget(ids);
    },

    /** False where a budget has no room for the row: it is held, whatever it would cost. */
    isWithinBudget(row: RequestRow): boolean {
      if (!spending.isLimited) return true;
      const { id: requestId, kind, requester } = row;
      const nowMs = clock.nowMs();
      const amount = parts.leastCost();
      const reached = spending.reached([{ requestId, kind, requester, amount }]);
      if (reached === null) return true;
      const untilMs = budgetHoldUntil(reached, nowMs);
      hold([row], { reason: describeReached(reached), cause: 'budget', untilMs });
      return false;
    },
  };
}

/** A reason without what changes from try to try. */
const headOf = (reason: string): string => reason.split(' (')[0] ?? '';
