import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Hash256 } from '../../src/base/hash.js';
import { OUTSIDE, walletOf } from '../../src/gasbank/accounts.js';
import { createLedgerStore, type Transfer } from '../../src/gasbank/ledger-store.js';
import { compareWithBooks } from '../../src/gasbank/rebuilt-ledger-store.js';
import { type Database, inTransaction, openDatabase } from '../../src/storage/database.js';

const WALLET = walletOf(`0x${'11'.repeat(20)}`);
const hashOf = (digit: string): Hash256 => `0x${digit.repeat(64)}`;

describe('a ledger derived from the chain', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'dodona-rebuilt-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** Books with one recovered fee, of the FAULT that is named. */
  function booksNaming(file: string, lostTx: Hash256, amount: bigint): Database {
    const db = openDatabase(join(folder, file));
    const transfer: Transfer = {
      ...{ id: 'a', debit: OUTSIDE, credit: WALLET, amount, cause: 'lost' as const },
      ...{ block: 3, tx: hashOf('a'), requestId: 6n, lostTx },
    };
    inTransaction(db, () => createLedgerStore(db).transfer(transfer, 1));
    return db;
  }

  const differences = (chain: [Hash256, bigint], books: [Hash256, bigint]): number => {
    booksNaming('books', ...books).close();
    const fresh = booksNaming('fresh', ...chain);
    const compared = compareWithBooks(fresh, join(folder, 'books'), 10);
    fresh.close();
    return compared.differingTransfers;
  };

  it('is the same whichever of two FAULTs of the same fees an answer named', () => {
    assert.equal(differences([hashOf('1'), 5n], [hashOf('2'), 5n]), 0);
  });

  const books = (file: string, ...transfers: Partial<Transfer>[]): Database => {
    const db = openDatabase(join(folder, file));
    const ledger = createLedgerStore(db);
    const of = { debit: OUTSIDE, credit: WALLET, amount: 5n, cause: 'deposit', block: 3 } as const;
    inTransaction(db, () => {
      for (const [at, transfer] of transfers.entries()) {
        const place = { id: `t${at}`, tx: hashOf('a'), requestId: null };
        ledger.transfer({ ...of, ...place, ...transfer }, 1);
      }
    });
    return db;
  };
  const compare = (chain: Partial<Transfer>[], kept: Partial<Transfer>[]) => {
    books('books', ...kept).close();
    const fresh = books('fresh', ...chain);
    const compared = compareWithBooks(fresh, join(folder, 'books'), 10);
    fresh.close();
    for (const name of ['books', 'fresh']) rmSync(join(folder, name));
    return compared;
  };

  it('knows no order from what was spent elsewhere, and every other cause', () => {
    const [ordered, spent] = [{ cause: 'ordered' }, { cause: 'spent elsewhere' }];
    assert.equal(compare([spent], [ordered]).differingTransfers, 0);
    const [transfer] = compare([{ cause: 'deposit' }], [{ cause: 'withdrawal' }]).transfers;
    assert.deepEqual([transfer?.chain?.cause, transfer?.ledger?.cause], ['deposit', 'withdrawal']);
  });

  it('tells of each account that differs what either side has, be it nothing', () => {
    const one = { amount: 5n };
    assert.deepEqual(compare([one], []).accounts, [
      { account: OUTSIDE, ledger: 0n, chain: -5n },
      { account: WALLET, ledger: 0n, chain: 5n },
    ]);
    assert.deepEqual(compare([], [one]).accounts, [
      { account: OUTSIDE, ledger: -5n, chain: 0n },
      { account: WALLET, ledger: 5n, chain: 0n },
    ]);
    const same = compare([one], [one]);
    assert.deepEqual([same.accounts, same.comparedAccounts, same.comparedTransfers], [[], 2, 1]);
  });

  it('differs where the fees do', () => {
    assert.equal(differences([hashOf('1'), 5n], [hashOf('1'), 6n]), 1);
  });
});
