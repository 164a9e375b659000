import assert from 'node:assert/strict';
import { createSandbox, type Sandbox } from '../../src/sandbox/sandbox.js';
import { callOf, hostOf, returned } from './function-calls.js';

const PROGRAM = `
  const words = new Map();
  export default async (args, ctx) => {
    for (let at = 0; at < 2_000; at++) {
      const word = Math.floor(Math.random() * 50).toString(36);
      words.set(word, (words.get(word) ?? 0) + Math.sin(at) * Math.random());
    }
    ctx.log(words.size, new Date());
    const answer = await ctx.fetch('https://a.example/');
    return { words: [...words], price: (await answer.json()).price, now: Date.now() };
  };`;

describe('the same inputs', () => {
  let sandboxes: Sandbox[] = [];
  before(() => {
    sandboxes = [createSandbox({ workers: 2 }), createSandbox({ workers: 1 })];
  });
  after(() => Promise.all(sandboxes.map((sandbox) => sandbox.close())));

  it('count their work to the single branch and call', async () => {
    const loop = (times: number) =>
      callOf(`export default () => { for (let at = 0; at < ${times}; at++); return 1; }`);
    const fuelOf = async (times: number): Promise<number> => {
      const [sandbox] = sandboxes;
      assert.ok(sandbox);
      return (await sandbox.run(loop(times), hostOf())).fuel;
    };
    const [one, more, many] = [await fuelOf(1_000), await fuelOf(1_001), await fuelOf(51_000)];
    const turn = more - one;
    assert.ok(turn > 0 && turn < 4, `a turn of an empty loop takes ${turn}`);
    assert.ok(one > 1_000 * turn && one < 1_100 * turn, `${one}`);
    assert.equal(many - one, 50_000 * turn);
  });

  it('give the same result, logs and fuel in every thread of every sandbox', async () => {
    const executions = await Promise.all(
      Array.from({ length: 12 }, (_, at) => {
        const [first, second] = sandboxes;
        const sandbox = at % 3 === 0 ? second : first;
        assert.ok(sandbox);
        return sandbox.run(callOf(PROGRAM, { requester: `0x${at}` }), hostOf());
      }),
    );
    const [first] = executions;
    assert.equal(first?.end.kind, 'returned');
    assert.ok(first.fuel > 0);
    for (const { end, logs, fuel } of executions) {
      assert.deepEqual({ end, logs, fuel }, { end: first.end, logs: first.logs, fuel: first.fuel });
    }
  });

  it('run out of heap at the very same place', async () => {
    const source = `export default (args, ctx) => {
      const all = [];
      try { for (;;) all.push({ at: all.length, text: 'x' + all.length }); } catch { const {
        length } = all; all.length = 0; return length; }
    }`;
    const lengths = await Promise.all(
      [0, 0, 1, 1].map(async (at) =>
        returned(await (sandboxes[at] as Sandbox).run(callOf(source), hostOf())),
      ),
    );
    assert.ok(Number(lengths[0]) > 10_000);
    assert.deepEqual(new Set(lengths).size, 1);
  });

  it('draw the same numbers, others for another seed, and evenly', async () => {
    const [sandbox] = sandboxes;
    assert.ok(sandbox);
    const draw = async (seed: string) =>
      returned(
        await sandbox.run(
          callOf('export default () => Array.from({ length: 2000 }, Math.random)', { seed }),
          hostOf(),
        ),
      ) as number[];
    const [one, again, other] = await Promise.all([draw('1'), draw('1'), draw('2')]);
    assert.deepEqual(one, again);
    assert.notDeepEqual(one, other);
    assert.equal(new Set([...(one ?? []), ...(other ?? [])]).size, 4_000);
    assert.ok(one?.every((x) => x >= 0 && x < 1));
    const mean = (one ?? []).reduce((sum, x) => sum + x, 0) / 2_000;
    assert.ok(Math.abs(mean - 0.5) < 0.03, `a mean of ${mean}`);
  });
});
