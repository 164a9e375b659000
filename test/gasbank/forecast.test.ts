import assert from 'node:assert/strict';
import { parseGas } from '../../src/base/datoshi.js';
import {
  type ForecastInput,
  forecast,
  MIN_FORECAST_PERIOD_MS,
} from '../../src/gasbank/forecast.js';

const DAY_MS = 86_400_000;

const of = (given: Partial<ForecastInput>) =>
  forecast({
    wallet: parseGas('10'),
    earned: 0n,
    floor: 0n,
    spent: parseGas('1'),
    result: 0n,
    periodMs: DAY_MS,
    ...given,
  });

describe('the forecast', () => {
  it('says how long the wallet lasts at the burn of the period', () => {
    assert.equal(of({})?.hoursLeft, 240);
    assert.equal(of({ periodMs: 7 * DAY_MS })?.hoursLeft, 1_680);
    assert.equal(of({ spent: parseGas('3') })?.hoursLeft, 80);
    assert.equal(of({ spent: parseGas('7') })?.hoursLeft, 34, 'rounded down');
  });

  it('leaves the floor alone', () => {
    assert.equal(of({ floor: parseGas('5') })?.hoursLeft, 120);
    assert.equal(of({ floor: parseGas('10') })?.hoursLeft, 0);
    assert.equal(of({ wallet: -1n })?.hoursLeft, 0);
  });

  it('counts the earnings, and only what was not charged, where they are collected', () => {
    const lossy = of({ earned: parseGas('2'), result: -parseGas('0.5') });
    assert.equal(lossy?.hoursLeft, 240);
    assert.equal(lossy?.hoursLeftCollecting, 576);
    assert.equal(of({ result: 0n })?.hoursLeftCollecting, null, 'all was charged');
    assert.equal(of({ result: 1n })?.hoursLeftCollecting, null, 'a profit');
  });

  it('lasts for ever where nothing is spent', () => {
    const idle = of({ spent: 0n });
    assert.deepEqual([idle?.hoursLeft, idle?.hoursLeftCollecting], [null, null]);
  });

  it('tells amounts by the day, without a float in between', () => {
    const told = of({ spent: 12_345_678_901n, result: -3n, periodMs: 2 * DAY_MS });
    assert.equal(told?.spentPerDayDatoshi, 6_172_839_450n);
    assert.equal(told?.resultPerDayDatoshi, -1n);
    const large = of({ wallet: 1n << 62n, spent: (1n << 61n) + 1n });
    assert.equal(large?.hoursLeft, 47);
  });

  it('is not made of less than an hour', () => {
    assert.equal(of({ periodMs: MIN_FORECAST_PERIOD_MS - 1 }), null);
    assert.notEqual(of({ periodMs: MIN_FORECAST_PERIOD_MS }), null);
  });
});
