import type { Hash256 } from '../base/hash.js';
import { NodeError } from '../base/node-error.js';
import type { Database } from '../storage/database.js';
import {
  type BudgetReached,
  type Budgets,
  describeReached,
  findReached,
  hasBudgets,
  type MinuteSpend,
  type SpendScope,
  type SpendShare,
} from './budgets.js';
import { createSpendStore } from './spend-store.js';

export const NO_BUDGETS: Budgets = {
  node: { perHour: null, perDay: null },
  perRequester: { perHour: null, perDay: null },
  perKind: {},
};

export type Spending = ReturnType<typeof createSpending>;

/**
 * The operator's budgets, held against what was spent. `nowMs` is the blocks' time, not a clock's;
 * it never goes back.
 */
export function createSpending(db: Database, budgets: Budgets, nowMs: () => number) {
  const store = createSpendStore(db);
  const isLimited = hasBudgets(budgets);
  const remembered = new Map<string, readonly MinuteSpend[]>();
  let rememberedMs = Number.NEGATIVE_INFINITY;
  let hasBegun = false;

  function minutesLately(scope: SpendScope, sinceMinute: number): readonly MinuteSpend[] {
    const key = `${scope} ${sinceMinute}`;
    const known = remembered.get(key) ?? store.minutes(scope, sinceMinute);
    remembered.set(key, known);
    return known;
  }

  /** Once: from then on the time goes forward, and what is on record with it. */
  function begin(atMs: number): void {
    if (isLimited && !hasBegun) store.dropFuture(atMs);
    hasBegun = true;
  }

  /** What was spent is read anew. */
  function requireRoom(shares: readonly SpendShare[], atMs: number): void {
    const reached = isLimited ? findReached(shares, budgets, store.minutes, atMs) : null;
    if (reached !== null) throw budgetError(reached);
  }

  return {
    /** False where nothing is to be looked at. */
    isLimited,

    /**
     * The limit that these shares would break if they were spent now. What was read of the past is
     * good for as long as its block is the latest: a draw reads it anew.
     */
    reached(shares: readonly SpendShare[]): BudgetReached | null {
      if (!isLimited) return null;
      const atMs = nowMs();
      if (atMs !== rememberedMs) {
        remembered.clear();
        rememberedMs = atMs;
        begin(atMs);
      }
      return findReached(shares, budgets, minutesLately, atMs);
    },

    /** To be called before a draw, outside its transaction. */
    prepare: (): void => begin(nowMs()),

    /** Throws what a draw of these shares would; changes nothing. */
    requireRoom: (shares: readonly SpendShare[]): void => requireRoom(shares, nowMs()),

    /**
     * Records the shares of a transaction; joins the caller's transaction. Throws a retryable
     * NodeError BUDGET_REACHED, with `reached` in its details, when a limit won't have it.
     */
    draw(tx: Hash256, shares: readonly SpendShare[]): void {
      const atMs = nowMs();
      remembered.clear();
      requireRoom(shares, atMs);
      store.add(tx, shares, atMs);
    },
  };
}

export const BUDGET_REACHED = 'BUDGET_REACHED';

function budgetError(reached: BudgetReached): NodeError {
  return new NodeError(BUDGET_REACHED, describeReached(reached), {
    retryable: true,
    hint: `work goes on by itself; to spend more, raise ${reached.key} and restart the node`,
    details: { reached },
  });
}

/** What a BUDGET_REACHED error says; null of any other error. */
export function reachedOf(error: unknown): BudgetReached | null {
  if (!(error instanceof NodeError) || error.code !== BUDGET_REACHED) return null;
  return error.details.reached as BudgetReached;
}
