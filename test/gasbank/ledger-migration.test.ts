import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { BURNT, OUTSIDE, walletOf } from '../../src/gasbank/accounts.js';
import { createLedgerStore } from '../../src/gasbank/ledger-store.js';
import { inTransaction, openDatabase } from '../../src/storage/database.js';
import { MIGRATIONS } from '../../src/storage/migrations.js';
import { numbered } from './histories/model-chain.js';

const WALLET = walletOf(numbered(0xa0, 1));

describe('a ledger of before', () => {
  it('is taken over row by row, with its balances and open draws, and its wallet unopened', () => {
    const dir = mkdtempSync(join(tmpdir(), 'dodona-migration-'));
    const path = join(dir, 'node.sqlite');
    const before = new SqliteDatabase(path);
    for (const migration of MIGRATIONS.slice(0, 2)) before.exec(migration);
    before.pragma('user_version = 2');
    before.exec(`
      INSERT INTO ledger_account (id, may_overdraw)
        VALUES ('${OUTSIDE}', 1), ('${WALLET}', 0), ('${BURNT}', 0);
      INSERT INTO ledger_transfer (id, phase, debit, credit, amount, cause, block, at_ms)
        VALUES ('a', 'single', '${OUTSIDE}', '${WALLET}', 100, 'wallet funded', 5, 1),
          ('d', 'pending', '${WALLET}', '${BURNT}', 30, 'respond fees', NULL, 2);`);
    const rowsOf = (db: SqliteDatabase.Database) =>
      db.prepare('SELECT rowid, id, phase, amount, cause, block, at_ms FROM ledger_transfer').all();
    const rows = before.defaultSafeIntegers(true) && rowsOf(before);
    before.close();
    const db = openDatabase(path);
    const ledger = createLedgerStore(db);
    assert.deepEqual(rowsOf(db), rows);
    assert.deepEqual(ledger.balance(WALLET), { posted: 100n, drawn: 30n, available: 70n });
    inTransaction(db, () => ledger.post('d', 30n, 6, 3));
    const sides = { debit: WALLET, credit: OUTSIDE, amount: 80n } as const;
    const rest = { id: 'e', cause: 'spent elsewhere', block: 6, tx: null, requestId: null };
    inTransaction(db, () => ledger.transfer({ ...sides, ...rest }, 3));
    assert.equal(ledger.balance(WALLET).posted, -10n, 'until it is opened');
    assert.equal(ledger.sumOfPosted(), 0n);
    db.close();
    rmSync(dir, { recursive: true });
  });
});
