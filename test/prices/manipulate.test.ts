import assert from 'node:assert/strict';
import fc from 'fast-check';
import { aggregate } from '../../src/prices/aggregate.js';
import { findManipulations } from '../../src/prices/manipulate.js';
import type { JudgedSource } from '../../src/prices/quote.js';
import { fresh, NOW_MS } from './feeds-by-hand.js';

const RULES = { quorum: 3, agreementBps: 100 };

describe('how far corrupt sources can move a price', () => {
  it('is as far as the honest differ, while they are the more', () => {
    const seven = { a: '99.97', b: '99.98', c: '99.99', d: '100', e: '100.01', f: '100.02' };
    const found = findManipulations(fresh({ ...seven, g: '100.03' }), RULES);
    assert.deepEqual(
      found.map(({ corrupt, bps, isFree }) => [corrupt, Number(bps), isFree]),
      [
        [1, 1, false],
        [2, 2, false],
        [3, 3, false],
        [4, 90_000, true],
        [5, 90_000, true],
        [6, 90_000, true],
        [7, 90_000, true],
      ],
    );
    assert.ok(found.slice(0, 3).every(({ canSilence }) => !canSilence));
  });

  it('counts sources of one venue as one opinion, and one of two as all of it', () => {
    const groups = { 'a.1': '100', 'a.2': '100', b: '100', c: '100', 'd.1': '100', 'd.2': '100' };
    const [one, two, three] = findManipulations(fresh(groups), RULES);
    assert.deepEqual([one?.isFree, two?.isFree, three?.isFree], [false, false, true]);
  });

  it('is nothing that the price would not really do', () => {
    const values = fc.array(fc.integer({ min: 99_850, max: 100_150 }), {
      minLength: 3,
      maxLength: 9,
    });
    fc.assert(
      fc.property(values, (numbers) => {
        const sources = numbers.map(
          (value, at): JudgedSource => ({
            source: `s${at}`,
            group: `s${at}`,
            verdict: 'kept',
            value: BigInt(value) * 10n ** 13n,
            timestampMs: NOW_MS,
            why: null,
          }),
        );
        const { result } = aggregate(sources, RULES);
        const truth = result.kind === 'agreed' ? result.value : 0n;
        for (const { corrupt, lowest, highest } of findManipulations(sources, RULES)) {
          assert.ok((lowest ?? truth) <= truth && truth <= (highest ?? truth));
          if (corrupt * 2 >= numbers.length) continue;
          // A minority never gets beyond the honest, who lie within 30 bp of one another.
          const [low, high] = [9_985n * 10n ** 14n, 10_015n * 10n ** 14n];
          assert.ok((lowest ?? truth) >= low && (highest ?? truth) <= high, `${corrupt}`);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('is not told where there is no price', () => {
    assert.deepEqual(findManipulations(fresh({ a: '1', b: '1' }), RULES), []);
  });
});
