import assert from 'node:assert/strict';
import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '../base/clock.js';
import { fixTime } from './fixed-time.js';
import { FunctionRun } from './function-run.js';
import { FunctionVm } from './function-vm.js';
import { DEFAULT_SANDBOX_LIMITS } from './limits.js';
import type { FromThread, RunTask, ToThread } from './thread-messages.js';

/** What a thread is started with. */
export interface ThreadData {
  readonly heapBytes: number;
  readonly stackBytes: number;
}

/** Executions on nobody's time, since the engine's code is compiled while it runs first. */
const WARM_UPS = 20;
const WARM_UP: RunTask = {
  source: 'export default async (args) => ({ sum: args.numbers.reduce((a, b) => a + b, 0) });',
  args: '{"numbers":[1,2,3]}',
  requestId: '0',
  requester: '0x',
  block: { index: 0, timeMs: 0 },
  seed: [1, 2, 3, 4],
  limits: DEFAULT_SANDBOX_LIMITS,
  allowedHosts: null,
};

assert(parentPort, 'sandbox-worker runs in a worker thread only');
const port = parentPort;

// Kept from the engine, whose glue would write the system's language into its memory.
Object.defineProperty(globalThis, 'navigator', { value: undefined });
const time = fixTime(globalThis);
await serve(workerData as ThreadData);

async function serve({ heapBytes, stackBytes }: ThreadData): Promise<void> {
  let current: { readonly number: number; readonly run: FunctionRun } | null = null;
  const running = (): FunctionRun => {
    assert(current, 'bug: the engine runs without an execution');
    return current.run;
  };
  const vm = await FunctionVm.create({
    heapBytes,
    stackBytes,
    shouldInterrupt: () => current?.run.shouldStop() ?? false,
    side: running,
  });
  const begin = (run: number, task: RunTask, send: (message: FromThread) => void): boolean => {
    time.set(task.block.timeMs);
    current = { number: run, run: new FunctionRun({ run, task, vm, clock: systemClock, send }) };
    return current.run.start();
  };
  const send = (message: FromThread): void => port.postMessage(message);
  const over = async (): Promise<void> => {
    current = null;
    const { reusable } = vm;
    if (!reusable || !vm.reset()) await vm.renew();
    if (!reusable) send({ kind: 'ready' });
  };
  port.on('message', async (message: ToThread) => {
    if (message.kind === 'run') {
      if (begin(message.run, message.task, send)) await over();
    } else if (current?.number === message.run) {
      const { run } = current;
      if (message.kind === 'stop') run.stop(message.end);
      if (message.kind === 'stop' || run.answer(message.id, message.answer)) await over();
    }
  });
  for (let at = 0; at < WARM_UPS; at++) {
    begin(at, WARM_UP, () => undefined);
    current = null;
    assert(vm.reusable && vm.reset(), 'bug: the first executions harmed the VM');
  }
  send({ kind: 'ready' });
}
