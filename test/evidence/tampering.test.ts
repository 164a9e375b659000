import assert from 'node:assert/strict';
import fc from 'fast-check';
import { after, before, describe, it } from 'mocha';
import { toHex } from '../../src/base/bytes.js';
import { systemClock } from '../../src/base/clock.js';
import { NodeError } from '../../src/base/node-error.js';
import {
  type Bundle,
  bundleHash,
  bundleText,
  type LoadedBundle,
} from '../../src/evidence/bundle.js';
import { readBundleFile, writeBundleFile } from '../../src/evidence/bundle-file.js';
import { createFilterPool, type FilterPool } from '../../src/filters/filter-pool.js';
import { type Verification, verifyBundle } from '../../src/operations/verify-bundle.js';
import { createBench } from '../net/sources.js';
import { watchWork, workshopOf } from './watched-work.js';

describe('a bundle of evidence that was tampered with', () => {
  const bench = createBench();
  let filters: FilterPool;
  let loaded: LoadedBundle;
  let file: string;
  let hash: string;
  before(async () => {
    filters = createFilterPool({ workers: 1, timeoutMs: 2_000 });
    const { port } = await bench.http((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end('{"price":12.5,"unit":"USD","at":1700000000}');
    });
    const spec = { url: `http://127.0.0.1:${port}/a`, method: 'PUT', body: { ask: 'price' } };
    const work = { kind: 'http', subject: JSON.stringify(spec), filter: '$.price' } as const;
    ({ loaded } = await watchWork(work, { fetch: bench.fetcher(), filters }));
    await bench.close();
    file = writeBundleFile(loaded, null);
    hash = toHex(bundleHash(loaded.text));
  });
  after(() => filters.close());

  const verify = (bundle: LoadedBundle, known: string | null): Promise<Verification> =>
    verifyBundle(bundle, {
      expected: known === null ? [] : [{ source: "the node's record", hash: known }],
      workshop: workshopOf(filters),
      clock: systemClock,
    });

  /** The bundle with a change, sealed again as a forger would who knows how. */
  function forged(change: (bundle: Bundle) => void, body?: string): LoadedBundle {
    const bundle = structuredClone(loaded.bundle);
    change(bundle);
    const blobs = new Map(loaded.blobs);
    const received = bundle.fetches[0]?.result;
    if (body !== undefined && received?.kind === 'response') {
      blobs.set(received.body.sha256, Buffer.from(body));
    }
    return { bundle, blobs, text: bundleText(bundle) };
  }

  const failuresOf = ({ checks }: Verification): string[] =>
    checks.flatMap(({ found, details }) => (found === 'fails' ? details : []));

  it('is verified as it was written', async () => {
    const { verdict, checks } = await verify(readBundleFile(file), hash);
    assert.equal(verdict, 'verified', JSON.stringify(checks));
  });

  it('differs whichever of its characters is another one (property)', async () => {
    const place = fc.nat(file.length - 1);
    const character = fc.constantFrom('0', '1', 'a', 'f', '"', ' ', '.', '}', 'é');
    const same = JSON.stringify(JSON.parse(file));
    await fc.assert(
      fc.asyncProperty(place, character, async (at, other) => {
        const text = file.slice(0, at) + other + file.slice(at + 1);
        try {
          if (JSON.stringify(JSON.parse(text)) === same) return;
          const read = readBundleFile(text);
          const { answeredIn, claimedHash } = read;
          const { verdict } = await verify(read, hash);
          const isBeside = answeredIn !== null || claimedHash !== hash;
          if (verdict === 'verified' && !isBeside) assert.fail(text.slice(at - 30, at + 30));
        } catch (error) {
          if (error instanceof SyntaxError) return;
          const told = error instanceof NodeError ? error.code : String(error);
          assert.equal(told, 'EVIDENCE_FILE', text.slice(at - 30, at + 30));
        }
      }),
      { numRuns: 400 },
    );
  });

  it('says which body is not the one it names, and works on no such body', async () => {
    const { verdict, checks } = await verify(
      forged(() => {}, '{"price":99}'),
      hash,
    );
    assert.equal(verdict, 'differs');
    const [, bodies, again] = checks;
    assert.match(String(bodies?.details), /^what fetch 1 brought was changed: 12 bytes instead/);
    assert.equal(again?.found, 'unproven');
  });

  it('says that a body is there which it does not name', async () => {
    const blobs = new Map([...loaded.blobs, ['ab'.repeat(32), Buffer.from('more')]]);
    const verification = await verify({ ...loaded, blobs }, hash);
    assert.equal(verification.verdict, 'differs');
    assert.deepEqual(failuresOf(verification), [
      '1 bodies are there that the bundle does not name',
    ]);
  });

  it('says what is another result, code or question, also when it was sealed again', async () => {
    const changes: [RegExp, (bundle: Bundle) => void][] = [
      [
        /^the result had 6 bytes .* then, 6 bytes/,
        ({ outcome }) => {
          outcome.result.sha256 = 'ab'.repeat(32);
        },
      ],
      [
        /^the code was 20 then, 0 now$/,
        ({ outcome }) => {
          outcome.code = 20;
        },
      ],
      [
        /^it ended with trouble that may pass then, with an answer now/,
        ({ outcome }) => {
          outcome.from = 'trouble';
        },
      ],
      [
        /^the filter "\$\.unit" on these bytes is not in the record$/,
        ({ request }) => {
          request.filter = '$.unit';
        },
      ],
      [
        /^fetch 1: the URL was/,
        ({ request }) => {
          request.subject = request.subject.replace('/a', '/b');
        },
      ],
      [
        /^fetch 1: the body was/,
        ({ request }) => {
          request.subject = request.subject.replace('ask', 'bid');
        },
      ],
      [
        /^1 recorded fetches were not asked for$/,
        ({ fetches }) => {
          if (fetches[0]) fetches.push(fetches[0]);
        },
      ],
    ];
    for (const [told, change] of changes) {
      const verification = await verify(forged(change), null);
      assert.equal(verification.verdict, 'differs', String(told));
      assert.equal(
        failuresOf(verification).some((detail) => told.test(detail)),
        true,
        String(told),
      );
    }
  });

  it('is refused where it is no bundle of this format', () => {
    const wrong: [string, RegExp][] = [
      ['{', /it is no JSON/],
      ['[]', /the file must be an object/],
      ['{"dodonaEvidence":2}', /dodonaEvidence is 2, 1 was expected/],
      [file.replace('"tries"', '"trys"'), /tries/],
      [file.replace('"deadline": 900', '"deadline": -1'), /deadline/],
      [file.replace('"answeredIn": null', '"answeredIn": {"tx": "0x12"}'), /no hash of a trans/],
    ];
    for (const [text, problem] of wrong) {
      assert.throws(
        () => readBundleFile(text),
        (error) => error instanceof NodeError && problem.test(error.message),
        text.slice(0, 40),
      );
    }
  });
});
