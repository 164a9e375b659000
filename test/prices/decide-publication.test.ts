import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  decidePublication,
  type FeedMemory,
  NO_MEMORY,
  publishesAt,
} from '../../src/prices/decide-publication.js';
import { formatDecimal, parseDecimal } from '../../src/prices/decimal.js';
import { NOW_MS, price } from './feeds-by-hand.js';

const RULES = {
  deviationBps: 50,
  heartbeatMs: 3_600_000,
  breakerBps: 1_000,
  pollIntervalMs: 30_000,
};
const LAST = { price: 10_000_000_000n, timestampMs: NOW_MS - 60_000 };

/** Polls one after the other, an interval apart; the chain stays as it is. */
function polls(values: readonly string[], gapsMs: readonly number[] = []) {
  let memory: FeedMemory = NO_MEMORY;
  let nowMs = NOW_MS;
  return values.map((text, at) => {
    nowMs += gapsMs[at] ?? RULES.pollIntervalMs;
    const agreed = { value: price(text), timestampMs: nowMs };
    const decided = decidePublication(agreed, LAST, memory, RULES, nowMs);
    memory = decided.memory;
    return `${decided.decision.kind}: ${decided.decision.reason}`;
  });
}

describe('when a price is published', () => {
  it('is at once where nothing has been published', () => {
    const agreed = { value: price('100'), timestampMs: NOW_MS };
    const { decision } = decidePublication(agreed, null, NO_MEMORY, RULES, NOW_MS);
    assert.deepEqual([decision.kind, decision.reason], ['publish', 'first']);
  });

  const table: readonly (readonly [string, readonly string[], readonly string[]])[] = [
    ['quiet below the deviation', ['100.4999', '99.5001'], ['wait: quiet', 'wait: quiet']],
    ['a deviation on two polls', ['100.5', '100.5'], ['wait: second poll', 'publish: deviation']],
    ['downwards too', ['99.5', '99.4'], ['wait: second poll', 'publish: deviation']],
    [
      'not where it came back in between',
      ['100.5', '100.1', '100.6'],
      ['wait: second poll', 'wait: quiet', 'wait: second poll'],
    ],
    ['twice the deviation at once', ['101'], ['publish: deviation']],
    ['a hair less than twice waits', ['100.999999'], ['wait: second poll']],
    ['the very step of the breaker', ['110'], ['publish: deviation']],
    [
      'a jump only once it is confirmed',
      ['110.0001', '110.2'],
      ['wait: breaker', 'publish: confirmed jump'],
    ],
    [
      'not where the second is elsewhere, and then from there on',
      ['120', '130', '130.5'],
      ['wait: breaker', 'wait: breaker', 'publish: confirmed jump'],
    ],
    [
      'not across a poll without the jump',
      ['120', '100', '120'],
      ['wait: breaker', 'wait: quiet', 'wait: breaker'],
    ],
    ['a crash down too', ['50', '50'], ['wait: breaker', 'publish: confirmed jump']],
  ];
  for (const [what, values, expected] of table) {
    it(`is: ${what}`, () => assert.deepEqual(polls(values), expected));
  }

  it('confirms a jump no sooner than one interval later', () => {
    assert.deepEqual(polls(['120', '120', '120'], [0, 29_999, 1]), [
      'wait: breaker',
      'wait: breaker',
      'publish: confirmed jump',
    ]);
  });

  it('is on heartbeat, though nothing moved', () => {
    const nowMs = LAST.timestampMs + RULES.heartbeatMs;
    const agreed = { value: price('100'), timestampMs: nowMs };
    const at = (ms: number) => decidePublication(agreed, LAST, NO_MEMORY, RULES, ms).decision;
    assert.equal(at(nowMs).reason, 'heartbeat');
    assert.equal(at(nowMs - 1).reason, 'quiet');
  });

  it('is never with a time that is not after the last', () => {
    const agreed = { value: price('105'), timestampMs: LAST.timestampMs };
    const { decision, memory } = decidePublication(agreed, LAST, NO_MEMORY, RULES, NOW_MS);
    assert.deepEqual([decision.kind, decision.reason], ['wait', 'no newer']);
    const later = { ...agreed, timestampMs: LAST.timestampMs + 1 };
    assert.equal(decidePublication(later, LAST, memory, RULES, NOW_MS).decision.kind, 'publish');
  });

  it('stays due until it is on the chain', () => {
    assert.deepEqual(polls(['120', '120', '120.1']).slice(1), [
      'publish: confirmed jump',
      'publish: confirmed jump',
    ]);
    assert.equal(polls(['100.5', '100.5', '100.5'])[2], 'publish: deviation');
  });

  it('holds every jump over the step on its first sight', () => {
    const beyond = fc.oneof(fc.bigInt(1n, 8_999_999_999n), fc.bigInt(11_000_000_001n, 10n ** 15n));
    fc.assert(
      fc.property(beyond, (onChain) => {
        const value = parseDecimal(formatDecimal(onChain, 8)) ?? assert.fail();
        const agreed = { value, timestampMs: NOW_MS };
        const { decision } = decidePublication(agreed, LAST, NO_MEMORY, RULES, NOW_MS);
        assert.equal(decision.reason, 'breaker');
      }),
    );
  });

  it('tells at which prices it would be', () => {
    const { below, above } = publishesAt(LAST, RULES);
    assert.deepEqual([formatDecimal(below), formatDecimal(above)], ['99.5', '100.5']);
  });
});
