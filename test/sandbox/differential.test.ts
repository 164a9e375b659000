import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { startWorker } from '../../src/base/start-worker.js';
import type { ExecutionEnd } from '../../src/sandbox/execution.js';
import type { FromThread } from '../../src/sandbox/thread-messages.js';
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
        const { after, alone, moved, pristine } = await compare(first, second);
        assert.deepEqual(after, alone);
        assert.deepEqual(moved, alone);
        assert.deepEqual(pristine, [true, true, true]);
        const last = after.said.at(-1) as { end?: { kind: string } };
        ends.add(last.end?.kind ?? '');
      }),
      { numRuns: PAIRS },
    );
    assert.ok(ends.size >= 3, `the programs ended in too few ways: ${[...ends].join()}`);
  });

  it('does it wherever it goes on when it was parked, to the last byte of memory too', async () => {
    const waits = (body: string) => `export default async (args, ctx) => {
      const seen = [];
      const get = async (n) => seen.push(await (await ctx.fetch('https://a.example/' + n)).text());
      ${body}
      return seen;
    }`;
    const bodies = [
      'await get(1); await Promise.all([get(2), get(3)]); seen.push(Math.random());',
      'const all = new Uint8Array(4e6).fill(7); await get(1); seen.push(all.length, all[3e6]);',
      'const m = new Map([[seen, 1]]); await get(1); await get(2); seen.push(m.get(seen));',
      'ctx.log("a"); await get(1); const f = (n) => (n ? f(n - 1) + 1 : 0); seen.push(f(900));',
      'for (let at = 0; at < 3; at++) { await get(at); new Uint8Array(2e6).fill(at); }',
      'seen.push(await ctx.secrets.get("s")); await get(1); throw new Error(seen.join());',
      'await get(1); const big = []; for (;;) big.push(new Uint8Array(65536));',
    ];
    for (const body of bodies) {
      const { alone, moved, pristine } = await compare('export default () => 1', waits(body));
      assert.ok(alone.said.some((message) => (message as FromThread).kind === 'waiting'));
      assert.deepEqual(moved, alone, body);
      assert.deepEqual(pristine, [true, true, true]);
    }
  });

  it('does not take over that room was refused before', async () => {
    const refused = 'export default () => { try { new Uint8Array(40e6); } catch {} return 1; }';
    const { after, alone } = await compare(refused, 'export default () => new Promise(() => {})');
    assert.equal((alone.said.at(-1) as { end: ExecutionEnd }).end.kind, 'neverSettles');
    assert.deepEqual(after, alone);
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
        assert.deepEqual(pristine, [true, true, true], `${never.slice(0, 20)} of ${never.length}`);
      }
    }
  });

  it('would show a trace if there were one', async () => {
    const one = await compare('export default () => 1', 'export default () => [1, 2]');
    const other = await compare('export default () => 1', 'export default () => [1, 3]');
    assert.notEqual(one.after.memory, other.after.memory);
  });
});
