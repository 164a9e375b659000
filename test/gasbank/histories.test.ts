import fc from 'fast-check';
import { anyHistory } from './histories/any-history.js';
import { play } from './histories/history.js';

/** More by DODONA_HISTORIES=20000. */
const RUNS = Number(process.env.DODONA_HISTORIES ?? 2_000);
const SEED = process.env.DODONA_HISTORIES_SEED;
const LONGEST = 90;

describe('the books, in any history', function () {
  this.timeout(600_000);

  it('say what the chain and a small model say, after each step', async () => {
    await fc.assert(fc.asyncProperty(anyHistory(LONGEST), play), {
      numRuns: RUNS,
      ...(SEED === undefined ? {} : { seed: Number(SEED), endOnFailure: true }),
      includeErrorInReport: true,
    });
  });
});
