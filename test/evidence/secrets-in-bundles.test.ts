import assert from 'node:assert/strict';
import { afterEach, before, describe, it } from 'mocha';
import { systemClock } from '../../src/base/clock.js';
import { ResponseCode } from '../../src/base/outcome.js';
import type { LoadedBundle } from '../../src/evidence/bundle.js';
import { writeBundleFile } from '../../src/evidence/bundle-file.js';
import { recordWork } from '../../src/evidence/record-work.js';
import { createFilterPool, type FilterPool } from '../../src/filters/filter-pool.js';
import { reRun } from '../../src/operations/re-run.js';
import type { Reveal } from '../../src/vault/reveal.js';
import { createBench } from '../net/sources.js';
import { type WatchedWork, type WatchingOptions, watchWork, workshopOf } from './watched-work.js';

const never = new AbortController().signal;
const VALUE = 'k"ey/of the\\owner';

describe('secrets in the evidence of web requests', () => {
  const bench = createBench();
  let filters: FilterPool;
  before(async () => {
    filters = createFilterPool({ workers: 1, timeoutMs: 2_000 });
    await filters.ready();
  });
  afterEach(() => bench.close());
  after(() => filters.close());

  const revealTo =
    (origin: string, optOut = false, value = VALUE): Reveal =>
    async ({ name }) =>
      name === 'KEY'
        ? { kind: 'granted', value: Buffer.from(value), hosts: [origin], optOut }
        : { kind: 'forbidden', reason: `the secret ${name} is not granted` };

  /** A source that sends back what it was sent. */
  const echo = async (): Promise<string> => {
    const { port } = await bench.http((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const body = Buffer.concat(chunks).toString();
        const basic = Buffer.from(`user:${VALUE}`).toString('base64');
        response.setHeader('content-type', 'application/json');
        response.end(JSON.stringify({ you: request.headers['x-key'], body, basic, ok: [1] }));
      });
    });
    return `http://127.0.0.1:${port}`;
  };

  const specOf = (url: string): string =>
    JSON.stringify({
      url,
      method: 'POST',
      headers: { 'x-key': 'Bearer {{secret:KEY}}' },
      body: { key: '{{secret:KEY}}', other: 1 },
    });

  async function watched(work: WatchedWork, reveal: Reveal, more: Partial<WatchingOptions> = {}) {
    const done = await watchWork(work, { fetch: bench.fetcher(), filters, reveal, ...more });
    const again = await reRun(done.loaded, workshopOf(filters), never);
    return { ...done, again, file: writeBundleFile(done.loaded, null) };
  }

  function assertHidden({ text, blobs }: LoadedBundle): void {
    const once = JSON.stringify(VALUE).slice(1, -1);
    const forms = [
      VALUE,
      once,
      JSON.stringify(once).slice(1, -1),
      encodeURIComponent(VALUE),
      Buffer.from(VALUE).toString('hex'),
      Buffer.from(VALUE).toString('base64'),
      Buffer.from(`user:${VALUE}`).toString('base64').slice(8, -4),
    ];
    const unescaped = JSON.stringify(JSON.parse(text));
    for (const kept of [text, unescaped, ...blobs.values()]) {
      for (const form of forms) assert.equal(String(kept).includes(form), false, form);
    }
  }

  it('stand there as commitments wherever they were, and the work ends the same with them', async () => {
    const url = await echo();
    const work = { kind: 'http', subject: specOf(url), filter: '$.ok' } as const;
    const { outcome, again, file, bundle, loaded } = await watched(work, revealTo(url));
    assert.equal(outcome.kind === 'answer' && outcome.result.toString(), '[[1]]');
    assert.deepEqual(again, { kind: 'same', asRecorded: [] });
    assertHidden(loaded);
    const [secret] = bundle.secrets;
    if (secret?.granted !== true) assert.fail('no secret in the bundle');
    const token = `~secret.KEY.${secret.commitment}~`;
    assert.equal(file.split(token).length - 1 >= 4, true, 'sent twice, echoed twice');
    const basic = /"basic\\":\\"([A-Za-z0-9+/=]+)/.exec(file)?.[1] ?? '';
    assert.equal(Buffer.from(basic, 'base64').toString(), `user:${token}`);
    assert.equal(bundle.commitmentKey, 'k1');
  });

  it('stay out of it where the answer was refused because it held one', async () => {
    const url = await echo();
    const work = { kind: 'http', subject: specOf(url), filter: '$.you' } as const;
    const { outcome, again, loaded } = await watched(work, revealTo(url));
    assert.equal(outcome.kind === 'answer' && outcome.code, ResponseCode.Forbidden);
    assert.deepEqual(again, { kind: 'same', asRecorded: [] });
    assertHidden(loaded);
  });

  it('leave the work unproven where their owner lets the answer hold them', async () => {
    const url = await echo();
    const work = { kind: 'http', subject: specOf(url), filter: '$.you' } as const;
    const { outcome, again, loaded } = await watched(work, revealTo(url, true));
    assert.equal(outcome.kind === 'answer' && outcome.code, ResponseCode.Success);
    assert.equal(again.kind, 'unproven');
    assertHidden(loaded);
  });

  it('that were not granted are refused again', async () => {
    const subject = specOf('http://127.0.0.1:1').replaceAll('KEY', 'OTHER');
    const { outcome, again } = await watched({ kind: 'http', subject }, revealTo(''));
    assert.equal(outcome.kind === 'answer' && outcome.code, ResponseCode.Forbidden);
    assert.deepEqual(again, { kind: 'same', asRecorded: ['the secret OTHER was refused'] });
  });

  it('that the fetches alone tell of are taken out, too', async () => {
    const url = await echo();
    const fetch = bench.fetcher();
    const request = { url, headers: { 'x-key': VALUE } };
    const secrets = [{ name: 'KEY', value: Buffer.from(VALUE) }];
    const recorder = recordWork({ requestId: 1n, fetch, filters, clock: systemClock });
    await recorder.fetch.fetch({ ...request, secrets });
    secrets[0]?.value.fill(0);
    const [found] = recorder.records().redacted;
    assert.equal(found?.value.toString(), VALUE);
    assert.equal(found?.token, '~secret.KEY.withheld~');
  });
});
