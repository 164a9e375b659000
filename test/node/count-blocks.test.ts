import assert from 'node:assert/strict';
import { countBlocks, type Seen } from '../../src/node/count-blocks.js';
import { nothingYet } from '../../src/pipeline/intake.js';
import { createMetrics } from '../../src/telemetry/metrics.js';

describe('what is counted of blocks', () => {
  const counted = async (seen: Seen) => {
    const metrics = createMetrics({ version: '1', process: false });
    const expired = [{ id: 7n, kind: 'random' }];
    const result = { ...nothingYet(), expired, foreign: ['fees' as const] };
    countBlocks(metrics, result, { height: 5, processed: 5 }, seen);
    const samples = [
      ...(await metrics.samples('dodona_unanswered_total')),
      ...(await metrics.samples('dodona_foreign_transactions_total')),
    ];
    return samples.filter(({ value }) => value > 0).map(({ labels }) => Object.values(labels)[0]);
  };

  it('are requests without an answer, and transactions that the database did not send', async () => {
    assert.deepEqual(await counted({ knowsOwn: true, wasInStep: true }), ['random', 'fees']);
  });

  it('are none of an old story, by which books that were made anew would raise alarms', async () => {
    assert.deepEqual(await counted({ knowsOwn: false, wasInStep: false }), []);
  });

  it('is a theft of the time in which the node was down', async () => {
    assert.deepEqual(await counted({ knowsOwn: true, wasInStep: false }), ['fees']);
  });
});
