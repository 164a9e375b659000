import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type Clock, systemClock } from '../../../src/base/clock.js';
import { readBundleFile, writeBundleFile } from '../../../src/evidence/bundle-file.js';
import { createFilterPool, type FilterPool } from '../../../src/filters/filter-pool.js';
import type { FetchedAnswer } from '../../../src/net/fetch-result.js';
import { verifyBundle } from '../../../src/operations/verify-bundle.js';
import { watchWork, workshopOf } from '../../evidence/watched-work.js';
import { breakages, writeJson } from '../broken-text.js';
import type { FuzzProperty } from '../fuzz-property.js';
import { type Json, mutate, mutations } from '../mutate-json.js';
import { assertTypedRefusal } from '../typed-refusal.js';

/** A re-run of what never ended is given up soon: that limit is tested elsewhere. */
const hasty: Clock = {
  ...systemClock,
  sleep: (ms, signal) => systemClock.sleep(Math.min(ms, 200), signal),
};
const answer: FetchedAnswer = {
  kind: 'response',
  ...{ status: 200, headers: { 'content-type': 'application/json' }, redirects: 0 },
  ...{ url: 'https://a.example/a', address: '192.0.2.1', reused: false },
  body: Buffer.from('{"price":12.5,"unit":"USD"}'),
};
let bundles: Promise<{ filters: FilterPool; texts: readonly string[] }> | null = null;

/** Bundles as they are written: of requestHttp with a body, and of request. */
async function makeBundles() {
  const filters = createFilterPool({ workers: 1, timeoutMs: 2_000 });
  const parts = { fetch: { fetch: async () => answer }, filters };
  const url = 'https://a.example/a';
  const spec = JSON.stringify({ url, method: 'PUT', body: { ask: 'price' } });
  const works = [
    await watchWork({ kind: 'http', subject: spec, filter: '$.price' }, parts),
    await watchWork({ kind: 'oracle', subject: url }, parts),
  ];
  const answeredIn = { tx: `0x${'44'.repeat(32)}`, block: 700 };
  const texts = works.map(({ loaded }, at) =>
    writeBundleFile(loaded, at === 0 ? answeredIn : null),
  );
  return { filters, texts };
}

const readyBundles = () => {
  bundles ??= makeBundles();
  return bundles;
};
export async function close(): Promise<void> {
  await (await bundles)?.filters.close();
}

/** Read and verified with some verdict, or refused as no bundle. */
async function assertJudged(text: string): Promise<void> {
  let read: ReturnType<typeof readBundleFile>;
  try {
    read = readBundleFile(text);
  } catch (thrown) {
    assertTypedRefusal(thrown, /^EVIDENCE_FILE$/);
    return;
  }
  const { filters } = await readyBundles();
  const expected = [{ source: 'the file', hash: read.claimedHash }];
  const parts = { expected, workshop: workshopOf(filters), clock: hasty };
  const { verdict, checks } = await verifyBundle(read, parts);
  assert.match(verdict, /^(?:verified|differs|unproven)$/);
  const doubts = checks.filter(({ found }) => found === 'fails' || found === 'unproven');
  assert.equal(doubts.length === 0, verdict === 'verified');
  for (const { details } of doubts) assert.ok(details.join('').length > 5, 'a doubt without words');
}

const which = fc.nat(1);

export const PROPERTIES: readonly FuzzProperty[] = [
  {
    name: 'with something wrong in it is judged, or refused as no bundle',
    runs: 300,
    make: () =>
      fc.asyncProperty(which, mutations, breakages, async (at, changes, breakage) => {
        const { texts } = await readyBundles();
        const wrong = mutate(JSON.parse(texts[at] as string), changes);
        await assertJudged(breakage(writeJson(wrong)));
      }),
  },
  {
    name: 'whose record says something else is judged, or refused as no bundle',
    runs: 300,
    make: () =>
      fc.asyncProperty(which, mutations, async (at, changes) => {
        const { texts } = await readyBundles();
        const file = JSON.parse(texts[at] as string) as { bundle: Record<string, Json> };
        const parts = ['request', 'fetches', 'filters', 'secrets', 'outcome', 'settings', 'limits'];
        for (const [nth, part] of parts.entries()) {
          const own = changes.filter(({ place }) => place % parts.length === nth);
          const inPart = own.map((change) => ({
            ...change,
            place: Math.floor(change.place / parts.length),
          }));
          file.bundle[part] = mutate(file.bundle[part] as Json, inPart);
        }
        await assertJudged(writeJson(file as unknown as Json));
      }),
  },
];
