import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { inTransaction, openDatabase } from '../../src/storage/database.js';
import { LATEST_SCHEMA, MIGRATIONS } from '../../src/storage/migrations.js';
import { ROWS_BY_SCHEMA } from './rows-by-schema.js';

type Row = Record<string, unknown>;
type Tables = Map<string, Row[]>;

describe('a database of an earlier schema', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'dodona-migrations-'));
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  /** One that lived through all schemas up to this one, and was written to under each. */
  function ofSchema(version: number): SqliteDatabase.Database {
    const db = new SqliteDatabase(join(dir, `schema-${version}.sqlite`)).unsafeMode();
    db.defaultSafeIntegers(true);
    db.pragma('synchronous = OFF');
    for (let at = 0; at < version; at++) {
      db.pragma('foreign_keys = OFF');
      db.exec(MIGRATIONS[at] ?? '');
      db.pragma('foreign_keys = ON');
      db.exec(ROWS_BY_SCHEMA[at] ?? '');
    }
    db.pragma(`user_version = ${version}`);
    return db;
  }

  const tableNames = (db: SqliteDatabase.Database): string[] =>
    db
      .prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
      .pluck()
      .all() as string[];

  const rowsOf = (db: SqliteDatabase.Database): Tables =>
    new Map(
      tableNames(db).map((name) => [name, db.prepare(`SELECT * FROM ${name}`).all() as Row[]]),
    );

  /** What tables, indexes and triggers there are, without their order and spacing. */
  const schemaOf = (db: SqliteDatabase.Database): string[] =>
    (db.prepare('SELECT sql FROM sqlite_master WHERE sql IS NOT NULL').pluck().all() as string[])
      .map((sql) => sql.replace(/\s+/g, ' '))
      .sort();

  /** What a row is after all migrations from a version on, where that says more than it said. */
  const MOVED: Readonly<Record<string, (row: Row, version: number) => Row>> = {
    // What a wallet had before the books began was not known yet.
    ledger_account: (row, version) =>
      version < 3 && row.id === 'wallet:0xd2' ? { ...row, may_overdraw: 1n } : row,
    // Runs under way when an upkeep was cancelled are nobody's any more; a loss has figures apart.
    upkeep: ({ ending_until: _, ...row }, version) =>
      version < 16 && row.lost_tx !== null && row.tx === null && 'sent_cost' in row
        ? {
            ...row,
            sent_cost: 0n,
            sent_risk: 0n,
            lost_cost: row.sent_cost,
            lost_risk: row.sent_risk,
          }
        : row,
    upkeep_lock: ({ is_ending, ...row }) =>
      is_ending === undefined ? row : { ...row, is_gone: is_ending },
  };
  const RENAMED: Readonly<Record<string, string>> = { cancelled_run: 'lost_run' };

  function assertKept(before: Tables, after: Tables, version: number): void {
    for (const [name, rows] of before) {
      const kept = after.get(RENAMED[name] ?? name);
      assert.ok(kept, `schema ${version} lost the table ${name}`);
      assert.equal(kept.length, rows.length, `rows of ${name} of schema ${version}`);
      for (const [at, row] of rows.entries()) {
        const expected: Row = MOVED[name]?.(row, version) ?? row;
        const found: [string, unknown][] = Object.keys(expected).map((column) => [
          column,
          kept[at]?.[column],
        ]);
        assert.deepEqual(Object.fromEntries(found), expected, `${name} of schema ${version}`);
      }
    }
  }

  it('has rows for the test to look at: in each table that there ever was', () => {
    assert.equal(ROWS_BY_SCHEMA.length, LATEST_SCHEMA, 'write rows of the new schema');
    for (let version = 1; version <= LATEST_SCHEMA; version++) {
      const db = ofSchema(version);
      for (const [name, rows] of rowsOf(db)) {
        assert.ok(rows.length > 0, `${name} has no row at schema ${version}`);
      }
      db.close();
    }
  });

  for (let version = 1; version <= LATEST_SCHEMA; version++) {
    it(`comes from schema ${version} with every row, and is then as a new one is`, () => {
      const old = ofSchema(version);
      const before = rowsOf(old);
      const path = old.name;
      old.close();
      const fresh = openDatabase(join(dir, 'fresh.sqlite'));
      const db = openDatabase(path);
      assertKept(before, rowsOf(db), version);
      assert.deepEqual(schemaOf(db), schemaOf(fresh));
      assert.equal(db.pragma('user_version', { simple: true }), BigInt(LATEST_SCHEMA));
      assert.deepEqual(db.pragma('foreign_key_check'), []);
      assert.equal(db.pragma('integrity_check', { simple: true }), 'ok');
      const sum = db.prepare('SELECT SUM(posted) FROM ledger_account').pluck().get();
      assert.equal(sum, 0n, 'postings sum to zero');
      // The triggers of the ledger work on what was taken over: the open draw is paid.
      const pay = db.prepare(`INSERT INTO ledger_transfer
        SELECT 'h', 'post', id, debit, credit, amount, cause, 120, tx, request_id, lost_tx,
          counterparty, 8 FROM ledger_transfer WHERE id = 'g'`);
      inTransaction(db, () => pay.run());
      const drawn = db.prepare('SELECT SUM(drawn) FROM ledger_account').pluck().get();
      assert.equal(drawn, 0n);
      // Only a migration may do so.
      const unsafe = 'PRAGMA writable_schema = ON; DELETE FROM sqlite_schema';
      assert.throws(() => db.exec(unsafe), /may not be modified/);
      for (const open of [db, fresh]) open.close();
    });
  }

  it('is left as it was when a migration fails', () => {
    const old = ofSchema(3);
    // What a later migration makes is in its way.
    old.exec('CREATE TABLE lost_run (mine INTEGER) STRICT');
    const [before, schema] = [rowsOf(old), schemaOf(old)];
    const path = old.name;
    old.close();
    assert.throws(() => openDatabase(path), /lost_run already exists/);
    const after = new SqliteDatabase(path);
    after.defaultSafeIntegers(true);
    assert.equal(after.pragma('user_version', { simple: true }), 3n);
    assert.deepEqual(schemaOf(after), schema);
    assert.deepEqual(rowsOf(after), before);
    after.close();
  });
});
