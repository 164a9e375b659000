import { createHash } from 'node:crypto';
import { systemClock } from '../../src/base/clock.js';
import { FunctionRun } from '../../src/sandbox/function-run.js';
import { FunctionVm } from '../../src/sandbox/function-vm.js';
import { DEFAULT_SANDBOX_LIMITS } from '../../src/sandbox/limits.js';
import type { FromThread, ParkedRun } from '../../src/sandbox/thread-messages.js';

const { heapBytes, stackBytes } = DEFAULT_SANDBOX_LIMITS;

/** A VM on this thread, with what it needs to run functions without a thread around it. */
export interface BareVm {
  readonly vm: FunctionVm;
  run(source: string): Observed;
  /** The same, but taken out of the VM and put back into another one whenever it waits. */
  runMoved(source: string): Promise<Observed>;
}

/** All that an execution shows, to its author and below. */
export interface Observed {
  readonly said: readonly unknown[];
  /** Of the VM's whole memory at the end. */
  readonly memory: string;
  readonly memoryBytes: number;
}

export async function createBareVm(): Promise<BareVm> {
  let current: FunctionRun | null = null;
  const vm = await FunctionVm.create({
    heapBytes,
    stackBytes,
    shouldInterrupt: () => current?.shouldInterrupt() ?? false,
    side: () => current as FunctionRun,
  });
  const begin = (source: string, said: FromThread[], parked?: ParkedRun): FunctionRun =>
    new FunctionRun({
      run: 1,
      task: taskOf(source),
      vm,
      clock: systemClock,
      send: (message) => said.push(message),
      ...(parked === undefined ? {} : { resumed: { parked, wallMs: 0 } }),
    });
  const observed = (said: readonly FromThread[]): Observed => {
    current = null;
    const { buffer } = vm.vm.memory;
    const memory = createHash('sha256').update(new Uint8Array(buffer)).digest('hex');
    return { said: said.map(withoutTimes), memory, memoryBytes: buffer.byteLength };
  };
  return {
    vm,
    run(source) {
      const said: FromThread[] = [];
      current = begin(source, said);
      let over = current.start();
      for (let at = 0; !over; at++) over = answerNext(current, said, at);
      return observed(said);
    },
    async runMoved(source) {
      const said: FromThread[] = [];
      current = begin(source, said);
      let over = current.start();
      for (let at = 0; !over; at++) {
        const parked = structuredClone(current.park());
        if (at % 2 === 0 || !vm.reusable) await vm.renew();
        else vm.reset();
        if (!vm.isPristine()) throw new Error('what was parked has left something behind');
        current = begin(source, said, parked);
        over = answerNext(current, said, at);
      }
      return observed(said);
    },
  };
}

/** Answers the questions of an execution in their order, from what is asked alone. */
function answerNext(run: FunctionRun, said: readonly FromThread[], at: number): boolean {
  const questions = said.filter((message) => message.kind === 'question');
  const asked = questions[at];
  if (asked === undefined) throw new Error('the execution waits for nothing');
  const { id, question } = asked;
  if (question.what === 'secret')
    return run.answer(id, { kind: 'secret', value: `v-${question.name}` });
  const body = Buffer.from(`body of ${question.request.url}`);
  return run.answer(id, { kind: 'response', status: 200, headers: [], url: '', body });
}

const taskOf = (source: string) => ({
  source,
  args: '{"a":1}',
  requestId: '1',
  requester: '0x',
  block: { index: 1, timeMs: 1_767_000_000_000 },
  seed: [1, 2, 3, 4],
  limits: DEFAULT_SANDBOX_LIMITS,
  allowedHosts: null,
});

function withoutTimes(message: FromThread): unknown {
  return 'busyMs' in message ? { ...message, busyMs: 0 } : message;
}
