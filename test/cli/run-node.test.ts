import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { join } from 'node:path';
import { type Clock, systemClock } from '../../src/base/clock.js';
import { runNode, STOP_TIMEOUT_MS } from '../../src/cli/run-node.js';
import { silentLog } from '../../src/telemetry/log.js';

const PROGRAM = join(import.meta.dirname, 'signalled-node.ts');

/** A real process; `line` resolves once it has printed that line. */
function start(behaviour: string) {
  const child = spawn(process.execPath, ['--import=tsx', PROGRAM, behaviour], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [out, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text) => {
    out += text;
    child.emit('printed');
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    err += text;
  });
  const ended = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
  return {
    child,
    async line(text: string): Promise<void> {
      while (!out.split('\n').includes(text)) {
        if (child.exitCode !== null) throw new Error(`ended early: ${err}`);
        await once(child as ChildProcess, 'printed');
      }
    },
    async exit() {
      const [code, signal] = await ended;
      const events = err
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).event as string);
      return { code, signal, events, err };
    },
  };
}

describe('running a node as a process', () => {
  const STARTED = 'started http://127.0.0.1:1';

  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    it(`stops gracefully on ${signal} and exits with 0`, async () => {
      const run = start('works');
      await run.line(STARTED);
      run.child.kill(signal);
      const { code, events } = await run.exit();
      assert.deepEqual([code, events], [0, ['stopping', 'stopped']]);
    });
  }

  it('stops while it still starts', async () => {
    const run = start('slow-start');
    await run.line('starting');
    run.child.kill('SIGTERM');
    const { code, events } = await run.exit();
    assert.deepEqual([code, events], [0, ['stopping', 'stopped']]);
  });

  it('ends at once, with 1, on a second signal', async () => {
    const run = start('stuck');
    await run.line(STARTED);
    run.child.kill('SIGTERM');
    await run.line('stopping');
    run.child.kill('SIGINT');
    const { code, events } = await run.exit();
    assert.deepEqual([code, events], [1, ['stopping', 'stopping at once']]);
  });

  const ENDINGS: readonly (readonly [string, number, string[]])[] = [
    ['rpc-down', 75, ['the node cannot go on', 'stopped']],
    ['wrong-wallet', 1, ['the node cannot go on', 'stopped']],
    ['dies', 1, ['the node cannot go on', 'stopped']],
    ['ends', 75, ['the node cannot go on', 'stopped']],
    ['no-files-left', 70, ['the node cannot go on', 'stopped']],
    ['bug', 70, ['bug: uncaught error']],
    ['rejection', 70, ['bug: uncaught error']],
  ];
  for (const [behaviour, expected, told] of ENDINGS) {
    it(`exits with ${expected} on "${behaviour}", and the log says why`, async () => {
      const { code, events, err } = await start(behaviour).exit();
      assert.deepEqual([code, events], [expected, told]);
      assert.match(err, /"level":"error".*"message":"/);
    });
  }

  it('exits with 70 when stopping fails', async () => {
    const run = start('stop-fails');
    await run.line(STARTED);
    run.child.kill('SIGTERM');
    const { code, events } = await run.exit();
    assert.deepEqual([code, events], [70, ['stopping', 'stopping failed']]);
  });

  it('gives a stop ten seconds, then exits with 70', async () => {
    const waits: number[] = [];
    const clock: Clock = {
      ...systemClock,
      sleep: async (timeoutMs) => {
        waits.push(timeoutMs);
      },
    };
    const signals = new EventEmitter();
    const result = await runNode({
      node: {
        start: async () => ({ url: '' }),
        stop: () => new Promise(() => {}),
        ended: new Promise(() => {}),
      },
      log: silentLog,
      clock,
      process: signals,
      exitNow: () => assert.fail('not forced'),
      onStarted: () => void signals.emit('SIGTERM', 'SIGTERM'),
    });
    assert.deepEqual(result, { exitCode: 70, error: null });
    assert.deepEqual(waits, [STOP_TIMEOUT_MS]);
    assert.equal(STOP_TIMEOUT_MS, 10_000);
    assert.equal(signals.listenerCount('SIGTERM'), 0);
  });
});
