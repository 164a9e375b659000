import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { copyDatabase } from '../../src/storage/copy-database.js';
import { inTransaction, openDatabase, openDatabaseReadOnly } from '../../src/storage/database.js';

describe('a copy of the database', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'dodona-copy-'));
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  /** A database with so many rows of 64 KiB. */
  function filled(rows: number) {
    const path = join(dir, 'node.sqlite');
    const db = openDatabase(path);
    db.exec('CREATE TABLE filler (id INTEGER PRIMARY KEY, data BLOB NOT NULL) STRICT');
    const insert = db.prepare('INSERT INTO filler (data) VALUES (randomblob(65536))');
    const add = () => inTransaction(db, () => insert.run());
    inTransaction(db, () => {
      for (let row = 0; row < rows; row++) insert.run();
    });
    return { db, path, add };
  }

  it('is of one moment, and neither waits for those who write meanwhile nor they for it', async () => {
    const { db, path, add } = filled(400);
    const copy = join(dir, 'copy');
    const reading = openDatabaseReadOnly(path);
    let steps = 0;
    let before = 0;
    await copyDatabase(reading, copy, ({ copiedPages }) => {
      assert.ok(copiedPages >= before, 'no write makes it begin anew');
      before = copiedPages;
      steps += 1;
      // It would throw SQLITE_BUSY if it had to wait.
      db.pragma('busy_timeout = 0');
      add();
    });
    assert.ok(steps > 2, `${steps} writes came between`);
    const copied = new SqliteDatabase(copy, { readonly: true });
    assert.equal(copied.prepare('SELECT COUNT(*) FROM filler').pluck().get(), 400);
    assert.equal(copied.pragma('integrity_check', { simple: true }), 'ok');
    copied.close();
    assert.equal(db.prepare('SELECT COUNT(*) FROM filler').pluck().get(), BigInt(400 + steps));
    for (const open of [db, reading]) open.close();
    const copies = readdirSync(dir).filter((name) => name.startsWith('copy'));
    assert.deepEqual(copies, ['copy'], 'one file');
    assert.equal(statSync(copy).mode & 0o777, 0o600);
  });

  it('leaves nothing where there is no room, and takes what an earlier one left', async () => {
    const { db, path } = filled(20);
    const copy = join(dir, 'copy');
    writeFileSync(copy, 'what a crash left');
    writeFileSync(`${copy}-journal`, 'the same');
    const reading = openDatabaseReadOnly(path);
    const fails = copyDatabase(reading, copy, () => {
      throw new Error('no room');
    });
    await assert.rejects(fails, /no room/);
    assert.equal(existsSync(copy) || existsSync(`${copy}-journal`), false);
    await copyDatabase(reading, copy);
    for (const open of [db, reading]) open.close();
  });

  it('is not made of a damaged database', async () => {
    const { db, path } = filled(20);
    db.pragma('wal_checkpoint(TRUNCATE)');
    db.close();
    const raw = new SqliteDatabase(path);
    raw.unsafeMode().pragma('writable_schema = ON');
    // Two tables on one page.
    raw.exec(`UPDATE sqlite_master SET rootpage =
      (SELECT rootpage FROM sqlite_master WHERE name = 'request') WHERE name = 'filler'`);
    raw.close();
    const reading = openDatabaseReadOnly(path);
    await assert.rejects(copyDatabase(reading, join(dir, 'copy')), { code: 'SQLITE_CORRUPT' });
    reading.close();
    assert.equal(existsSync(join(dir, 'copy')), false);
  });
});
