import type { Datoshi } from '../base/datoshi.js';
import type { BooksReader, ChainBalances } from './books-reader.js';
import type { CheckedAccount } from './chain-figures.js';
import type { FindBooks } from './recent-books.js';

/** An account whose balances differ at one height. */
export interface Difference {
  readonly account: CheckedAccount;
  readonly ledger: Datoshi;
  readonly chain: Datoshi;
}

export interface Comparing {
  readonly reader: BooksReader;
  /** Every endpoint by itself, to ask for another opinion. */
  readonly each: readonly BooksReader[];
  readonly booksAt: FindBooks;
  /** An endpoint tells otherwise than another, which agrees with the books. */
  readonly onDissent: (differences: readonly Difference[]) => void;
  /** False when other endpoints were waited for long enough to be at this height, too. */
  readonly waitsForOpinions: boolean;
}

/** What a comparison found. */
export interface Compared {
  /** Block after which they were compared. */
  readonly height: number;
  readonly differences: readonly Difference[];
}

/**
 * Holds accounts against the chain, both after the same block; null where a block came while the
 * endpoint read them, or the books are not at its height. A difference is told only when two
 * readings say the same, and no other endpoint agrees with the books: they are made of blocks, and
 * more than one has told those.
 */
export async function compareBooks(
  { reader, each, booksAt, onDissent, waitsForOpinions }: Comparing,
  accounts: readonly CheckedAccount[],
): Promise<Compared | null> {
  const held = async (read: ChainBalances | null): Promise<Compared | null> => {
    const books = read === null ? null : await booksAt(read.height);
    if (read === null || books === null) return null;
    const differences = [...read.balances].flatMap(([account, chain]): Difference[] => {
      const ledger = books(account);
      return chain === ledger ? [] : [{ account, ledger, chain }];
    });
    return { height: read.height, differences };
  };
  const first = await held(await reader.latest(accounts));
  if (first === null || first.differences.length === 0) return first;
  const named = first.differences.map(({ account }) => account);
  const second = await held(await reader.latest(named));
  if (second === null || !areSame(first.differences, second.differences)) return null;
  let left = second.differences;
  for (const other of each.length > 1 ? each : []) {
    const read = await other.latest(named).catch(() => 'none' as const);
    if (read === 'none') continue;
    const opinion = await held(read);
    if (opinion === null) {
      if (waitsForOpinions) return null;
      continue;
    }
    const still = opinion.differences.map(({ account }) => account);
    left = left.filter(({ account }) => still.includes(account));
  }
  const { differences } = second;
  if (left.length < differences.length) onDissent(differences.filter((one) => !left.includes(one)));
  return { height: second.height, differences: left };
}

/** Of the same accounts, by the same amounts: what moved meanwhile moved in both. */
function areSame(before: readonly Difference[], after: readonly Difference[]): boolean {
  const amountOf = ({ ledger, chain }: Difference): Datoshi => chain - ledger;
  return before.every((one) => {
    const again = after.find(({ account }) => account === one.account);
    return again !== undefined && amountOf(again) === amountOf(one);
  });
}
