import type { Clock } from '../base/clock.js';
import { formatGas } from '../base/datoshi.js';
import { hash160ToAddress } from '../base/hash.js';
import { walletOf } from '../gasbank/accounts.js';
import type { BooksReader } from '../gasbank/books-reader.js';
import type { LedgerStore } from '../gasbank/ledger-store.js';
import { bookOpening } from '../gasbank/opening.js';
import type { OwnAccountStore } from '../gasbank/own-account-store.js';
import { type Database, inTransaction } from '../storage/database.js';
import type { Log } from '../telemetry/log.js';

export interface OpenWalletsParts {
  readonly db: Database;
  readonly ledger: LedgerStore;
  readonly ownAccounts: OwnAccountStore;
  readonly reader: Pick<BooksReader, 'latest'>;
  readonly clock: Clock;
  readonly log: Log;
  /** Of the last block that is on the books. */
  readonly heightNow: () => number;
}

/**
 * Books what the node's accounts held before there were books, once each. Resolves to true when all
 * are booked; false when a block came in between, and it is to be tried with the next.
 */
export function createOpenWallets(parts: OpenWalletsParts): (height: number) => Promise<boolean> {
  const { db, ledger, ownAccounts, reader, clock, log, heightNow } = parts;
  let isDone = false;

  return async (height) => {
    if (isDone) return true;
    const unopened = ownAccounts.all().filter(({ openedBlock }) => openedBlock === null);
    const read =
      unopened.length === 0
        ? null
        : await reader.latest(unopened.map((own) => walletOf(own.account)));
    // While it was read, the next block with its postings may have been taken in.
    if (unopened.length > 0 && (read?.height !== height || heightNow() !== height)) return false;
    for (const own of unopened) {
      const balance = read?.balances.get(walletOf(own.account));
      if (balance === undefined) throw new Error(`bug: no balance of ${own.account} was read`);
      const amount = inTransaction(db, () =>
        bookOpening({ ledger, ownAccounts }, own, { height, balance }, clock.nowMs()),
      );
      const account = hash160ToAddress(own.account);
      log.info('opening balance booked', { account, gas: formatGas(amount ?? 0n), height });
    }
    isDone = true;
    return true;
  };
}
