import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { startWorker } from '../../src/sandbox/start-worker.js';
import type { Compared } from './differential-worker.js';
import { programs } from './programs.js';

/** Each makes a fresh instance, which is what takes the time. */
const PAIRS = 30;

describe('an execution after another one', () => {
  let worker: Worker;
  before(async () => {
    worker = startWorker(new URL('./differential-worker.ts', import.meta.url), {
      resourceLimits: { stackSizeMb: 32 },
    });
    await once(worker, 'message');
  });
  after(() => worker.terminate());

  const compare = async (first: string, second: string): Promise<Compared> => {
    const answer = once(worker, 'message');
    worker.postMessage([first, second]);
    return (await answer)[0] as Compared;
  };

  it('does what it would alone in a fresh instance, to the last byte of memory', async () => {
    const ends = new Set<string>();
    await fc.assert(
      fc.asyncProperty(programs, programs, async (first, second) => {
        const { after, alone, pristine } = await compare(first, second);
        assert.deepEqual(after, alone);
        assert.deepEqual(pristine, [true, true]);
        const last = after.said.at(-1) as { end?: { kind: string } };
        ends.add(last.end?.kind ?? '');
      }),
      { numRuns: PAIRS },
    );
    assert.ok(ends.size >= 3, `the programs ended in too few ways: ${[...ends].join()}`);
  });

  it('would show a trace if there were one', async () => {
    const one = await compare('export default () => 1', 'export default () => [1, 2]');
    const other = await compare('export default () => 1', 'export default () => [1, 3]');
    assert.notEqual(one.after.memory, other.after.memory);
  });
});
