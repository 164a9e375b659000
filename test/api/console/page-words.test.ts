import assert from 'node:assert/strict';
import {
  agoText,
  distanceText,
  durationText,
  gasText,
  grouped,
  hoursText,
  shortHash,
  sumOf,
} from '../../../src/api/console/page/figures.js';
import { FRESHNESS, neededBy } from '../../../src/api/console/page/resources.js';
import { codeIn, hashOf, readRoute } from '../../../src/api/console/page/route.js';
import { countIn, stageOf } from '../../../src/api/console/page/stages.js';
import { loadConfig } from '../../../src/config/load-config.js';
import { REQUEST_STATES } from '../../../src/requests/request-machine.js';

describe('figures of the console', () => {
  it('are amounts of GAS with all eight decimals, whatever their size and sign', () => {
    assert.equal(gasText('0'), '0.00000000 GAS');
    assert.equal(gasText('1'), '0.00000001 GAS');
    assert.equal(gasText('-5297095'), '−0.05297095 GAS');
    assert.equal(gasText('9223372036854775807'), '92,233,720,368.54775807 GAS');
    assert.equal(sumOf('9007199254740993', null, '1'), '9007199254740994');
  });

  it('are in groups of three', () => {
    assert.equal(grouped(0), '0');
    assert.equal(grouped(999), '999');
    assert.equal(grouped(1_234_567), '1,234,567');
  });

  it('are time spans of two units at most', () => {
    assert.equal(durationText(999), '999 ms');
    assert.equal(durationText(59_999), '59 s');
    assert.equal(durationText(60_000), '1 min');
    assert.equal(durationText(192_000), '3 min 12 s');
    assert.equal(durationText(3_600_000 * 3 + 60_000 * 5), '3 h 5 min');
    assert.equal(durationText(86_400_000 * 2 + 3_600_000), '2 d 1 h');
    assert.equal(durationText(-5), '0 ms');
    assert.equal(
      agoText('2026-01-01T00:00:10.000Z', Date.parse('2026-01-01T00:00:10.500Z')),
      'now',
    );
    assert.equal(
      agoText('2026-01-01T00:00:00.000Z', Date.parse('2026-01-01T00:01:05Z')),
      '1 min 5 s ago',
    );
    assert.equal(hoursText(47.9), '47 h');
    assert.equal(hoursText(24 * 12), '12 days');
    assert.equal(hoursText(24 * 365 * 3), '3 years');
  });

  it('tell how far a price is from another, in basis points, then in percent', () => {
    assert.equal(distanceText('4.81', '4.8105'), '−1.03 bp');
    assert.equal(distanceText('4.8105', '4.8105'), '+0.00 bp');
    assert.equal(distanceText('48.1', '4.8105'), '+899.9 %');
    // Beyond what a float holds: 1 in 10^18.
    assert.equal(distanceText('1.000000000000000001', '1'), '+0.00 bp');
  });

  it('shorten a hash in its middle, and nothing that is no longer than that', () => {
    assert.equal(shortHash(`0x${'ab'.repeat(20)}`), '0xababab…ababab');
    assert.equal(shortHash('price:GAS/USD'), 'price:GAS/USD');
  });
});

describe('the stages of the console', () => {
  const fresh = { state: 'received' as const, createdBlock: 7, attempts: 0 };

  it('are those of the pipeline: intake only in the block that was taken in last', () => {
    assert.equal(stageOf(fresh, 7), 'intake');
    assert.equal(stageOf(fresh, 8), 'resolve');
    assert.equal(stageOf({ ...fresh, attempts: 1 }, 7), 'resolve');
    const stages = REQUEST_STATES.map((state) => stageOf({ ...fresh, state }, 8));
    assert.deepEqual(stages, [
      'resolve',
      'respond',
      'confirm',
      'refund',
      'refund',
      'refund',
      'done',
      'done',
    ]);
  });

  it('count every request of the queue once', () => {
    const queue = Object.fromEntries(REQUEST_STATES.map((state, place) => [state, 10 ** place]));
    const all = (['resolve', 'respond', 'confirm', 'refund', 'done'] as const).map((stage) =>
      countIn(stage, queue),
    );
    assert.deepEqual(all, [1, 10, 100, 111_000, 11_000_000]);
    assert.equal(countIn('resolve', {}), 0);
  });
});

describe('addresses of the console', () => {
  it('lead to a view and back, and what is not known to the overview', () => {
    const known = ['#/', '#/requests', '#/requests/stuck', '#/requests/12', '#/prices', '#/alerts'];
    for (const hash of known) assert.equal(hashOf(readRoute(hash)), hash);
    for (const hash of ['', '#', '#/nothing', '#/overview', '#view']) {
      assert.deepEqual(readRoute(hash), { view: 'overview' });
    }
    assert.deepEqual(readRoute('#/requests/12x'), { view: 'requests', show: 'all' });
    assert.deepEqual(readRoute(`#/requests/${'1'.repeat(20)}`), { view: 'requests', show: 'all' });
  });

  it('hold the code of a link, and nothing that looks otherwise', () => {
    assert.equal(codeIn('#code=Ab_-9'), 'Ab_-9');
    assert.equal(codeIn('#code='), null);
    assert.equal(codeIn('#code=a b'), null);
    assert.equal(codeIn(`#code=${'a'.repeat(201)}`), null);
  });
});

describe('the questions of the console', () => {
  it('stay below half of what one address may ask in a minute, on the busiest chain', () => {
    const { perAddress } = loadConfig('node.config.example.yaml').api.limits;
    const views = ['#/', '#/requests', '#/requests/1', '#/gasbank', '#/prices', '#/upkeeps'];
    const perMinute = views.map((hash) => {
      const gaps = neededBy(readRoute(hash)).map((name) => FRESHNESS[name].gapMs);
      return gaps.reduce((sum, gapMs) => sum + 60_000 / gapMs, 0);
    });
    const most = Math.max(...perMinute);
    assert.ok(most <= perAddress / 2, `${most} of ${perAddress} in a minute`);
  });
});
