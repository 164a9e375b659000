// A process that runs a node of a few lines as `dodona start` would: see run-node.test.ts.
// Its argument names how the node behaves.
import { setTimeout as delay } from 'node:timers/promises';
import { systemClock } from '../../src/base/clock.js';
import { NodeError } from '../../src/base/node-error.js';
import type { RunnableNode } from '../../src/cli/command-context.js';
import { runNode } from '../../src/cli/run-node.js';
import { createLog } from '../../src/telemetry/create-log.js';

const behaviour = process.argv[2] ?? '';
const log = createLog({
  level: 'info',
  format: 'json',
  file: null,
  maxFileBytes: 1,
  maxFiles: 1,
  clock: systemClock,
  stream: process.stderr,
});

let settle: { resolve: () => void; reject: (error: unknown) => void };
const ended = new Promise<void>((resolve, reject) => {
  settle = { resolve, reject };
});
const keepAlive = setInterval(() => {}, 1_000);

const node: RunnableNode = {
  ended,
  async start() {
    if (behaviour === 'rpc-down') throw new NodeError('RPC_DOWN', 'down', { retryable: true });
    if (behaviour === 'wrong-wallet') throw new NodeError('WALLET_FILE', 'wrong');
    if (behaviour === 'no-files-left') {
      throw Object.assign(new Error('EMFILE: too many open files, open'), { code: 'EMFILE' });
    }
    if (behaviour === 'slow-start') {
      process.stdout.write('starting\n');
      await ended;
      throw new NodeError('STOPPED', 'stopped while it started');
    }
    if (behaviour === 'dies') setTimeout(() => settle.reject(new NodeError('DB_FULL', 'full')), 10);
    if (behaviour === 'ends') setTimeout(() => settle.resolve(), 10);
    if (behaviour === 'bug') setTimeout(() => (undefined as unknown as { x: 1 }).x, 10);
    if (behaviour === 'rejection') setTimeout(() => void Promise.reject(new Error('lost')), 10);
    return { url: 'http://127.0.0.1:1' };
  },
  async stop() {
    if (behaviour === 'stuck') {
      process.stdout.write('stopping\n');
      await new Promise(() => {});
    }
    if (behaviour === 'stop-fails') throw new Error('disk gone');
    await delay(20);
    clearInterval(keepAlive);
    settle.resolve();
  },
};

const { exitCode } = await runNode({
  node,
  log,
  clock: systemClock,
  process,
  exitNow: (code) => process.exit(code),
  onStarted: ({ url }) => void process.stdout.write(`started ${url}\n`),
});
await log.close();
process.exit(exitCode);
