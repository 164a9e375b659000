import assert from 'node:assert/strict';
import { createChainTime } from '../../src/gasbank/chain-time.js';

describe("the blocks' time", () => {
  it("is the clock's before there is a block, and the latest block's from then on", () => {
    let clockMs = 5_000;
    const time = createChainTime(() => clockMs);
    assert.equal(time.nowMs(), 5_000);
    time.note(null);
    assert.equal(time.nowMs(), 5_000);
    time.note(3_000);
    clockMs = 9_000;
    assert.equal(time.nowMs(), 3_000);
    time.note(null);
    assert.equal(time.nowMs(), 3_000);
    time.note(3_100);
    assert.equal(time.nowMs(), 3_100);
  });

  it('never goes back', () => {
    const time = createChainTime(() => 1);
    time.note(3_000);
    time.note(2_000);
    assert.equal(time.nowMs(), 3_000);
  });
});
