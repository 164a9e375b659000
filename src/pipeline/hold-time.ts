import { NodeError } from '../base/node-error.js';
import type { HoldCause } from '../gasbank/held-spending.js';
import { BUDGET_REACHED, reachedOf } from '../gasbank/spending.js';
import { WALLET_FLOOR } from './submit.js';

/** A budget may be raised, and the node be started anew: held work looks again after this time. */
const BUDGET_HOLD_MS = 60_000;

/** Until when work that a budget holds waits: for room in it, but not long without a look. */
export function budgetHoldUntil(resumesMs: number | null, nowMs: number): number {
  const latest = nowMs + BUDGET_HOLD_MS;
  return resumesMs === null ? latest : Math.min(Math.max(resumesMs, nowMs), latest);
}

/** As `budgetHoldUntil`, for an error; null where it is not a budget's. */
export function heldByBudgetUntil(error: unknown, nowMs: number): number | null {
  const reached = reachedOf(error);
  return reached === null ? null : budgetHoldUntil(reached.resumesMs, nowMs);
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
