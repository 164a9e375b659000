import assert from 'node:assert/strict';
import { runSteady } from '../../scripts/bench/run-steady.js';

const EXECUTIONS = 10_000;
const LIMIT_MS = 120_000;

describe('10,000 executions', () => {
  it('leave memory as it was, no thread lost, and nothing open', async () => {
    const { secondQuarterMb, lastQuarterMb, lostThreads, left } = await runSteady(EXECUTIONS);
    const shown = `${secondQuarterMb} MiB, later ${lastQuarterMb} MiB`;
    assert.ok(lastQuarterMb <= secondQuarterMb * 1.05, shown);
    assert.equal(lostThreads, 0);
    assert.deepEqual(left, []);
  }).timeout(LIMIT_MS);
});
