import type { Clock } from '../base/clock.js';
import type { Datoshi } from '../base/datoshi.js';
import type { CheckedAccount } from './chain-figures.js';
import type { CheckedBalances } from './checked-balance-store.js';

/** What the books said after one block; holds until the next await. */
export type BooksAt = (account: CheckedAccount) => Datoshi;

/** Null where the block is not on the books in time, or too long ago. */
export type FindBooks = (height: number) => Promise<BooksAt | null>;

export interface RecentBooks {
  /** To be called when blocks up to this one were taken in. */
  note(height: number): void;
  readonly find: FindBooks;
}

/** How far back the books are told: an endpoint that is further behind is not worth a look. */
const KEPT_HEIGHTS = 64;
/** An endpoint may be ahead of the books: its block is on the way. */
const MAX_WAIT_MS = 1_000;
const LOOK_EVERY_MS = 5;

/**
 * The books after each of the last blocks, so that what an endpoint tells of the chain can be held
 * against them although blocks went on while it was asked.
 */
export function createRecentBooks(
  balances: Pick<CheckedBalances, 'lastRow' | 'balanceBefore'>,
  clock: Clock,
): RecentBooks {
  /** By height, the last row of the ledger when it was taken in; oldest first. */
  const rows = new Map<number, bigint>();
  let newest = -1;

  /** A row after which there are all transfers of later blocks. */
  function rowBefore(height: number): bigint | null {
    let row: bigint | null = null;
    for (const [noted, last] of rows) if (noted <= height) row = last;
    return row;
  }

  async function find(height: number): Promise<BooksAt | null> {
    const endMs = clock.monotonicMs() + MAX_WAIT_MS;
    while (newest < height && clock.monotonicMs() < endMs) await clock.sleep(LOOK_EVERY_MS);
    const row = rowBefore(height);
    if (newest < height || row === null) return null;
    return (account) => balances.balanceBefore(account, height, row);
  }

  return {
    note(height) {
      newest = height;
      rows.set(height, balances.lastRow());
      const oldest = rows.keys().next().value;
      if (rows.size > KEPT_HEIGHTS && oldest !== undefined) rows.delete(oldest);
    },
    find,
  };
}
