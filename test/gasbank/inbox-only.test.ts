import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describeInboxOnly, inboxOnlyUntil } from '../../src/gasbank/inbox-only.js';

const RULE = { faults: 3, durationMs: 1_000 };

describe('an inbox only', () => {
  const until = (faultsMs: readonly number[], nowMs: number) =>
    inboxOnlyUntil(faultsMs, RULE, nowMs)?.untilMs ?? null;

  it('begins with so many faults within the time, and lasts as long after the last one', () => {
    assert.equal(until([100, 200], 300), null);
    assert.equal(until([100, 200, 300], 300), 1_300);
    assert.equal(until([100, 200, 300], 1_299), 1_300, 'though the first is long past');
    assert.equal(until([100, 200, 300], 1_300), null);
    assert.equal(until([100, 600, 1_100], 1_100), null, 'too far from one another');
    assert.equal(until([100, 600, 1_099], 1_100), 2_099);
  });

  it('lasts longer with each further fault, and never begins where the rule is off', () => {
    assert.equal(until([100, 200, 300, 900], 1_000), 1_900);
    assert.equal(inboxOnlyUntil([1, 1, 1], { faults: 0, durationMs: 1_000 }, 1), null);
  });

  it('is not begun by faults that a clock which was ahead noted', () => {
    assert.equal(until([100, 200, 9_000], 300), null);
    assert.equal(until([100, 200, 300, 9_000], 300), 1_300);
  });

  it('is told with its cause and its end', () => {
    assert.equal(
      describeInboxOnly(3, 0),
      "inbox only until 1970-01-01T00:00:00.000Z: the requester's callbacks brought 3 " +
        'transactions down that were clean on trial (gasbank.inboxOnly)',
    );
  });

  it('is what looking at every three in turn says', () => {
    const model = (times: readonly number[], nowMs: number): number | null => {
      const sorted = [...times].sort((a, b) => a - b);
      const ends = sorted.flatMap((last, at) => {
        const first = sorted[at - RULE.faults + 1];
        const isRun = first !== undefined && last - first < RULE.durationMs;
        return isRun && last + RULE.durationMs > nowMs ? [last + RULE.durationMs] : [];
      });
      return ends.length === 0 ? null : Math.max(...ends);
    };
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 4_000 })), fc.integer(), (times, now) => {
        const nowMs = 4_000 + (Math.abs(now) % 2_000);
        assert.equal(until(times, nowMs), model(times, nowMs));
      }),
      { numRuns: 1_000 },
    );
  });
});
