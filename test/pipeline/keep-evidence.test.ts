import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { systemClock } from '../../src/base/clock.js';
import { NodeError } from '../../src/base/node-error.js';
import { answerSuccess, type Outcome, ResponseCode } from '../../src/base/outcome.js';
import type { Bundle } from '../../src/evidence/bundle.js';
import { createEvidenceStore } from '../../src/evidence/evidence-store.js';
import { loadBundle } from '../../src/evidence/load-bundle.js';
import type { WorkRecorder } from '../../src/evidence/record-work.js';
import type { FetchResult } from '../../src/net/fetch-result.js';
import { noCrash } from '../../src/pipeline/crash-point.js';
import { createEvidence } from '../../src/pipeline/keep-evidence.js';
import { createResolve } from '../../src/pipeline/resolve.js';
import { createRequestStore } from '../../src/requests/request-store.js';
import { type Database, inTransaction, openDatabase } from '../../src/storage/database.js';
import { silentLog } from '../../src/telemetry/log.js';
import { secretInResult } from '../../src/vault/secret-traces.js';

const HASH = `0x${'aa'.repeat(20)}` as const;
const TROUBLE: Outcome = {
  kind: 'retry',
  reason: 'connection refused',
  afterMs: 0,
  otherwise: { code: ResponseCode.Timeout, reason: 'the source could not be reached' },
};

describe('keeping evidence of what was resolved', () => {
  let dir: string;
  let db: Database;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'dodona-keep-'));
    db = openDatabase(join(dir, 'node.sqlite'));
  });
  afterEach(() => {
    db.close();
    rmSync(dir, { recursive: true });
  });

  /** Resolves requests to their ends; each fetch brings what its number is. */
  async function resolve(
    ids: readonly bigint[],
    work: (recorder: WorkRecorder, tries: number) => Promise<Outcome>,
    kind: 'http' | 'random' = 'http',
  ): Promise<void> {
    const requests = createRequestStore(db);
    let fetched = 0;
    const fetch = async (): Promise<FetchResult> => {
      const body = Buffer.from(`body ${++fetched}`);
      const head = { status: 200, headers: {}, url: 'https://a.example/', redirects: 0 };
      return { kind: 'response', ...head, body, address: '192.0.2.1', reused: false };
    };
    const tries = new Map<bigint, number>();
    const { resolver, keep: keepEvidence } = createEvidence({
      store: createEvidenceStore(db),
      clock: systemClock,
      fetchFor: () => ({ fetch }),
      filters: { evaluate: () => assert.fail('no filter was expected') },
      rules: () => ({ bodies: 'full', maxBodyBytes: 100, headers: null }),
      facts: {
        node: { version: 'test', magic: 1, gateway: HASH },
        settings: { profile: 'csharp', contentTypes: null },
        limits: {},
      },
      findSecret: secretInResult,
      resolverFor: (recorder) => async (row) => {
        const nth = (tries.get(row.id) ?? 0) + 1;
        tries.set(row.id, nth);
        return work(recorder, nth);
      },
    });
    inTransaction(db, () => {
      for (const id of ids) {
        const asked = { id, kind, requester: HASH, payer: HASH, subject: '{}' };
        const more = { filter: '', maxFee: 1n, deadline: 240, block: 1, blockTimeMs: 1 };
        const tx = `0x${'bb'.repeat(32)}` as const;
        requests.add({ ...asked, ...more, tx }, 'new', { atMs: 1, what: 'requested' });
      }
    });
    await new Promise<void>((done, fail) => {
      const stage = createResolve({
        db,
        requests,
        clock: { ...systemClock, sleep: async () => {} },
        log: silentLog,
        crashPoint: noCrash,
        limits: {
          concurrency: 4,
          concurrencyPerRequester: 4,
          maxAttempts: 3,
          backoffMs: 0,
          maxBackoffMs: 0,
          lastBlocks: 2,
        },
        resolver,
        keepEvidence,
        heightNow: () => 1,
        onResolved: () => {
          const isDone = ids.every((id) => requests.get(id)?.state === 'resolved');
          if (isDone) done();
          else setImmediate(() => stage.pump());
        },
        onDuration: () => {},
        onRetry: () => {},
        onBug: fail,
        signal: new AbortController().signal,
      });
      stage.pump();
    });
  }

  async function bundleOf(id: bigint): Promise<Bundle> {
    const found = await loadBundle(createEvidenceStore(db), id);
    if (found.kind !== 'kept') assert.fail(`request ${id}: ${found.kind}`);
    return found.file.bundle;
  }

  const ask = (recorder: WorkRecorder): Promise<unknown> =>
    recorder.fetch.fetch({ url: 'https://a.example/' });

  it('keeps the fetches of the last try, and how many tries there were', async () => {
    await resolve([1n], async (recorder, tries) => {
      await ask(recorder);
      return tries < 3 ? TROUBLE : answerSuccess(Buffer.from('[1]'));
    });
    const found = await loadBundle(createEvidenceStore(db), 1n);
    if (found.kind !== 'kept') assert.fail(found.kind);
    const { bundle, blobs } = found.file;
    assert.equal(bundle.tries, 3);
    assert.equal(bundle.fetches.length, 1);
    assert.deepEqual([...blobs.values()].map(String), ['body 3']);
    assert.equal(bundle.outcome.from, 'answer');
  });

  it('tells a code that was answered because every try failed from an answer', async () => {
    await resolve([1n], async (recorder) => {
      await ask(recorder);
      return TROUBLE;
    });
    const { outcome, tries, fetches } = await bundleOf(1n);
    assert.deepEqual([outcome.from, outcome.code, tries], ['trouble', ResponseCode.Timeout, 3]);
    assert.equal(outcome.reason, 'the source could not be reached (after 3 tries)');
    assert.equal(fetches.length, 1);
  });

  it('tells a code that was answered for trouble here, which may not be tried again, as trouble', async () => {
    await resolve([1n], async (recorder) => {
      await ask(recorder);
      const { Timeout: code } = ResponseCode;
      const trouble = { code, result: Buffer.alloc(0), reason: 'stopped midway' };
      return { kind: 'answer', ...trouble, ownTrouble: true };
    });
    assert.equal((await bundleOf(1n)).outcome.from, 'trouble');
  });

  it('tells a fault of the node as one', async () => {
    await resolve([1n], async () => {
      throw new NodeError('X', 'the vault is locked', { retryable: true });
    });
    assert.equal((await bundleOf(1n)).outcome.from, 'fault');
  });

  it('keeps none of random numbers, which prove themselves on the chain', async () => {
    await resolve([1n], async () => answerSuccess(Buffer.alloc(48)), 'random');
    assert.equal((await loadBundle(createEvidenceStore(db), 1n)).kind, 'none');
  });

  it('keeps apart what requests with one and the same outcome fetched', async () => {
    const same = answerSuccess(Buffer.from('[]'));
    await resolve([1n, 2n, 3n], async (recorder) => {
      await ask(recorder);
      return same;
    });
    const bundles = await Promise.all([1n, 2n, 3n].map(bundleOf));
    assert.deepEqual(
      bundles.map(({ request, fetches }) => [request.id, fetches.length]),
      [
        ['1', 1],
        ['2', 1],
        ['3', 1],
      ],
    );
    const bodies = bundles.map(({ fetches }) => JSON.stringify(fetches[0]?.result));
    assert.equal(new Set(bodies).size, 3);
  });
});
