import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readlinkSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { NodeError } from '../../src/base/node-error.js';
import {
  inRepeatableTransaction,
  inTransaction,
  openDatabase,
  openDatabaseReadOnly,
  watchWrites,
} from '../../src/storage/database.js';
import { LATEST_SCHEMA, MIGRATIONS } from '../../src/storage/migrations.js';
import { lockNode } from '../../src/storage/node-lock.js';

describe('the database', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'dodona-db-'));
  });
  afterEach(() => rmSync(dir, { recursive: true }));
  const codeOf = (work: () => unknown): string => {
    try {
      work();
    } catch (error) {
      return error instanceof NodeError ? error.code : String(error);
    }
    return 'no error';
  };

  it('commits with WAL and full synchronisation, and keeps foreign keys', () => {
    const db = openDatabase(join(dir, 'node.sqlite'));
    assert.equal(db.pragma('journal_mode', { simple: true }), 'wal');
    assert.equal(db.pragma('synchronous', { simple: true }), 2n);
    assert.equal(db.pragma('foreign_keys', { simple: true }), 1n);
    db.close();
  });

  it('tells how long each write transaction took, and what the disk or the file would not', () => {
    const db = openDatabase(join(dir, 'node.sqlite'));
    let nowMs = 100;
    const told: (number | string)[] = [];
    const note = (what: number | string): void => void told.push(what);
    const step = (durationMs: number) => () => {
      nowMs += durationMs;
      return durationMs;
    };
    inTransaction(db, step(1));
    watchWrites(db, { monotonicMs: () => nowMs, took: note, failed: note });
    assert.equal(inTransaction(db, step(7)), 7);
    inRepeatableTransaction(db, step(5));
    const undone = () => {
      step(3)();
      throw new Error('it is undone');
    };
    assert.throws(() => inTransaction(db, undone), /it is undone/);
    db.pragma('query_only = ON');
    assert.equal(
      codeOf(() => inTransaction(db, step(2))),
      'DB_TROUBLE',
    );
    assert.deepEqual(told, [7, 5, 3, 'SQLITE_READONLY', 0], 'the last one could not even begin');
    db.close();
  });

  it('keeps only STRICT tables', () => {
    const db = openDatabase(join(dir, 'node.sqlite'));
    const tables = db.pragma('table_list') as { name: string; strict: bigint; type: string }[];
    const own = tables.filter(({ name, type }) => type === 'table' && !name.startsWith('sqlite_'));
    assert.ok(own.length > 4);
    for (const { name, strict } of own) assert.equal(strict, 1n, name);
    db.close();
  });

  it('brings a database of the first schema up to date, with what is in it', () => {
    const path = join(dir, 'node.sqlite');
    const first = new SqliteDatabase(path);
    first.exec(MIGRATIONS[0] ?? '');
    first.pragma('user_version = 1');
    first.exec(`INSERT INTO request (id, kind, requester, payer, subject, filter, max_fee, deadline,
      created_block, created_tx, created_time_ms, state, reason)
      VALUES (7, 'http', 'r', 'p', 's', '', 5, 9, 1, 't', 2, 'received', 'waits'),
        (8, 'http', 'r', 'p', 's', '', 5, 9, 1, 't', 2, 'answered', 'Success');
      INSERT INTO request_step (request_id, seq, at_ms, what) VALUES (7, 1, 3, 'requested')`);
    first.close();
    const db = openDatabase(path);
    assert.equal(db.pragma('user_version', { simple: true }), BigInt(LATEST_SCHEMA));
    const kept = db
      .prepare("SELECT kind, subject, max_fee, reason FROM request WHERE state = 'received'")
      .all();
    assert.deepEqual(kept, [{ kind: 'http', subject: 's', max_fee: 5n, reason: 'waits' }]);
    const ended = db.prepare('SELECT * FROM request_ended').all();
    assert.deepEqual(ended, [{ kind: 'http', state: 'answered', count: 1n }]);
    const orphan = () =>
      db.exec(`INSERT INTO request_step (request_id, seq, at_ms, what)
      VALUES (9, 1, 3, 'requested')`);
    assert.throws(orphan, /FOREIGN KEY/);
    db.close();
  });

  it('refuses a database of a newer schema and leaves it as it is', () => {
    const path = join(dir, 'node.sqlite');
    openDatabase(path).close();
    const raw = new SqliteDatabase(path);
    raw.pragma('user_version = 999');
    raw.close();
    assert.equal(
      codeOf(() => openDatabase(path)),
      'DB_NEWER_SCHEMA',
    );
    assert.equal(
      codeOf(() => openDatabaseReadOnly(path)),
      'DB_NEWER_SCHEMA',
    );
  });

  it('says what to do when there is none to read', () => {
    assert.equal(
      codeOf(() => openDatabaseReadOnly(join(dir, 'none.sqlite'))),
      'DB_OPEN',
    );
  });

  it('undoes the whole of a step that throws, and refuses a step within a step', () => {
    const db = openDatabase(join(dir, 'node.sqlite'));
    const insert = db.prepare("INSERT INTO ledger_account (id, may_overdraw) VALUES ('x', 0)");
    assert.throws(() =>
      inTransaction(db, () => {
        insert.run();
        throw new Error('midway');
      }),
    );
    assert.equal(db.prepare('SELECT COUNT(*) AS n FROM ledger_account').pluck().get(), 0n);
    assert.throws(() => inTransaction(db, () => inTransaction(db, () => 1)), /bug/);
    db.close();
  });

  it('waits for the disk again after a repeatable step, also one that throws', () => {
    const db = openDatabase(join(dir, 'node.sqlite'));
    const level = () => db.pragma('synchronous', { simple: true });
    assert.equal(inRepeatableTransaction(db, level), 1n);
    assert.equal(level(), 2n);
    assert.throws(() =>
      inRepeatableTransaction(db, () => {
        throw new Error('midway');
      }),
    );
    assert.equal(level(), 2n);
    const nested = () => inTransaction(db, () => inRepeatableTransaction(db, () => 1));
    assert.throws(nested, /bug/);
    db.close();
  });

  it('keeps in memory what a statement may have to give back, and nothing else', () => {
    const db = openDatabase(join(dir, 'node.sqlite'));
    // Of a file that has no name any more.
    const hasTemporary = () =>
      readdirSync('/proc/self/fd').some((fd) => {
        try {
          return readlinkSync(`/proc/self/fd/${fd}`).includes('etilqs_');
        } catch {
          return false;
        }
      });
    const isInMemory = () => db.pragma('temp_store', { simple: true }) === 2n;
    db.exec('CREATE TABLE filler (data BLOB CHECK (length(data) > 0))');
    const many = db.prepare('INSERT INTO filler VALUES (zeroblob(3000))');
    // Changes some hundred pages, and may find the last row to be wrong.
    const change = db.prepare('UPDATE filler SET data = zeroblob(3001)');
    inTransaction(db, () => {
      for (let at = 0; at < 300; at++) many.run();
    });
    db.exec('BEGIN');
    change.run();
    assert.equal(hasTemporary(), true, 'the statement is not large enough to tell');
    db.exec('ROLLBACK');
    inTransaction(db, () => {
      change.run();
      assert.deepEqual([isInMemory(), hasTemporary()], [true, false]);
    });
    assert.equal(isInMemory(), false);
    assert.throws(() =>
      inTransaction(db, () => {
        throw new Error('midway');
      }),
    );
    assert.equal(isInMemory(), false);
    db.close();
  });

  it('says what to mend when the disk is full, and that it may pass', () => {
    const db = openDatabase(join(dir, 'node.sqlite'));
    db.exec('CREATE TABLE filler (data BLOB)');
    // As full as a disk without another page.
    db.pragma(`max_page_count = ${db.pragma('page_count', { simple: true })}`);
    const fill = () =>
      inTransaction(db, () => db.prepare('INSERT INTO filler VALUES (zeroblob(100000))').run());
    assert.throws(fill, (error: unknown) => {
      assert.ok(error instanceof NodeError, String(error));
      assert.deepEqual([error.code, error.retryable], ['DB_TROUBLE', true]);
      assert.match(error.message, /node\.sqlite: database or disk is full/);
      return true;
    });
    db.close();
  });

  it('is worked on by one node at a time', () => {
    const lock = lockNode(join(dir, 'node.lock'));
    assert.equal(
      codeOf(() => lockNode(join(dir, 'node.lock'))),
      'NODE_RUNNING',
    );
    lock.release();
    lockNode(join(dir, 'node.lock')).release();
  });

  it('is for its owner alone, lock and all', () => {
    openDatabase(join(dir, 'node.sqlite')).close();
    lockNode(join(dir, 'node.lock')).release();
    for (const file of ['node.sqlite', 'node.lock']) {
      assert.equal(statSync(join(dir, file)).mode & 0o777, 0o600, file);
    }
  });
});
