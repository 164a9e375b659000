import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type AgreedPrice, aggregate } from '../../src/prices/aggregate.js';
import { formatChainPrice, formatDecimal } from '../../src/prices/decimal.js';
import { medianOf } from '../../src/prices/median.js';
import type { JudgedSource } from '../../src/prices/quote.js';
import { fresh, NOW_MS, price } from './feeds-by-hand.js';

const RULES = { quorum: 3, agreementBps: 100 };

const run = (values: Readonly<Record<string, string>>, rules = RULES) =>
  aggregate(fresh(values), rules);

function agreed(values: Readonly<Record<string, string>>, rules = RULES): AgreedPrice {
  const { result } = run(values, rules);
  if (result.kind !== 'agreed') assert.fail(`nothing agreed: ${result.why}`);
  return result;
}

const why = (values: Readonly<Record<string, string>>, rules = RULES): string => {
  const { result } = run(values, rules);
  return result.kind === 'none' ? result.why : assert.fail('it agreed');
};

const outliers = (values: Readonly<Record<string, string>>): string[] =>
  run(values).groups.flatMap(({ group, isOutlier }) => (isOutlier ? [group] : []));

describe('the price that sources agree on', () => {
  it('is the plain median of an odd number of groups', () => {
    const { price: published } = agreed({ a: '3.01', b: '3', c: '3.02' });
    assert.equal(formatChainPrice(published), '3.01');
  });

  it('is the floor of the mean of the middle two of an even number', () => {
    const { value, price: published } = agreed({
      a: '3.000000000000000001',
      b: '3.000000000000000004',
      c: '2.99',
      d: '3.01',
    });
    assert.equal(formatDecimal(value), '3.000000000000000002');
    assert.equal(formatChainPrice(published), '3');
  });

  it('takes two sources of one venue as one opinion, their median', () => {
    const groups = { 'a.1': '3', 'a.2': '3.02', 'a.3': '9', b: '3.01', c: '3.03' };
    assert.equal(formatChainPrice(agreed(groups).price), '3.02');
    const { groups: opinions } = run({ 'a.1': '3', 'a.2': '3.01', b: '3', c: '3' });
    assert.equal(formatDecimal(opinions[0]?.value ?? 0n), '3.005');
  });

  it('rejects beyond 3.5 times 10 bp of the median where the others are of one mind', () => {
    // 35 bp of 100 are 0.35: exactly there it stays, a step beyond it goes.
    assert.deepEqual(outliers({ a: '100', b: '100', c: '100', d: '100.35' }), []);
    assert.deepEqual(outliers({ a: '100', b: '100', c: '100', d: '100.350000000000000001' }), [
      'd',
    ]);
    assert.deepEqual(outliers({ a: '100', b: '100', c: '100', d: '99.65' }), []);
    assert.deepEqual(outliers({ a: '100', b: '100', c: '100', d: '99.649999999999999999' }), ['d']);
  });

  it('rejects beyond 3.5 * 1.4826 MAD where they differ more', () => {
    // Median 100, distances 0, 0.2, 0.2, 0.5, x: MAD 0.2, the cut 3.5 * 1.4826 * 0.2 = 1.03782.
    const others = { a: '100', b: '100.2', c: '99.8', d: '99.5' };
    assert.deepEqual(outliers({ ...others, e: '101.03782' }), []);
    assert.deepEqual(outliers({ ...others, e: '101.03782000000001' }), ['e']);
  });

  it('needs the quorum of groups, not of sources', () => {
    const two = { 'a.1': '3', 'a.2': '3', 'a.3': '3', b: '3' };
    assert.equal(why(two), '2 groups are left, the quorum is 3');
    assert.equal(agreed(two, { ...RULES, quorum: 2 }).price, 300_000_000n);
    assert.equal(why({}), '0 groups are left, the quorum is 3');
  });

  it('tells of the outliers that the quorum lacks', () => {
    const values = { a: '100', b: '100', c: '100', d: '200', e: '200' };
    assert.match(
      why(values, { ...RULES, quorum: 4 }),
      /^3 groups are left \(2 more are outliers\), the quorum is 4$/,
    );
  });

  it('publishes nothing where two clusters have a middle that nobody quoted', () => {
    const clusters = { a: '100', b: '100', c: '100', d: '104', e: '104', f: '104' };
    assert.match(why(clusters), /^0 of 6 fresh groups lie within 100 bp of their median, 4 are/);
  });

  it('needs more than half of the fresh groups near it, outliers counted as fresh', () => {
    const half = { a: '100', b: '100.1', c: '100.2', d: '150', e: '160', f: '170' };
    assert.match(why(half), /of 6 fresh groups lie within 100 bp of their median, 4 are needed/);
    assert.equal(agreed({ ...half, g: '100' }).price > 0n, true);
  });

  it('is not that of exactly half of the fresh groups, though they are the quorum', () => {
    const half = { a: '100', b: '100', c: '100', d: '97', e: '103', f: '104' };
    assert.match(why(half), /^3 of 6 fresh groups lie within 100 bp of their median, 4 are needed/);
    assert.equal(formatChainPrice(agreed({ ...half, g: '100.5' }).price), '100');
  });

  it('lets an operator say how near is near', () => {
    const spread = { a: '100', b: '101.5', c: '103' };
    assert.match(why(spread), /1 of 3 fresh groups lie within 100 bp/);
    assert.equal(formatChainPrice(agreed(spread, { ...RULES, agreementBps: 150 }).price), '101.5');
  });

  it('leaves out what is not fresh, and marks the sources of outlying groups', () => {
    const sources = fresh({ a: '100', b: '100', c: '100', 'd.1': '200', 'd.2': '200' });
    const stale: JudgedSource = {
      source: 'e',
      group: 'e',
      verdict: 'stale',
      value: price('500'),
      timestampMs: 1,
      why: 'old',
    };
    const { sources: judged, groups } = aggregate([...sources, stale], RULES);
    assert.deepEqual(
      judged.map(({ source, verdict }) => [source, verdict]),
      [
        ['a', 'kept'],
        ['b', 'kept'],
        ['c', 'kept'],
        ['d.1', 'outlier'],
        ['d.2', 'outlier'],
        ['e', 'stale'],
      ],
    );
    assert.equal(groups.length, 4);
    assert.match(judged[3]?.why ?? '', /its group is 10000 bp from the median of all, at most 35 /);
  });

  it('has the median time of those that are left, so that one alone cannot move it', () => {
    const sources = fresh({ a: '100', b: '100', c: '100', d: '100', e: '200' });
    const { result } = aggregate(sources, RULES);
    // a..d are 0, 1, 2 and 3 s old: between the middle two.
    assert.equal(result.kind === 'agreed' && result.timestampMs, NOW_MS - 1_500);
  });

  it('tells how far apart the sources are, rounded up', () => {
    assert.equal(agreed({ a: '100', b: '100', c: '100' }).confidenceBps, 0);
    // MAD 0.1 of 100 is 10 bp, times 1.4826.
    assert.equal(agreed({ a: '99.9', b: '100', c: '100.1' }).confidenceBps, 15);
  });

  it('has no price for what is less than the last digit on the chain', () => {
    const dust = '0.000000009';
    assert.equal(why({ a: dust, b: dust, c: dust }), 'the price is less than 0.00000001');
  });

  it('does not depend on the order of sources', () => {
    const values = fc.array(fc.integer({ min: 9_000, max: 11_000 }), {
      minLength: 3,
      maxLength: 15,
    });
    fc.assert(
      fc.property(values, fc.nat(), (numbers, turn) => {
        const named = numbers.map((n, at) => [`s${at}`, String(n)] as const);
        const at = turn % named.length;
        const turned = [...named.slice(at), ...named.slice(0, at)];
        const plain = run(Object.fromEntries(named)).result;
        const other = run(Object.fromEntries(turned)).result;
        assert.equal(plain.kind, other.kind);
        if (plain.kind !== 'agreed' || other.kind !== 'agreed') return;
        assert.equal(plain.value, other.value);
        assert.equal(plain.confidenceBps, other.confidenceBps);
      }),
    );
  });

  it('lies among the honest, whatever a minority says', () => {
    const honest = fc.array(fc.bigInt(10_000_000n, 10_035_000n), { minLength: 3, maxLength: 8 });
    const corrupt = fc.array(fc.bigInt(1n, 10n ** 12n), { minLength: 0, maxLength: 7 });
    fc.assert(
      fc.property(honest, corrupt, (good, bad) => {
        const evil = bad.slice(0, good.length - 1);
        const sources = [...good, ...evil].map(
          (value, at): JudgedSource => ({
            source: `s${at}`,
            group: `s${at}`,
            verdict: 'kept',
            value: value * 10n ** 12n,
            timestampMs: NOW_MS,
            why: null,
          }),
        );
        const { result } = aggregate(sources, RULES);
        if (result.kind !== 'agreed') assert.fail(result.why);
        const zeros = evil.map(() => 0n);
        const heights = evil.map(() => 10n ** 40n);
        const plain = good.map((value) => value * 10n ** 12n);
        assert.ok(result.value >= medianOf([...plain, ...zeros]));
        assert.ok(result.value <= medianOf([...plain, ...heights]));
      }),
      { numRuns: 500 },
    );
  });
});
