import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { startWorker } from '../../src/base/start-worker.js';
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

  it('finds the stack as it was, below whatever a call has reserved and left untouched', async () => {
    const reserved = [
      '1,'.repeat(9_000),
      '1,'.repeat(20_000),
      `${'x('.repeat(400)}1${')'.repeat(400)},`,
    ];
    for (const never of reserved) {
      const deep = `export default (args, ctx) => {
        const x = ctx.log;
        if (globalThis.never) ctx.log(${never}1);
        return JSON.stringify([1.5, 'x', String(2n ** 64n)]);
      }`;
      for (let time = 0; time < 3; time++) {
        const { pristine } = await compare(deep, 'export default () => 1');
        assert.deepEqual(pristine, [true, true], `${never.slice(0, 20)} of ${never.length}`);
      }
    }
  });

  it('would show a trace if there were one', async () => {
    const one = await compare('export default () => 1', 'export default () => [1, 2]');
    const other = await compare('export default () => 1', 'export default () => [1, 3]');
    assert.notEqual(one.after.memory, other.after.memory);
  });
});
