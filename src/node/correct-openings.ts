import type { Datoshi } from '../base/datoshi.js';
import { NodeError } from '../base/node-error.js';
import { type AccountId, walletOf } from '../gasbank/accounts.js';
import { createCheckedBalances } from '../gasbank/checked-balance-store.js';
import { createLedgerStore } from '../gasbank/ledger-store.js';
import { correctOpening } from '../gasbank/opening.js';
import { createOwnAccountStore } from '../gasbank/own-account-store.js';
import { type Database, inTransaction } from '../storage/database.js';
import type { RebuildVerdict } from './rebuild-books.js';

/** What a wallet had before the first block: as the books have it, and as the chain tells. */
export interface WrongOpening {
  readonly account: AccountId;
  readonly ledger: Datoshi;
  readonly chain: Datoshi;
}

const OPENING = ':opening';

/**
 * The openings that are wrong; null where something else is wrong as well, and then a correction of
 * them would hide it.
 */
export function wrongOpenings(
  verdict: Pick<RebuildVerdict, 'transfers' | 'differingTransfers' | 'unsound'>,
): readonly WrongOpening[] | null {
  const { transfers, differingTransfers, unsound } = verdict;
  const openings = transfers.filter(({ id }) => id.endsWith(OPENING));
  if (openings.length !== differingTransfers || unsound.length > 0) return null;
  return openings.map(({ id, ledger, chain }) => ({
    account: id.slice(0, -OPENING.length) as AccountId,
    ledger: ledger?.amount ?? 0n,
    chain: chain?.amount ?? 0n,
  }));
}

/**
 * Books what the openings lack, in one step; the node may run meanwhile. Throws a retryable
 * NodeError OPENING_UNCLEAR when the books' are no longer those that were compared.
 */
export function correctOpenings(db: Database, wrong: readonly WrongOpening[], nowMs: number): void {
  const ledger = createLedgerStore(db);
  const balances = createCheckedBalances(db);
  inTransaction(db, () => {
    const all = createOwnAccountStore(db).all();
    for (const { account, ledger: compared, chain: amount } of wrong) {
      const own = all.find((each) => walletOf(each.account) === account);
      const booked = balances.opening(account);
      if (own === undefined || booked.amount !== compared) throw changedMeanwhile(account);
      correctOpening(ledger, own, { booked, amount }, nowMs);
    }
  });
}

const changedMeanwhile = (account: AccountId): NodeError =>
  new NodeError('OPENING_UNCLEAR', `the opening of ${account} was changed meanwhile`, {
    retryable: true,
    hint: 'run the command once more',
  });
