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

  it('differs where the fees do', () => {
    assert.equal(differences([hashOf('1'), 5n], [hashOf('1'), 6n]), 1);
  });
});
