import { NodeError } from '../base/node-error.js';
import type { BudgetReached } from '../gasbank/budgets.js';
import type { HoldCause } from '../gasbank/held-spending.js';
import { BUDGET_REACHED, reachedOf } from '../gasbank/spending.js';
import { WALLET_FLOOR } from './submit.js';

/** A budget may be raised, and the node be started anew: held work looks again after this time. */
const BUDGET_HOLD_MS = 60_000;

/**
 * Until when by the clock work that a budget holds waits: for room in it, which comes by the
 * blocks' time, but not long without a look.
 */
export function budgetHoldUntil(
  { resumesMs, atMs }: Pick<BudgetReached, 'resumesMs' | 'atMs'>,
  nowMs: number,
): number {
  if (resumesMs === null) return nowMs + BUDGET_HOLD_MS;
  return nowMs + Math.min(Math.max(resumesMs - atMs, 0), BUDGET_HOLD_MS);
}

/** As `budgetHoldUntil`, for an error; null where it is not a budget's. */
export function heldByBudgetUntil(error: unknown, nowMs: number): number | null {
  const reached = reachedOf(error);
  return reached === null ? null : budgetHoldUntil(reached, nowMs);
}

const CAUSES: Readonly<Record<string, HoldCause>> = {
  [BUDGET_REACHED]: 'budget',
  [WALLET_FLOOR]: 'floor',
  LEDGER_FLOOR: 'floor',
  SPENDING_STOPPED: 'stopped',
};

/** What of the gas bank refused to spend; null for trouble of another kind. */
export const holdCauseOf = (error: unknown): HoldCause | null =>
  error instanceof NodeError ? (CAUSES[error.code] ?? null) : null;
