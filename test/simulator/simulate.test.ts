import assert from 'node:assert/strict';
import { failureText } from '../../scripts/simulator/failure-text.js';
import { FAULTS, type FaultName } from '../../scripts/simulator/faults.js';
import { runSeeds, type SeedsResult } from '../../scripts/simulator/run-seeds.js';
import { FIRST_SEED_OF_LIARS } from '../../scripts/simulator/simulation.js';

/** The seeds that are always run. */
const FIXED_SEEDS = { from: 0, count: 2_000 };
/** And those in which an endpoint may tell what could be true. */
const SEEDS_OF_LIARS = { from: FIRST_SEED_OF_LIARS, count: 100 };
const TIMEOUT_MS = 900_000;
/** Seeds that are run twice. */
const REPLAYED = { from: 0, count: 4 };

describe('the simulator', () => {
  let done: SeedsResult;
  let ofLiars: SeedsResult;

  before(async function () {
    this.timeout(TIMEOUT_MS);
    done = await runSeeds(FIXED_SEEDS);
    ofLiars = await runSeeds(SEEDS_OF_LIARS);
  });

  it('finds the promises kept in every fixed seed', () => {
    const all = [...done.results, ...ofLiars.results];
    const failed = all.filter(({ failures }) => failures.length > 0);
    assert.equal(failed.length, 0, failed.map(failureText).join('\n'));
  });

  it('replays the same history from the same seed, in another process', async function () {
    this.timeout(TIMEOUT_MS);
    const again = await runSeeds(REPLAYED);
    for (const { seed, digest } of again.results) {
      assert.equal(digest, done.results[seed - FIXED_SEEDS.from]?.digest, `seed ${seed}`);
    }
  });

  it('tells another history from each seed', () => {
    assert.equal(new Set(done.results.map(({ digest }) => digest)).size, FIXED_SEEDS.count);
  });

  for (const name of Object.keys(FAULTS) as FaultName[]) {
    it(`makes it happen: ${name}`, () => {
      const happened = done.faults[name] + ofLiars.faults[name];
      assert.ok(happened > 0, `${name} never happened`);
    });
  }
});
