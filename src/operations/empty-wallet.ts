import type { Datoshi } from '../base/datoshi.js';

/** What is known of the money that a node works with. */
export interface WalletFacts {
  /** GAS of the node's account on the chain. */
  readonly gas: Datoshi;
  /** No transaction takes it below this. */
  readonly floor: Datoshi;
  /** Below this the operator is warned. */
  readonly warning: Datoshi;
  /** Fees that were paid lately, by day; null: not known yet. */
  readonly spentPerDay: Datoshi | null;
  /** What the dearest transaction costs that waits for the wallet; null: none does. */
  readonly heldFees: Datoshi | null;
}

export interface WalletVerdict {
  /** `empty`: work waits, or will with the next request; `low`: less than is to be warned of. */
  readonly state: 'empty' | 'low' | 'fine';
  /** What to send, so that it lasts; 0 where it is fine. */
  readonly topUp: Datoshi;
}

/** Days for which a top-up lasts, at the pace of late. */
export const TOP_UP_DAYS = 7n;
/** Where nothing is known of the pace: a few answers at Neo's default prices. */
const LEAST_WORK = 100_000_000n;

/** How a wallet is, and what it needs. */
export function judgeWallet(facts: WalletFacts): WalletVerdict {
  const { gas, floor, warning, spentPerDay, heldFees } = facts;
  const isEmpty = heldFees !== null || gas <= floor;
  if (!isEmpty && gas >= warning) return { state: 'fine', topUp: 0n };
  const week = TOP_UP_DAYS * (spentPerDay ?? 0n);
  // What waits, and as much again.
  const work = most(week, LEAST_WORK, 2n * (heldFees ?? 0n));
  const topUp = most(floor + work, warning) - gas;
  return { state: isEmpty ? 'empty' : 'low', topUp: most(topUp, heldFees ?? 0n) };
}

const most = (...amounts: readonly Datoshi[]): Datoshi =>
  amounts.reduce((found, each) => (each > found ? each : found));
