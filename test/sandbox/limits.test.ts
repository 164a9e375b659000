import assert from 'node:assert/strict';
import type { ExecutionEnd, FunctionCall } from '../../src/sandbox/execution.js';
import { createSandbox, type Sandbox } from '../../src/sandbox/sandbox.js';
import { callOf, hostOf, responseOf, returned } from './function-calls.js';

describe('the limits of an execution', () => {
  let sandbox: Sandbox;
  before(async () => {
    sandbox = createSandbox({ workers: 1, limits: { heapBytes: 4 * 1024 * 1024 } });
    await sandbox.ready();
  });
  after(() => sandbox.close());

  const run = async (body: string, given: Partial<FunctionCall> = {}, host = hostOf()) =>
    sandbox.run(callOf(`export default async (args, ctx) => { ${body} }`, given), host);
  const endOf = async (...args: Parameters<typeof run>): Promise<ExecutionEnd> =>
    (await run(...args)).end;

  it('bound the time that the code runs, and not the time that it waits', async () => {
    const loop = 'for (;;);';
    assert.deepEqual(await endOf(loop, { limits: { busyMs: 50 } }), {
      kind: 'timeout',
      limit: 'busy',
      reason: 'it ran for longer than 50 ms',
    });
    const slow = hostOf(async () => {
      await new Promise((resolve) => setTimeout(resolve, 150));
      return responseOf('1');
    });
    const waits = await run(
      `return (await ctx.fetch('https://a.example/')).json();`,
      { limits: { busyMs: 100 } },
      slow,
    );
    assert.equal(returned(waits), 1);
    assert.ok(waits.busyMs < 100 && waits.wallMs >= 149, JSON.stringify(waits));
  });

  it('add up the time that the code runs between its waits', async () => {
    const body = `for (;;) {
        await ctx.fetch('https://a.example/');
        let sum = 0;
        for (let step = 0; step < 1e4; step++) sum += step;
      }`;
    const execution = await run(body, { limits: { busyMs: 60, fetches: 1_000 } });
    assert.equal(execution.end.kind, 'timeout');
    assert.ok(execution.fetches.length > 1 && execution.busyMs >= 60, JSON.stringify(execution));
  });

  it('bound the time in all, waiting included', async () => {
    const host = hostOf(() => new Promise(() => {}));
    const start = performance.now();
    const end = await endOf(
      `await ctx.fetch('https://a.example/');`,
      { limits: { wallMs: 80 } },
      host,
    );
    assert.deepEqual(end, {
      kind: 'timeout',
      limit: 'wall',
      reason: 'it took longer than 80 ms, waiting included',
    });
    assert.ok(performance.now() - start < 1_000);
    const loop = await run('for (;;);', { limits: { wallMs: 80 } });
    assert.equal(loop.end.kind === 'timeout' && loop.end.limit, 'wall');
  });

  it('tell the host to stop when an execution is over', async () => {
    let given: AbortSignal | undefined;
    const host = {
      ...hostOf(),
      fetch: (_: unknown, signal: AbortSignal) => {
        given = signal;
        return new Promise<never>(() => {});
      },
    };
    await sandbox.run(
      callOf(`export default (args, ctx) => ctx.fetch('https://a.example/')`, {
        limits: { wallMs: 30 },
      }),
      host,
    );
    assert.equal(given?.aborted, true);
  });

  it('bound the heap, to a few hundred kB', async () => {
    const fill = (bytes: number) => `const all = [];
      for (let left = ${bytes}; left > 0; left -= 65536) all.push(new Uint8Array(65536));
      return all.length;`;
    assert.deepEqual(await endOf(fill(4.2 * 1024 * 1024)), {
      kind: 'heap',
      reason: 'it needed more than 4194304 bytes of heap',
    });
    assert.equal((await endOf(fill(3.5 * 1024 * 1024))).kind, 'returned');
  });

  it('bound the stack', async () => {
    const depth = 'const depth = (n) => (n === 0 ? 0 : 1 + depth(n - 1)); return depth(args);';
    assert.deepEqual(await endOf(depth, { args: '100000' }), {
      kind: 'stack',
      reason: 'its calls are nested too deeply for 524288 bytes of stack',
    });
    assert.equal((await endOf(depth, { args: '1000' })).kind, 'returned');
  });

  it('bound source and arguments before anything runs', async () => {
    assert.deepEqual(await endOf(' '.repeat(65_536)), {
      kind: 'sourceTooLarge',
      reason: 'the source has 65576 bytes, more than 65536',
    });
    assert.deepEqual(await endOf('return 1;', { args: '"é"', limits: { argsBytes: 3 } }), {
      kind: 'argsTooLarge',
      reason: 'the arguments have 4 bytes, more than 3',
    });
    assert.equal(
      (await endOf('return 1;', { args: '"é"', limits: { argsBytes: 4 } })).kind,
      'returned',
    );
  });

  it('bound the result by its bytes, to the byte', async () => {
    const of = (result: string) => endOf(`return ${result};`, { limits: { resultBytes: 10 } });
    for (const result of ['"x".repeat(10)', '"é".repeat(5)', 'new Uint8Array(10)', '[1,2,345]']) {
      assert.equal((await of(result)).kind, 'returned', result);
    }
    for (const result of ['"x".repeat(11)', '"é".repeat(6)', 'new Uint8Array(11)', '[1,2,34567]']) {
      const end = await of(result);
      assert.equal(end.kind, 'tooLarge', result);
      assert.match(end.kind === 'tooLarge' ? end.reason : '', /more than 10 bytes$/);
    }
  });

  it('bound the number of fetches, and the bytes of an answer', async () => {
    const fetches = (count: number) =>
      `for (let at = 0; at < ${count}; at++) await ctx.fetch('https://a.example/'); return 1;`;
    assert.equal((await endOf(fetches(10))).kind, 'returned');
    const over = await run(fetches(11));
    assert.deepEqual(over.end, { kind: 'tooManyFetches', reason: 'it began more than 10 fetches' });
    assert.equal(over.fetches.length, 10);
    const limits = { fetchBytes: 5 };
    const fits = hostOf(() => responseOf('12345'));
    assert.equal((await endOf(fetches(1), { limits }, fits)).kind, 'returned');
    const large = await run(
      fetches(1),
      { limits },
      hostOf(() => responseOf('123456')),
    );
    assert.deepEqual(large.end, {
      kind: 'fetchTooLarge',
      reason: 'an answer has 6 bytes, more than 5',
    });
    const stopped = hostOf(() => ({ kind: 'tooLarge', reason: 'the body is longer than 5 bytes' }));
    const told = await endOf(fetches(1), { limits }, stopped);
    assert.equal(told.kind, 'fetchTooLarge');
  });

  it('hold an answer of 2 MiB, which the function may read as text or JSON', async () => {
    const big = createSandbox({ workers: 1 });
    const items = JSON.stringify(
      Array.from({ length: 20_000 }, (_, id) => ({ id, name: 'x'.repeat(80) })),
    );
    const body = Buffer.from(items.padEnd(2 * 1024 * 1024));
    const host = hostOf(() => responseOf(body));
    const execution = await big.run(
      callOf(`export default async (args, ctx) => {
        const [json, text] = await Promise.all([1, 2].map(() => ctx.fetch('https://a.example/')));
        return [(await json.json()).length, (await text.text()).length];
      }`),
      host,
    );
    assert.deepEqual(returned(execution), [20_000, 2_097_152]);
    assert.equal(body.length, 2 * 1024 * 1024);
    await big.close();
  });

  it('bound the secrets that are asked for, and the lines that are logged', async () => {
    const host = hostOf(undefined, { a: 'b' });
    const ask = (count: number) =>
      `for (let at = 0; at < ${count}; at++) await ctx.secrets.get('a');`;
    assert.equal((await endOf(`${ask(10)} return 1;`, {}, host)).kind, 'returned');
    assert.deepEqual(await endOf(ask(11), {}, host), {
      kind: 'tooManySecrets',
      reason: 'it asked for more than 10 secrets',
    });
    const log = (count: number) => `for (let at = 0; at < ${count}; at++) ctx.log(at); return 1;`;
    assert.equal((await endOf(log(100))).kind, 'returned');
    assert.deepEqual(await endOf(log(101)), {
      kind: 'tooManyLogs',
      reason: 'it logged more than 100 lines',
    });
  });

  it('hold fetches to the hosts that were allowed, before any is made', async () => {
    const host = hostOf();
    const fetch = (url: string) => `await ctx.fetch('${url}'); return 1;`;
    const allowed = { allowedHosts: ['a.example', 'xn--bcher-kva.example', '[::1]'] };
    for (const url of ['https://A.example:8443/x', 'https://bücher.example', 'https://[0:0::1]/']) {
      assert.equal((await endOf(fetch(url), allowed, host)).kind, 'returned', url);
    }
    const { length } = host.fetched;
    for (const url of [
      'https://b.example/',
      'https://a.example@b.example/',
      'https://a.example./',
    ]) {
      assert.equal((await endOf(fetch(url), allowed, host)).kind, 'forbidden', url);
    }
    assert.deepEqual(await endOf(fetch('https://b.a.example/'), allowed, host), {
      kind: 'forbidden',
      reason: 'the host b.a.example is not among those it was allowed',
    });
    assert.equal(host.fetched.length, length);
  });

  it('end with forbidden what the host forbids, even if the function would catch it', async () => {
    const host = hostOf(() => ({ kind: 'forbidden', reason: 'the redirect leads elsewhere' }));
    const body = `try { await ctx.fetch('https://a.example/'); } catch {} return 'went on';`;
    assert.deepEqual(await endOf(body, {}, host), {
      kind: 'forbidden',
      reason: 'the redirect leads elsewhere',
    });
  });
});
