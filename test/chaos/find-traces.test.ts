import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import SqliteDatabase from 'better-sqlite3';
import { findTraces } from '../../scripts/chaos/find-traces.js';

describe('the search for secrets after a chaos run', () => {
  const value = Buffer.from('sk-chaos-0123456789abcdef');
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'dodona-test-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const search = (metrics = '') =>
    findTraces({
      folder,
      canaries: [{ name: 'api-key', value }],
      metricsSeen: () => Buffer.from(metrics),
    });

  it('finds one in a file as bytes, base64 and hex, wherever in it', async () => {
    for (const form of ['latin1', 'base64', 'hex'] as const) {
      // Where one piece of the file ends and the next begins.
      const before = Buffer.alloc(4 * 1024 * 1024 - 10, '.');
      writeFileSync(
        join(folder, 'node.log'),
        Buffer.concat([before, Buffer.from(value.toString(form))]),
      );
      await assert.rejects(search(), /api-key is in .*node\.log from byte/);
    }
  });

  it('finds one in what is packed in a database, and in the metrics', async () => {
    const db = new SqliteDatabase(join(folder, 'node.sqlite'));
    db.exec('CREATE TABLE evidence_blob (request_id, coding, size, bytes)');
    const body = Buffer.from(JSON.stringify({ echoed: value.toString() }));
    const insert = db.prepare('INSERT INTO evidence_blob VALUES (7, ?, ?, ?)');
    insert.run('brotli', body.length, brotliCompressSync(body));
    db.close();
    await assert.rejects(search(), /api-key is in evidence of request 7/);
    rmSync(join(folder, 'node.sqlite'));
    await assert.rejects(search(`x{key="${value}"} 1`), /api-key is in the metrics/);
  });

  it('says what it looked through when there is none', async () => {
    writeFileSync(join(folder, 'node.log'), 'nothing');
    assert.match(await search(), /^1 files, 0 packed bodies, metrics; planted ones were found$/);
  });
});
