import { NodeError } from '../base/node-error.js';
import type { BudgetReached } from '../gasbank/budgets.js';
import type { HoldCause } from '../gasbank/held-spending.js';
import { BUDGET_REACHED, reachedOf } from '../gasbank/spending.js';
import { SIGNER_REFUSED } from '../keystore/remote-signer.js';
import { SIGNER_DOWN } from '../keystore/signer-connection.js';
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

/**
 * As `budgetHoldUntil`, for an error of a budget or of a signer that refuses; null where it is
 * another, which is tried again after the usual pause.
 */
export function heldUntil(error: unknown, nowMs: number): number | null {
  const reached = reachedOf(error);
  if (reached !== null) return budgetHoldUntil(reached, nowMs);
  if (!(error instanceof NodeError) || error.code !== SIGNER_REFUSED) return null;
  const { retryAfterMs } = error.details;
  // Its policy may be changed at any time: it is looked at again, and seldom.
  const waitMs = typeof retryAfterMs === 'number' ? retryAfterMs : BUDGET_HOLD_MS;
  return nowMs + Math.min(waitMs, BUDGET_HOLD_MS);
}

const CAUSES: Readonly<Record<string, HoldCause>> = {
  [BUDGET_REACHED]: 'budget',
  [WALLET_FLOOR]: 'floor',
  LEDGER_FLOOR: 'floor',
  SPENDING_STOPPED: 'stopped',
  [SIGNER_DOWN]: 'signer',
  [SIGNER_REFUSED]: 'signer',
};

/** What of the gas bank, or of the signer, refused; null for trouble of another kind. */
export const holdCauseOf = (error: unknown): HoldCause | null =>
  error instanceof NodeError ? (CAUSES[error.code] ?? null) : null;
