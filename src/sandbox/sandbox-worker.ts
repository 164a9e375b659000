import assert from 'node:assert/strict';
import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '../base/clock.js';
import { fixTime } from './fixed-time.js';
import { FunctionRun } from './function-run.js';
import { FunctionVm } from './function-vm.js';
import { DEFAULT_SANDBOX_LIMITS } from './limits.js';
import type { FromThread, ParkedRun, RunTask, ToThread } from './thread-messages.js';

/** What a thread is started with. */
export interface ThreadData {
  readonly heapBytes: number;
  readonly stackBytes: number;
}

interface Resumed {
  readonly parked: ParkedRun;
  readonly wallMs: number;
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
    shouldInterrupt: () => current?.run.shouldInterrupt() ?? false,
    side: running,
  });
  let renewing: Promise<void> | null = null;
  const begin = (run: number, task: RunTask, resumed?: Resumed): FunctionRun => {
    time.set(task.block.timeMs);
    const begun = new FunctionRun({
      run,
      task,
      vm,
      clock: systemClock,
      send,
      ...(resumed === undefined ? {} : { resumed }),
    });
    current = { number: run, run: begun };
    return begun;
  };
  const send = (message: FromThread): void => port.postMessage(message);
  const over = async (): Promise<void> => {
    current = null;
    const { reusable } = vm;
    if (reusable && vm.reset()) return;
    renewing = vm.renew();
    await renewing;
    renewing = null;
    if (!reusable) send({ kind: 'ready' });
  };
  const park = (number: number, run: FunctionRun): void => {
    const parked = run.park();
    const { reusable } = vm;
    const { blocks, bytes } = parked.vm.image;
    const buffers = [blocks, bytes, ...parked.bodies.map(([, body]) => body)];
    const moved = [...new Set(buffers.map(({ buffer }) => buffer))] as ArrayBuffer[];
    port.postMessage({ kind: 'parked', run: number, parked, reusable } satisfies FromThread, moved);
  };
  port.on('message', async (message: ToThread) => {
    while (renewing !== null) await renewing;
    if (message.kind === 'run') {
      if (begin(message.run, message.task).start()) await over();
    } else if (message.kind === 'resume') {
      begin(message.run, message.task, message);
    } else if (current?.number === message.run) {
      const { run } = current;
      if (message.kind === 'park') park(message.run, run);
      else if (message.kind === 'stop') run.stop(message.end);
      if (message.kind !== 'answer' || run.answer(message.id, message.answer)) await over();
    }
  });
  for (let at = 0; at < WARM_UPS; at++) {
    const run = { run: at, task: WARM_UP, vm, clock: systemClock, send: () => undefined };
    current = { number: at, run: new FunctionRun(run) };
    current.run.start();
    current = null;
    assert(vm.reusable && vm.reset(), 'bug: the first executions harmed the VM');
  }
  send({ kind: 'ready' });
}
