import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'mocha';
import type { Clock } from '../../src/base/clock.js';
import { blobHash, bundleHash } from '../../src/evidence/bundle.js';
import { createEvidenceStore, type EvidenceStore } from '../../src/evidence/evidence-store.js';
import { unpackBlob } from '../../src/evidence/pack-blob.js';
import { type RetentionLimits, retentionStep } from '../../src/evidence/retention.js';
import { createRequestStore } from '../../src/requests/request-store.js';
import { type Database, inTransaction, openDatabase } from '../../src/storage/database.js';
import { silentLog } from '../../src/telemetry/log.js';

const ROOMY: RetentionLimits = { maxAgeMs: 1_000_000, maxTotalBytes: 1e9 };

describe('the store of evidence', () => {
  let dir: string;
  let db: Database;
  let store: EvidenceStore;
  let nowMs: number;
  const clock: Clock = {
    nowMs: () => nowMs,
    monotonicMs: () => nowMs,
    sleep: async () => {},
  };
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'dodona-evidence-'));
    db = openDatabase(join(dir, 'node.sqlite'));
    store = createEvidenceStore(db);
    nowMs = 5_000_000;
  });
  afterEach(() => {
    db.close();
    rmSync(dir, { recursive: true });
  });

  function addRequest(id: bigint): void {
    const requests = createRequestStore(db);
    const requester = `0x${'aa'.repeat(20)}` as const;
    const request = { id, kind: 'http', requester, payer: requester, subject: '{}', filter: '' };
    const more = { maxFee: 1n, deadline: 9, block: 1, blockTimeMs: 1, tx: requester } as const;
    requests.add({ ...request, ...more } as never, 'new', { atMs: 1, what: 'requested' });
  }

  function keep(id: bigint, ...bodies: readonly Buffer[]): void {
    const text = JSON.stringify({ id: String(id) });
    const blobs = new Map(bodies.map((bytes) => [blobHash(bytes), bytes]));
    inTransaction(db, () => {
      if (createRequestStore(db).get(id) === null) addRequest(id);
      store.add(id, { hash: bundleHash(text), text, blobs }, nowMs);
    });
  }

  const tidy = async (limits: RetentionLimits): Promise<number> => {
    for (let steps = 0; ; steps++) {
      if (!(await retentionStep({ db, store, clock, log: silentLog, limits }))) return steps;
    }
  };

  const bytesOf = async (id: bigint): Promise<string[]> => {
    const blobs = store.read(id)?.blobs ?? [];
    return Promise.all(blobs.map(async (blob) => String(await unpackBlob(blob))));
  };

  /** What the rows take, counted one by one. */
  function counted(): { bundles: number; bytes: number } {
    const rows = db.prepare('SELECT request_id FROM evidence WHERE bundle IS NOT NULL').all() as {
      request_id: bigint;
    }[];
    const sizes = rows.map(({ request_id: id }) => {
      const read = store.read(id);
      const blobs = (read?.blobs ?? []).reduce((sum, { bytes }) => sum + bytes.length, 0);
      return Buffer.byteLength(read?.text ?? '') + blobs;
    });
    return { bundles: rows.length, bytes: sizes.reduce((sum, size) => sum + size, 0) };
  }

  function assertTotal(): void {
    const { bundles, bytes } = store.total();
    assert.deepEqual({ bundles, bytes }, counted());
  }

  it('packs what is worth it after it was kept, and gives back the same bytes', async () => {
    const json = Buffer.from(JSON.stringify(Array(500).fill({ price: 1.5, name: 'ü' })));
    const noise = randomBytes(4_000);
    const small = Buffer.from('{"a":1}');
    keep(1n, json, noise, small);
    assertTotal();
    const before = store.total().bytes;
    await tidy(ROOMY);
    const codings = store.read(1n)?.blobs.map(({ coding }) => coding);
    assert.deepEqual(codings, ['brotli', 'small', 'small']);
    assert.deepEqual(await bytesOf(1n), [json, noise, small].map(String));
    assert.equal(store.total().bytes < before - json.length / 2, true);
    assertTotal();
  });

  it('drops what is too old and keeps its hash', async () => {
    keep(1n, Buffer.from('old'));
    nowMs += 600_000;
    keep(2n, Buffer.from('young'));
    nowMs += 600_000;
    await tidy(ROOMY);
    const [old, young] = [store.read(1n), store.read(2n)];
    assert.equal(old?.text, null);
    assert.deepEqual(old?.blobs, []);
    assert.equal(old?.droppedMs, nowMs);
    assert.deepEqual(old?.hash, bundleHash('{"id":"1"}'));
    assert.equal(young?.text, '{"id":"2"}');
    assert.equal(store.total().bundles, 1);
    assertTotal();
  });

  it('drops the oldest until what is left fits, in bounded steps', async () => {
    for (let id = 1n; id <= 250n; id++) {
      keep(id, randomBytes(600));
      nowMs += 10;
    }
    const one = store.total().bytes / 250;
    const steps = await tidy({ ...ROOMY, maxTotalBytes: Math.round(one * 40) });
    assert.equal(steps >= 3, true, `${steps} steps`);
    const { bundles, bytes } = store.total();
    assert.equal(bundles <= 40 && bundles >= 38, true, String(bundles));
    assert.equal(bytes <= one * 40, true);
    assert.equal(store.read(1n)?.text, null);
    assert.notEqual(store.read(250n)?.text, null);
    assertTotal();
  });

  it('replaces the bundle of a request that is answered anew', async () => {
    keep(1n, Buffer.from('first'));
    keep(1n, Buffer.from('second'), randomBytes(2_000));
    assert.equal((await bytesOf(1n))[0], 'second');
    assertTotal();
  });

  it('is kept with the outcome or not at all', () => {
    assert.throws(() =>
      inTransaction(db, () => {
        addRequest(3n);
        store.add(3n, { hash: bundleHash('{}'), text: '{}', blobs: new Map() }, nowMs);
        throw new Error('the outcome was not written');
      }),
    );
    assert.equal(store.read(3n), null);
    assert.deepEqual(store.total(), { bundles: 0, bytes: 0, oldestMs: null });
  });
});
