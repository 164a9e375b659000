import assert from 'node:assert/strict';
import { nextStepOf } from '../../src/automation/next-run.js';
import { hash256 } from '../../src/base/hash.js';

const TX = hash256(`0x${'11'.repeat(32)}`);
const NOON_MS = Date.UTC(2026, 0, 31, 12);

describe('what comes next of an upkeep', () => {
  type Row = Parameters<typeof nextStepOf>[0];
  const waiting: Row = {
    ...{ id: 7n, state: 'waiting', kind: 'every', tx: null, nextDue: null },
    ...{ retryMs: 0, failures: 0 },
  };
  const told = (row: Partial<Row>) => nextStepOf({ ...waiting, ...row });

  it('is told by its trigger while it waits', () => {
    assert.equal(told({ kind: 'cron', nextDue: NOON_MS }), 'it is due at 2026-01-31 12:00 UTC');
    assert.equal(told({ kind: 'every', nextDue: 80 }), 'it is due with block 80');
    assert.equal(told({ kind: 'cron' }), 'it is never due again');
    assert.equal(told({ kind: 'when' }), 'its condition is asked after each block');
    assert.equal(told({ kind: 'on' }), 'it is due behind the next block with its event');
    assert.equal(told({ kind: 'on', nextDue: 80 }), 'it is due since block 80');
  });

  it('is when it is tried again, where it failed', () => {
    assert.equal(
      told({ failures: 1, retryMs: NOON_MS, nextDue: 80 }),
      'the node tries again from 2026-01-31T12:00:00.000Z on; it is due with block 80',
    );
  });

  it('is what somebody has to do where the node can do nothing', () => {
    assert.match(told({ state: 'sent', tx: TX }), /^transaction 0x1111.* goes into a block/);
    assert.match(told({ state: 'unfunded' }), /calls fundUpkeep\(7\)/);
    assert.match(told({ state: 'paused' }), /^dodona upkeeps resume 7, or/);
    assert.match(told({ state: 'unreadable' }), /registers another$/);
    assert.equal(told({ state: 'cancelled' }), 'nothing: it is gone');
  });
});
