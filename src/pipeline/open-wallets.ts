import type { Clock } from '../base/clock.js';
import { formatGas } from '../base/datoshi.js';
import { hash160ToAddress } from '../base/hash.js';
import { walletOf } from '../gasbank/accounts.js';
import type { BooksReader, ChainBalances } from '../gasbank/books-reader.js';
import type { LedgerStore } from '../gasbank/ledger-store.js';
import { bookOpening } from '../gasbank/opening.js';
import type { OwnAccount, OwnAccountStore } from '../gasbank/own-account-store.js';
import type { BooksAt, FindBooks } from '../gasbank/recent-books.js';
import { type Database, inTransaction } from '../storage/database.js';
import type { Log } from '../telemetry/log.js';

export interface OpenWalletsParts {
  readonly db: Database;
  readonly ledger: LedgerStore;
  readonly ownAccounts: OwnAccountStore;
  readonly reader: Pick<BooksReader, 'latest'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly booksAt: FindBooks;
}

/**
 * Books what the node's accounts held before there were books, once each. Resolves to true when all
 * are booked; false when the endpoint told nothing that the books can be held against, and it is to
 * be tried with the next block.
 */
export function createOpenWallets(parts: OpenWalletsParts): () => Promise<boolean> {
  const { db, ledger, ownAccounts, reader, clock, log, booksAt } = parts;
  let isDone = false;

  return async () => {
    if (isDone) return true;
    const unopened = ownAccounts.all().filter(({ openedBlock }) => openedBlock === null);
    isDone = unopened.length === 0;
    if (isDone) return true;
    const read = await reader.latest(unopened.map((own) => walletOf(own.account)));
    if (read === null) return false;
    const books = await booksAt(read.height);
    if (books === null) return false;
    for (const own of unopened) open(own, read, books);
    return true;
  };

  function open(own: OwnAccount, { height, balances }: ChainBalances, books: BooksAt): void {
    const wallet = walletOf(own.account);
    const balance = balances.get(wallet);
    if (balance === undefined) throw new Error(`bug: no balance of ${own.account} was read`);
    const observed = { height, balance, moved: books(wallet) };
    const amount = inTransaction(db, () =>
      bookOpening({ ledger, ownAccounts }, own, observed, clock.nowMs()),
    );
    if (amount === null) return;
    const account = hash160ToAddress(own.account);
    log.info('opening balance booked', { account, gas: formatGas(amount), height });
  }
}
