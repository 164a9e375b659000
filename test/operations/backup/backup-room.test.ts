import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hash160 } from '../../../src/base/hash.js';
import { ROOM_FOR_NODE_BYTES } from '../../../src/operations/backup/backup-room.js';
import { writeBackup } from '../../../src/operations/backup/write-backup.js';
import { type Database, openDatabase } from '../../../src/storage/database.js';

/** Nothing is opened with it. */
const CHEAP = { n: 16_384, r: 8, p: 1 };
const SAYS = {
  program: 'test',
  schema: 1,
  magic: 1,
  gateway: hash160('0x0b0a090807060504030201000f0e0d0c0b0a0908'),
  height: null,
  madeAtMs: 0,
  auditHead: `0:${'0'.repeat(64)}`,
  withKeys: false,
};

describe('the room that a backup takes', () => {
  let dir: string;
  let db: Database;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'dodona-room-'));
    db = openDatabase(join(dir, 'node.sqlite'));
    db.exec('CREATE TABLE filler (data BLOB NOT NULL) STRICT');
    // In SQLite's log, not in the file: it counts all the same.
    db.prepare('INSERT INTO filler VALUES (?)').run(randomBytes(1_048_576));
  });
  afterEach(() => {
    db.close();
    rmSync(dir, { recursive: true });
  });

  const backUp = (free: number, target = join(dir, 'one')) => {
    const asked: string[] = [];
    const done = writeBackup({
      db,
      databaseName: 'node.sqlite',
      copyPath: join(dir, 'copy'),
      noteFile: join(dir, 'note'),
      sources: [],
      contents: [{ name: 'audit.head', bytes: Buffer.alloc(1_000) }],
      target,
      passphrase: 'of a test, and long',
      describe: () => SAYS,
      random: randomBytes,
      cost: CHEAP,
      freeBytes: (path) => {
        asked.push(path);
        return free;
      },
    });
    return { done, asked };
  };
  const databaseBytes = (): number =>
    Number(db.pragma('page_count', { simple: true })) *
    Number(db.pragma('page_size', { simple: true }));

  it('is looked for beforehand: the copy, the backup on the same disk, and some for the node', async () => {
    const needed = 2 * databaseBytes() + 1_000 + ROOM_FOR_NODE_BYTES;
    assert.ok(databaseBytes() > 1_048_576, 'too small');
    const { done, asked } = backUp(needed - 1);
    await assert.rejects(done, (error: { code: string; retryable: boolean; message: string }) => {
      assert.deepEqual([error.code, error.retryable], ['BACKUP_WRITE', true]);
      assert.match(
        error.message,
        /^25\d MiB free at .*, expected 25\d MiB: .*256 MiB for the node/,
      );
      return true;
    });
    assert.deepEqual(asked, [dir]);
    const left = readdirSync(dir).filter((name) => !name.startsWith('node.sqlite'));
    assert.deepEqual(left, []);
    await backUp(needed).done;
    assert.ok(existsSync(join(dir, 'one')), 'there is no backup');
  });

  it('on another disk, is that of the copy alone', async function () {
    const other = '/dev/shm';
    if (!existsSync(other) || statSync(other).dev === statSync(dir).dev) return this.skip();
    const there = mkdtempSync(join(other, 'dodona-room-'));
    try {
      const needed = databaseBytes() + ROOM_FOR_NODE_BYTES;
      const short = backUp(needed - 1, join(there, 'one')).done;
      await assert.rejects(short, { code: 'BACKUP_WRITE' });
      await backUp(needed, join(there, 'one')).done;
    } finally {
      rmSync(there, { recursive: true });
    }
  });
});
