import type { Datoshi } from '../base/datoshi.js';
import type { BooksReader, ChainBalances } from './books-reader.js';
import type { CheckedAccount } from './chain-figures.js';

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
  readonly balance: (account: CheckedAccount) => Datoshi;
  /** Of the last block that is on the books. */
  readonly height: () => number;
  /** An endpoint tells otherwise than another, which agrees with the books. */
  readonly onDissent: (differences: readonly Difference[]) => void;
  /** False when other endpoints were waited for long enough to be at this height, too. */
  readonly waitsForOpinions: boolean;
}

/**
 * Holds accounts against the chain, both at this height; null when a block came in between, or the
 * endpoint is at another height. A difference is told only when two readings say the same, and no
 * other endpoint agrees with the books: they are made of blocks, which more than one has told.
 */
export async function compareBooks(
  { reader, each, balance, height, onDissent, waitsForOpinions }: Comparing,
  accounts: readonly CheckedAccount[],
  at: number,
): Promise<readonly Difference[] | null> {
  const isOfThisHeight = (read: ChainBalances | null): read is ChainBalances =>
    read !== null && read.height === at && height() === at;
  const different = ({ balances }: ChainBalances): Difference[] =>
    accounts.flatMap((account) => {
      const [ledger, chain] = [balance(account), balances.get(account)];
      return chain === undefined || chain === ledger ? [] : [{ account, ledger, chain }];
    });
  const first = await reader.latest(accounts);
  if (!isOfThisHeight(first)) return null;
  const found = different(first);
  if (found.length === 0) return found;
  const named = found.map(({ account }) => account);
  const second = await reader.latest(named);
  if (!isOfThisHeight(second)) return null;
  if (found.some(({ account, chain }) => second.balances.get(account) !== chain)) return null;
  let left = found;
  for (const other of each.length > 1 ? each : []) {
    const opinion = await other.latest(named).catch(() => 'none' as const);
    if (opinion === 'none') continue;
    if (!isOfThisHeight(opinion)) {
      if (waitsForOpinions) return null;
      continue;
    }
    const still = different(opinion).map(({ account }) => account);
    left = left.filter(({ account }) => still.includes(account));
  }
  if (height() !== at) return null;
  if (left.length < found.length) onDissent(found.filter((each) => !left.includes(each)));
  return left;
}
