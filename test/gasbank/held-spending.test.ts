import assert from 'node:assert/strict';
import { createHeldWork } from '../../src/gasbank/held-spending.js';

const HOUR_MS = 3_600_000;

describe('work that the gas bank holds', () => {
  it('is told until it is tried and not held again, the last of each cause', () => {
    const held = createHeldWork();
    held.note({ cause: 'floor', reason: 'first', untilMs: 5_000 });
    held.note({ cause: 'floor', reason: 'second', untilMs: 6_000 });
    held.note({ cause: 'loss', reason: 'third', untilMs: 1_000 });
    const causesAt = (nowMs: number) => held.list(nowMs).map(({ reason }) => reason);
    assert.deepEqual(causesAt(3_000), ['second', 'third']);
    assert.deepEqual(causesAt(3_001), ['second']);
    assert.deepEqual(causesAt(8_001), []);
  });

  it('is told no longer once the clock that held it was put back', () => {
    const held = createHeldWork();
    held.note({ cause: 'budget', reason: 'ahead', untilMs: 10 * HOUR_MS });
    assert.equal(held.list(8 * HOUR_MS).length, 1);
    assert.equal(held.list(8 * HOUR_MS - 1).length, 0);
  });
});
