import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { failureText } from '../../scripts/simulator/failure-text.js';
import { codeNow, commitNow, runBlocks } from '../../scripts/simulator/run-blocks.js';
import type { SeedResult } from '../../scripts/simulator/run-seed.js';
import { digestOf, runSeeds } from '../../scripts/simulator/run-seeds.js';
import {
  BLOCK_SEEDS,
  drawParts,
  failedBlocks,
  noDigests,
  PART_SEEDS,
  partsOf,
  readDigests,
  type SeedDigests,
  withBlock,
  withBlockAgain,
  writeDigests,
} from '../../scripts/simulator/seed-digests.js';

const FILE = join(import.meta.dirname, 'fixtures', 'seed-digests.json');
/** Hundreds of seeds that are run again, of one block. */
const DRAWN_PARTS = 10;
/** Draws for a checkout without its history. */
const NO_COMMIT = '0'.repeat(40);
const TIMEOUT_MS = 900_000;

const results = (from: number): SeedResult[] =>
  Array.from({ length: BLOCK_SEEDS }, (_, at) => ({
    ...{ seed: from + at, digest: `of ${from + at}`, failures: at === 7 ? ['broken'] : [] },
    ...{ latest: [], faults: noDigests(OF).faults, requests: 2, blocks: 40 },
  }));
const OF = { code: 'c0de', commit: NO_COMMIT, node: process.version };
const blockFrom = (from: number) => {
  const of = results(from);
  return { results: of, digest: digestOf(of), faults: { ...noDigests(OF).faults, 'rpc slow': 3 } };
};

describe('the digests of a long run of the simulator', () => {
  it('tell of each block, and of each hundred seeds in it', () => {
    const [one, two] = [blockFrom(0), blockFrom(BLOCK_SEEDS)];
    const digests = withBlock(withBlock(noDigests(OF), one, 10.4), two, 20);
    assert.deepEqual(
      digests.blocks.map(({ from }) => from),
      [0, BLOCK_SEEDS],
    );
    assert.notEqual(digests.blocks[0]?.digest, digests.blocks[1]?.digest);
    assert.equal(new Set(digests.blocks.flatMap(({ parts }) => parts)).size, 20);
    assert.deepEqual(digests.failed, [7, BLOCK_SEEDS + 7]);
    assert.equal(digests.requests, 4 * BLOCK_SEEDS);
    assert.equal(digests.faults['rpc slow'], 6);
    assert.equal(digests.wallSeconds, 30);
  });

  it('are gone on with while the code is the same, and begun anew with other code', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'dodona-digests-'));
    const file = join(folder, 'digests.json');
    const run = { file, onResult: () => {}, onBlock: () => {} };
    try {
      const code = await codeNow();
      const kept = withBlock(noDigests({ ...OF, code }), blockFrom(0), 1);
      writeDigests(file, kept);
      assert.deepEqual(readDigests(file), kept);
      assert.deepEqual(await runBlocks({ ...run, blocks: 1 }), kept);
      writeDigests(file, { ...kept, code: 'other' });
      assert.deepEqual((await runBlocks({ ...run, blocks: 0 })).blocks, []);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('tell which blocks were run again, once what had failed in them was mended', () => {
    const kept = withBlock(withBlock(noDigests(OF), blockFrom(0), 1), blockFrom(BLOCK_SEEDS), 1);
    assert.deepEqual(failedBlocks(kept), [0, 1]);
    const held = results(BLOCK_SEEDS).map((each) => ({ ...each, digest: 'new', failures: [] }));
    const mended = withBlockAgain(kept, 1, { results: held, digest: 'newer' }, 'c0ffee');
    assert.equal(mended.blocks[1]?.digest, 'newer');
    assert.notEqual(mended.blocks[1]?.parts[0], kept.blocks[1]?.parts[0]);
    assert.deepEqual([mended.blocks[0], mended.failed], [kept.blocks[0], kept.failed]);
    assert.deepEqual(mended.mended, { commit: 'c0ffee', blocks: [1] });
    const both = withBlockAgain(mended, 0, { results: held, digest: 'newer' }, 'c0ffee');
    assert.deepEqual(both.mended?.blocks, [1, 0]);
  });

  it('are checked in hundreds that lie within a block, other ones for other commits', () => {
    const drawn = Array.from({ length: 400 }, (_, at) => drawParts(at.toString(16), 7, 3));
    assert.deepEqual(new Set(drawn.map(({ block }) => block)).size, 7);
    const firsts = drawn.map(({ first }) => first);
    assert.deepEqual([Math.min(...firsts), Math.max(...firsts)], [0, 7]);
  });

  it('are those of the seeds that this commit draws', async function () {
    this.timeout(TIMEOUT_MS);
    const kept = readDigests(FILE);
    const blocks = Math.max(1, kept?.blocks.length ?? 0);
    const drawn = drawParts(commitNow() ?? NO_COMMIT, blocks, DRAWN_PARTS);
    const from = drawn.block * BLOCK_SEEDS + drawn.first * PART_SEEDS;
    const seeds = `seeds ${from} to ${from + DRAWN_PARTS * PART_SEEDS - 1}`;
    const done = await runSeeds({ from, count: DRAWN_PARTS * PART_SEEDS });
    const failed = done.results.filter(({ failures }) => failures.length > 0);
    assert.equal(failed.length, 0, failed.map(failureText).join('\n'));
    const parts = kept?.blocks[drawn.block]?.parts.slice(drawn.first, drawn.first + DRAWN_PARTS);
    const found = partsOf(done.results);
    // Other code may tell other histories; much of what is changed changes none.
    const mayDiffer = kept?.code !== (await codeNow());
    if (mayDiffer && !isDeepStrictEqual(found, parts)) return tellStale(kept, seeds);
    assert.deepEqual(found, parts, `${seeds} have other histories`);
  });
});

function tellStale(kept: SeedDigests | null, seeds: string): void {
  const why =
    kept === null
      ? 'there are no digests to compare their histories with'
      : `their histories are not those of commit ${kept.commit} and Node ${kept.node}`;
  process.stderr.write(`dodona: ${seeds} kept the promises, but ${why}.
To renew the digests, which takes hours:
npm run simulate -- --seeds 100000 --digests test/simulator/fixtures/seed-digests.json\n`);
}
