import assert from 'node:assert/strict';
import type { RequestListener } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { after, afterEach, before, describe, it } from 'mocha';
import { systemClock } from '../../src/base/clock.js';
import { type Outcome, ResponseCode } from '../../src/base/outcome.js';
import { recordFetch } from '../../src/evidence/record-fetch.js';
import { replayFetch } from '../../src/evidence/replay-fetch.js';
import type { FilterOutcome } from '../../src/filters/filter-outcome.js';
import { createFilterPool, type FilterPool } from '../../src/filters/filter-pool.js';
import { type ReRun, reRun } from '../../src/operations/re-run.js';
import { createBench, type FetcherOptions } from '../net/sources.js';
import {
  ALL_KEPT,
  type WatchedWork,
  type WatchingOptions,
  watchWork,
  workshopOf,
} from './watched-work.js';

const never = new AbortController().signal;
const JSON_TYPE = { 'content-type': 'application/json' };
const unused = { evaluate: () => assert.fail('no filter was expected') };

describe('work that is recorded and done again', () => {
  const bench = createBench();
  let filters: FilterPool;
  before(async () => {
    filters = createFilterPool({ workers: 1, timeoutMs: 2_000 });
    await filters.ready();
  });
  afterEach(() => bench.close());
  after(() => filters.close());

  const serve = async (handler: RequestListener): Promise<string> => {
    const { port } = await bench.http(handler);
    return `http://127.0.0.1:${port}`;
  };

  /** Does the work on real sockets, closes them all, and does it again. */
  async function twice(
    work: WatchedWork,
    options: FetcherOptions & Partial<WatchingOptions> = {},
  ): Promise<{ outcome: Outcome; again: ReRun }> {
    const fetch = bench.fetcher(options);
    const given = { fetch, filters, ...options };
    const { outcome, loaded } = await watchWork(work, given);
    await bench.close();
    return { outcome, again: await reRun(loaded, workshopOf(filters), never) };
  }

  const SAME: ReRun = { kind: 'same', asRecorded: [] };

  it('ends the same for redirects, types, codings and filters, without a source', async () => {
    const url = await serve((request, response) => {
      if (request.url === '/moved') {
        return response.writeHead(302, { location: '/there' }).end();
      }
      const packed = gzipSync('{"price":1.5,"list":[1,2,3]}');
      return response.writeHead(200, { ...JSON_TYPE, 'content-encoding': 'gzip' }).end(packed);
    });
    const { outcome, again } = await twice({
      kind: 'http',
      subject: JSON.stringify({ url: `${url}/moved` }),
      filter: '$.list[?@ > 1]',
    });
    assert.equal(outcome.kind === 'answer' && outcome.result.toString(), '[2,3]');
    assert.deepEqual(again, SAME);
  });

  it('ends the same whatever source, status, type, body and filter are (property)', async () => {
    const value = fc.oneof(
      fc.json().map((text) => Buffer.from(text)),
      fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
      fc.string({ unit: 'binary' }).map((text) => Buffer.from(text)),
    );
    const answer = fc.record({
      status: fc.constantFrom(200, 200, 200, 201, 301, 302, 307, 400, 403, 404, 429, 500, 503),
      type: fc.constantFrom(
        undefined,
        'application/json',
        'application/json; charset=utf-8',
        'text/plain; charset=latin1',
        'image/png',
      ),
      location: fc.constantFrom(undefined, '/next', 'https://10.0.0.1/', 'ftp://x/', ':::'),
      retryAfter: fc.constantFrom(undefined, '2', 'soon'),
      body: value,
      cut: fc.constantFrom(false, false, false, true),
    });
    const asked = fc.record({
      kind: fc.constantFrom('oracle' as const, 'http' as const),
      method: fc.constantFrom('GET', 'POST', 'HEAD'),
      filter: fc.constantFrom('', '', '$', '$..*', '$[0]', '$[?@.a]', '$['),
    });
    await fc.assert(
      fc.asyncProperty(answer, asked, async (sent, { kind, method, filter }) => {
        const url = await serve((_, response) => {
          const { status, type, location, retryAfter, body, cut } = sent;
          const given = { 'content-type': type, location, 'retry-after': retryAfter };
          for (const [name, text] of Object.entries(given)) {
            if (text !== undefined) response.setHeader(name, text);
          }
          if (!cut) return response.writeHead(status).end(body);
          response.writeHead(status, { 'content-length': body.length + 9 });
          return response.write(body, () => response.destroy());
        });
        const spec = JSON.stringify({ url: `${url}/`, method });
        const { again } = await twice({
          kind,
          subject: kind === 'oracle' ? `${url}/` : spec,
          filter,
        });
        assert.equal(again.kind, 'same', JSON.stringify(again));
      }),
      { numRuns: 30 },
    );
  });

  it('says which failures are the word of the node', async () => {
    const url = await serve(() => {});
    const limits = { totalTimeoutMs: 80, connectTimeoutMs: 50 };
    const spec = JSON.stringify({ url });
    const { outcome, again } = await twice({ kind: 'http', subject: spec }, { limits });
    assert.equal(outcome.kind, 'retry');
    const told = ['fetch 1 failed (timeout)', 'the tries before the last one failed as well'];
    assert.deepEqual(again, { kind: 'same', asRecorded: told });
  });

  it('takes a filter that ran out of time from the record, and says so', async () => {
    const url = await serve((_, response) => response.writeHead(200, JSON_TYPE).end('[1,2]'));
    let isFirst = true;
    const slow: FilterOutcome = { kind: 'timeout', reason: 'it took longer than 250 ms' };
    const given = {
      evaluate: (...asked: Parameters<FilterPool['evaluate']>) => {
        if (!isFirst) return filters.evaluate(...asked);
        isFirst = false;
        return Promise.resolve(slow);
      },
    };
    const work = { kind: 'http', subject: JSON.stringify({ url }), filter: '$[*]' } as const;
    const { outcome, again } = await twice(work, { filters: given });
    assert.equal(outcome.kind === 'answer' && outcome.code, ResponseCode.Timeout);
    assert.equal(again.kind, 'same');
    assert.match(String(again.kind === 'same' && again.asRecorded), /"\$\[\*\]" ended by timeout/);
  });

  it('does not pretend to prove what it cannot do again', async () => {
    const url = await serve((_, response) => response.writeHead(200, JSON_TYPE).end('[1,2]'));
    const work = { kind: 'http', subject: JSON.stringify({ url }), filter: '$[*]' } as const;
    const rules = { ...ALL_KEPT, bodies: 'hash' } as const;
    const hashed = await twice(work, { rules });
    assert.deepEqual(hashed.again, {
      kind: 'unproven',
      why: ['fetch 1: its body of 5 bytes was not kept'],
    });
    const url2 = await serve((_, response) => response.writeHead(200, JSON_TYPE).end('[1,2]'));
    const fetch = bench.fetcher();
    const { loaded } = await watchWork(
      { ...work, subject: JSON.stringify({ url: url2 }) },
      { fetch, filters },
    );
    const busy = { evaluate: async () => ({ kind: 'timeout', reason: 'slow' }) as FilterOutcome };
    const again = await reRun(loaded, workshopOf(busy), never);
    assert.deepEqual(again, {
      kind: 'unproven',
      why: ['the filter "$[*]" ended by timeout here'],
    });
  });

  it('asks nobody: a fetch that is another one than before shows', async () => {
    const url = await serve((_, response) => response.end('a'));
    const { loaded } = await watchWork(
      { kind: 'http', subject: JSON.stringify({ url }) },
      { fetch: bench.fetcher(), filters: unused },
    );
    const replay = replayFetch(loaded);
    const other = await replay.fetch({ url: `${url}/other` });
    assert.equal(other.kind, 'failed');
    const further = await replay.fetch({ url });
    assert.equal(further.kind, 'failed');
    const [first, second] = replay.differences();
    assert.match(first ?? '', /^fetch 1: the URL was "http.*, now "http.*other"$/);
    assert.match(second ?? '', /^fetch 2, of http.*, is not in the record$/);
  });

  it('gives answers of fetches at once in the order in which they came', async () => {
    const waits: Record<string, number> = { '/slow': 60, '/fast': 0, '/mid': 25 };
    const url = await serve(async (request, response) => {
      await delay(waits[request.url ?? ''] ?? 0);
      response.end(request.url);
    });
    const order = async (fetch: ReturnType<typeof recordFetch>): Promise<string[]> => {
      const came: string[] = [];
      const paths = ['/slow', '/fast', '/mid'];
      await Promise.all(
        paths.map(async (path) => {
          const result = await fetch.fetch({ url: `${url}${path}` });
          assert.equal(result.kind, 'response');
          if (result.kind === 'response') came.push(result.body.toString());
        }),
      );
      return came;
    };
    const recorder = recordFetch(bench.fetcher(), systemClock);
    const live = await order(recorder);
    assert.deepEqual(live, ['/fast', '/mid', '/slow']);
    const { loaded } = await watchWork(
      { kind: 'http', subject: JSON.stringify({ url }) },
      { fetch: bench.fetcher(), filters: unused },
    );
    const [only] = loaded.bundle.fetches;
    const fetches = recorder.records.map(({ request, result, ended }) => {
      if (only?.result?.kind !== 'response' || result?.kind !== 'response') throw new Error();
      const body = { ...only.result.body, sha256: result.body.toString(), size: 5 };
      const headers: [string, string][] = [];
      return { ...only, url: request.url, headers, ended, result: { ...only.result, body } };
    });
    const blobs = new Map(live.map((path) => [path, Buffer.from(path)]));
    const again = replayFetch({ ...loaded, blobs, bundle: { ...loaded.bundle, fetches } });
    assert.deepEqual(await order({ ...again, records: [] }), live);
    assert.deepEqual(again.differences(), []);
  });
});
