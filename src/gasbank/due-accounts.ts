import type { Hash160 } from '../base/hash.js';
import { earnedOf, walletOf } from './accounts.js';
import { MAX_ACCOUNTS_READ } from './books-reader.js';
import { type CheckedAccount, GATEWAY_HELD } from './chain-figures.js';
import type { CheckedBalances } from './checked-balance-store.js';

export type DueAccounts = ReturnType<typeof createDueAccounts>;

/**
 * Which accounts are to be held against the chain next: those that the last blocks moved, with the
 * node's own and what the gateway holds; and all of them, once in `everyBlocks`.
 */
export function createDueAccounts(
  balances: CheckedBalances,
  ownAccounts: readonly Hash160[],
  everyBlocks: number,
) {
  const own: readonly CheckedAccount[] = ownAccounts.flatMap((account) => [
    walletOf(account),
    earnedOf(account),
  ]);
  const moved = new Set<CheckedAccount>();
  /** What a look at all accounts has still to do; null between two of them. */
  let left: Set<CheckedAccount> | null = null;
  let counted = 0;
  let seenRow: bigint | null = null;
  let fullAt: number | null = null;

  function beginFull(): void {
    left = new Set([GATEWAY_HELD, ...own, ...balances.accounts()]);
    counted = left.size;
  }

  return {
    /**
     * Looks for what moved since the last call; `more` is due as well. True when a look at all
     * accounts begins.
     */
    gather(at: number, more: readonly CheckedAccount[]): boolean {
      const row = balances.lastRow();
      const since = seenRow === null ? [] : balances.movedSince(seenRow);
      seenRow = row;
      for (const account of since.length === 0 ? [] : ([GATEWAY_HELD, ...own, ...since] as const)) {
        moved.add(account);
      }
      for (const account of more) moved.add(account);
      const begins = left === null && (fullAt === null || at - fullAt >= everyBlocks);
      if (begins) beginFull();
      return begins;
    },

    /** Some of them, as many as one reading takes; empty when nothing is due. */
    page: (): CheckedAccount[] =>
      [...new Set([...moved, ...(left ?? [])])].slice(0, MAX_ACCOUNTS_READ),

    compared(accounts: readonly CheckedAccount[]): void {
      for (const account of accounts) {
        moved.delete(account);
        left?.delete(account);
      }
    },

    beginFull,
    isFullUnderWay: (): boolean => left !== null,
    /** True once, when a look at all accounts is complete. */
    endFull(at: number): boolean {
      if (left?.size !== 0) return false;
      left = null;
      fullAt = at;
      return true;
    },
    /** Block at which the last look at all accounts ended; null before the first. */
    fullAt: (): number | null => fullAt,
    /** How many accounts the last look at all had. */
    counted: (): number => counted,
  };
}
