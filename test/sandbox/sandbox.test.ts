import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { NodeError } from '../../src/base/node-error.js';
import type { FunctionCall } from '../../src/sandbox/execution.js';
import { createSandbox, type Sandbox, type SandboxOptions } from '../../src/sandbox/sandbox.js';
import { callOf, hostOf, responseOf, returned } from './function-calls.js';

const QUICK = 'export default () => 1';
const WAITS = `export default async (args, ctx) => (await ctx.fetch('https://a.example/')).status`;
/** Sorts without end, within its heap (2 ** 20 items would pass it): no interrupt reaches it. */
const STUCK = 'export default () => { const all = Array(2 ** 18).fill(0); for (;;) all.sort(); }';
const UNSTOPPABLE = 'export default () => Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1)';

/** A promise, and what settles it. */
function later<T>() {
  let settle: (value: T) => void = () => undefined;
  const promise = new Promise<T>((resolve) => {
    settle = resolve;
  });
  return { promise, settle };
}

describe('the sandbox', () => {
  const open: Sandbox[] = [];
  const sandboxWith = async (options: SandboxOptions): Promise<Sandbox> => {
    const sandbox = createSandbox(options);
    open.push(sandbox);
    await sandbox.ready();
    return sandbox;
  };
  afterEach(async () => {
    await Promise.all(open.splice(0).map((sandbox) => sandbox.close()));
  });

  it('ends code that no interrupt reaches within 6 s, and goes on with the next at once', async () => {
    const sandbox = await sandboxWith({ workers: 1 });
    const stuck = sandbox.run(callOf(UNSTOPPABLE), hostOf());
    const next = sandbox.run(callOf(QUICK), hostOf());
    const { end, wallMs } = await stuck;
    assert.deepEqual(end, {
      kind: 'timeout',
      limit: 'busy',
      reason: 'it ran for longer than 5000 ms and could not be stopped',
    });
    assert.ok(wallMs >= 5_000 && wallMs < 6_000, `${wallMs} ms`);
    const start = performance.now();
    assert.equal(returned(await next), 1);
    assert.ok(performance.now() - start < 500);
  });

  it('lets no other execution be harmed by a thread that is ended', async () => {
    const sandbox = await sandboxWith({ workers: 3, workersPerRequester: 3 });
    const { promise, settle } = later<void>();
    const host = hostOf(async () => {
      await promise;
      return responseOf('{}');
    });
    const limits = { busyMs: 50, graceMs: 50 };
    const waiting = sandbox.run(callOf(WAITS), host);
    const ends = await Promise.all(
      [UNSTOPPABLE, STUCK, 'export default () => { for (;;); }'].map(
        async (source) => (await sandbox.run(callOf(source, { limits }), hostOf())).end.kind,
      ),
    );
    assert.deepEqual(ends, ['timeout', 'timeout', 'timeout']);
    settle();
    assert.equal(returned(await waiting), 200);
    while (sandbox.status().lostThreads === 0) await new Promise(setImmediate);
  });

  it('lets no requester hold up the others, however much he asks for', async () => {
    const sandbox = await sandboxWith({ workers: 2, workersPerRequester: 1 });
    const limits = { busyMs: 100 };
    const order: string[] = [];
    const run = async (requester: string, source: string, given: Partial<FunctionCall> = {}) => {
      const execution = await sandbox.run(callOf(source, { requester, ...given }), hostOf());
      order.push(requester);
      return execution.end.kind;
    };
    const hostile = Array.from({ length: 20 }, () =>
      run('hostile', 'export default () => { for (;;); }', { limits }),
    );
    const honest = Array.from({ length: 5 }, (_, at) => run(`honest ${at}`, QUICK));
    assert.deepEqual(await Promise.all(honest), Array(5).fill('returned'));
    const before = order.filter((requester) => requester === 'hostile').length;
    assert.ok(before <= 2, `${before} of the hostile ones came first`);
    await Promise.all(hostile);
  });

  it('takes turns between requesters who all ask for much', async () => {
    const sandbox = await sandboxWith({ workers: 1 });
    const order: string[] = [];
    await Promise.all(
      ['a', 'b', 'c'].flatMap((requester) =>
        Array.from({ length: 4 }, async () => {
          await sandbox.run(callOf(QUICK, { requester }), hostOf());
          order.push(requester);
        }),
      ),
    );
    for (const turn of [0, 3, 6, 9]) {
      assert.deepEqual(order.slice(turn, turn + 3).sort(), ['a', 'b', 'c'], order.join(''));
    }
  });

  it('refuses more than may wait, of all and of one requester', async () => {
    const sandbox = await sandboxWith({
      workers: 1,
      maxWaiting: 3,
      maxWaitingPerRequester: 2,
      maxParked: 0,
    });
    const { promise, settle } = later<void>();
    const host = hostOf(async () => {
      await promise;
      return responseOf('{}');
    });
    const run = (requester: string) => sandbox.run(callOf(WAITS, { requester }), host);
    const first = ['a', 'a', 'a'].map(run);
    assert.deepEqual((await run('a')).end, {
      kind: 'busy',
      reason: '2 functions of this requester are waiting; at most 2 may',
    });
    const other = run('b');
    assert.deepEqual((await run('c')).end, {
      kind: 'busy',
      reason: '3 functions are waiting; at most 3 may',
    });
    assert.deepEqual(sandbox.status(), {
      threads: 2,
      running: 1,
      waiting: 3,
      parked: 0,
      lostThreads: 0,
    });
    settle();
    for (const execution of await Promise.all([...first, other]))
      assert.equal(returned(execution), 200);
  });

  it('gives up what its caller gave up: waiting for a turn, for an answer, or running', async () => {
    const sandbox = await sandboxWith({ workers: 1 });
    const never = hostOf(() => new Promise(() => {}));
    const giveUp = new AbortController();
    const asked = later<void>();
    const waiting = sandbox.run(
      callOf(WAITS),
      {
        ...never,
        fetch: () => {
          asked.settle();
          return new Promise<never>(() => {});
        },
      },
      giveUp.signal,
    );
    const queued = sandbox.run(callOf(QUICK), hostOf(), giveUp.signal);
    await asked.promise;
    giveUp.abort();
    assert.equal((await waiting).end.kind, 'cancelled');
    assert.equal((await queued).end.kind, 'cancelled');
    assert.equal((await sandbox.run(callOf(QUICK), hostOf(), giveUp.signal)).end.kind, 'cancelled');
    const stop = new AbortController();
    const running = sandbox.run(callOf(STUCK), hostOf(), stop.signal);
    while (sandbox.status().running === 0) await new Promise(setImmediate);
    stop.abort();
    assert.equal((await running).end.kind, 'cancelled');
    assert.equal(returned(await sandbox.run(callOf(QUICK), hostOf())), 1);
  });

  it('closes at once, answering all that is open', async () => {
    const sandbox = await sandboxWith({ workers: 1 });
    const calls = [STUCK, QUICK].map((source) => sandbox.run(callOf(source), hostOf()));
    const start = performance.now();
    await sandbox.close();
    assert.ok(performance.now() - start < 2_000);
    const ends = (await Promise.all(calls)).map(({ end }) => end.kind);
    assert.deepEqual(ends, ['cancelled', 'cancelled']);
    assert.equal((await sandbox.run(callOf(QUICK), hostOf())).end.kind, 'cancelled');
    assert.equal(sandbox.status().threads, 0);
  });

  it('tells its caller of a bug in what the caller gave it', async () => {
    const sandbox = await sandboxWith({ workers: 1 });
    const broken = { ...hostOf(), fetch: () => Promise.reject(new Error('bug: broken host')) };
    await assert.rejects(sandbox.run(callOf(WAITS), broken), /bug: broken host/);
    assert.equal(returned(await sandbox.run(callOf(QUICK), hostOf())), 1);
  });

  it('says why when no thread can be started', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'dodona-sandbox-'));
    const file = join(folder, 'worker.mjs');
    writeFileSync(file, 'throw new Error("no such engine");');
    const sandbox = createSandbox({ workers: 1, workerFile: pathToFileURL(file) });
    const isStartError = (error: unknown) =>
      error instanceof NodeError &&
      error.code === 'SANDBOX_WORKER_START' &&
      error.retryable &&
      /no such engine/.test(error.message);
    await assert.rejects(sandbox.ready(), isStartError);
    await assert.rejects(sandbox.run(callOf(QUICK), hostOf()), isStartError);
    await sandbox.close();
    rmSync(folder, { recursive: true });
  });

  it('says so when a thread dies under an execution, and replaces it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'dodona-sandbox-'));
    const file = join(folder, 'worker.mjs');
    writeFileSync(
      file,
      `import { parentPort } from 'node:worker_threads';
       parentPort.on('message', () => { throw new Error('broken thread'); });
       parentPort.postMessage({ kind: 'ready' });`,
    );
    const sandbox = await sandboxWith({ workers: 1, workerFile: pathToFileURL(file) });
    for (let time = 0; time < 5; time++) {
      assert.deepEqual((await sandbox.run(callOf(QUICK), hostOf())).end, {
        kind: 'crashed',
        reason: 'the thread of the function died: broken thread',
      });
    }
    await sandbox.ready();
    rmSync(folder, { recursive: true });
  });
});
