import type { Datoshi } from '../base/datoshi.js';
import type { Hash160 } from '../base/hash.js';
import type { Database } from '../storage/database.js';
import { BURNT, earnedOf } from './accounts.js';

/** What went out for fees of own transactions, and what came in for answers, in a period. */
export interface RecentFlow {
  readonly spent: Datoshi;
  readonly charged: Datoshi;
  readonly periodMs: number;
}

/** Rows that are looked at, at most: where there are more, the period is shorter. */
const MAX_ROWS = 100_000n;

/**
 * Adds up the end of the ledger, without a look at what is before it: rows are written in the order
 * of their blocks' times.
 */
export function createRecentFlow(db: Database, account: Hash160) {
  const last = db.prepare('SELECT MAX(rowid) FROM ledger_transfer').pluck();
  const timeOf = db
    .prepare('SELECT at_ms FROM ledger_transfer WHERE rowid >= ? ORDER BY rowid LIMIT 1')
    .pluck();
  const spentSince = db
    .prepare(`SELECT COALESCE(SUM(amount), 0) FROM ledger_transfer WHERE credit = '${BURNT}'
      AND rowid >= ? AND phase IN ('single', 'post') AND substr(debit, 1, 7) = 'wallet:'`)
    .pluck();
  const chargedSince = db
    .prepare(`SELECT COALESCE(SUM(amount), 0) FROM ledger_transfer WHERE credit = ?
      AND rowid >= ? AND cause IN ('fee', 'lost', 'premium')`)
    .pluck();

  /** The first row that was booked at this time or later. */
  function firstSince(sinceMs: number, lastRow: bigint): bigint {
    let [low, high] = [lastRow > MAX_ROWS ? lastRow - MAX_ROWS : 1n, lastRow];
    while (low < high) {
      const middle = (low + high) / 2n;
      if (Number(timeOf.get(middle)) < sinceMs) low = middle + 1n;
      else high = middle;
    }
    return low;
  }

  /** Null where the ledger tells of nothing yet. */
  return function recentFlow(sinceMs: number, nowMs: number): RecentFlow | null {
    const lastRow = last.get() as bigint | null;
    if (lastRow === null) return null;
    const first = firstSince(sinceMs, lastRow);
    const beganMs = Number(timeOf.get(first));
    if (beganMs < sinceMs && first === lastRow) {
      return { spent: 0n, charged: 0n, periodMs: nowMs - sinceMs };
    }
    const isWhole = first > 1n && lastRow - first < MAX_ROWS;
    return {
      spent: spentSince.get(first) as Datoshi,
      charged: chargedSince.get(earnedOf(account), first) as Datoshi,
      // Where all of the books are younger than the period, they tell of so much only.
      periodMs: Math.max(0, nowMs - (isWhole ? sinceMs : beganMs)),
    };
  };
}
