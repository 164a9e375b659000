import type { BooksReader } from './books-reader.js';
import type { CheckedAccount } from './chain-figures.js';
import type { CheckedBalances } from './checked-balance-store.js';
import { type DifferenceSpan, firstDifference } from './first-difference.js';

/**
 * Looks back, where an endpoint can, for the block in which an account began to differ; what is
 * known already where none can. Rejects as the reader does.
 */
export function traceDifference(
  { reader, balances }: { readonly reader: BooksReader; readonly balances: CheckedBalances },
  account: CheckedAccount,
  known: DifferenceSpan,
): Promise<DifferenceSpan> {
  const floor = balances.firstBlock() ?? known.firstBlock;
  return firstDifference(known, floor, async (at) => {
    const read = await reader.at(at, [account]);
    return read && read.balances.get(account) === balances.balanceAt(account, at);
  });
}
