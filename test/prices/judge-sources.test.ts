import assert from 'node:assert/strict';
import { type HeardSource, judgeSources } from '../../src/prices/judge-sources.js';
import type { ConversionRate } from '../../src/prices/quote.js';
import { NOW_MS, price } from './feeds-by-hand.js';

const STALENESS_MS = 60_000;

const said = (value: string, ageMs: number, conversion: string | null = null): HeardSource => ({
  source: 's',
  group: 'g',
  conversion,
  heard: { value: price(value), timestampMs: NOW_MS - ageMs },
});

const judge = (source: HeardSource, rate: ConversionRate | null = null) =>
  judgeSources([source], () => rate, STALENESS_MS, NOW_MS)[0] ?? assert.fail();

describe("a source's word", () => {
  it('counts while it is no older than the staleness', () => {
    assert.equal(judge(said('3', STALENESS_MS)).verdict, 'kept');
    const old = judge(said('3', STALENESS_MS + 1));
    assert.equal(old.verdict, 'stale');
    assert.equal(old.why, 'it is 1 min old: older than staleness (1 min)');
    assert.equal(old.value, price('3'));
  });

  it('may be a little ahead of the clock, and no more', () => {
    assert.equal(judge(said('3', -30_000)).verdict, 'kept');
    const ahead = judge(said('3', -30_001));
    assert.equal(ahead.verdict, 'future');
    assert.match(ahead.why ?? '', /30 s ahead: by more than 30 s/);
  });

  it('is converted by the feed of its currency, rounded down, and as old as the older', () => {
    const rate = { value: price('0.97'), timestampMs: NOW_MS - 20_000 };
    const judged = judge(said('3', 5_000, 'USDT/USD'), rate);
    assert.equal(judged.value, price('2.91'));
    assert.equal(judged.timestampMs, NOW_MS - 20_000);
    const tiny = judge(said('0.000000000000000001', 0, 'USDT/USD'), rate);
    assert.equal(tiny.verdict, 'failed');
  });

  it('is stale where the rate is', () => {
    const rate = { value: price('1'), timestampMs: NOW_MS - STALENESS_MS - 1 };
    assert.equal(judge(said('3', 0, 'USDT/USD'), rate).verdict, 'stale');
  });

  it('never counts as dollars where a stablecoin has no price', () => {
    const judged = judge(said('3', 0, 'USDT/USD'));
    assert.equal(judged.verdict, 'unconverted');
    assert.equal(judged.value, null);
    assert.match(judged.why ?? '', /no fresh price of USDT\/USD/);
  });

  it('is nothing where it could not be had', () => {
    const heard = { failure: 'it answered with status 503' };
    const judged = judge({ source: 's', group: 'g', conversion: null, heard });
    assert.deepEqual([judged.verdict, judged.why], ['failed', 'it answered with status 503']);
  });
});
