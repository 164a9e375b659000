import type { Worker } from 'node:worker_threads';
import type { Clock } from '../base/clock.js';
import { messageOf, NodeError } from '../base/node-error.js';
import { startWorker } from '../base/start-worker.js';
import type { JobThread, SandboxJob } from './sandbox-job.js';
import type { ThreadData } from './sandbox-worker.js';
import type { FromThread, ParkedRun, ToThread } from './thread-messages.js';

/** QuickJS's own stack is in its memory; the calls of its code are on the thread's. */
const STACK_MB = 32;
const OLD_HEAP_MB = 96;
const YOUNG_HEAP_MB = 16;
/** Why watchdogs are stopped: an error of its own each time would cost too much. */
const DONE = Object.freeze(new Error('the code rests'));

export interface ThreadEvents {
  /** It can take an execution. */
  free(): void;
  /** The code that it has waits for an answer. */
  rests(): void;
  /** It has given away the code, which takes so many bytes now. */
  parked(job: SandboxJob, bytes: number): void;
  /** It is gone, whether it died or was ended; why, when it died before it was ever ready. */
  gone(failedStart: string | null): void;
}

/** One worker thread with one VM, which has one function at a time. */
export class SandboxThread implements JobThread {
  readonly #worker: Worker;
  readonly #clock: Clock;
  readonly #events: ThreadEvents;
  #state: 'starting' | 'free' | 'busy' | 'renewing' | 'ending' = 'starting';
  #wasReady = false;
  #job: SandboxJob | null = null;
  /** Told to the thread and not yet acknowledged: while there are any, the code may be running. */
  #steps = 0;
  #isParking = false;
  #parkedBytes = 0;
  #watchdog: AbortController | null = null;
  #left: () => void = () => undefined;
  #error: unknown;

  constructor(options: { file: URL; data: ThreadData; clock: Clock; events: ThreadEvents }) {
    this.#clock = options.clock;
    this.#events = options.events;
    this.#worker = startWorker(options.file, {
      workerData: options.data,
      resourceLimits: {
        maxOldGenerationSizeMb: OLD_HEAP_MB,
        maxYoungGenerationSizeMb: YOUNG_HEAP_MB,
        stackSizeMb: STACK_MB,
      },
      // What isn't there cannot leak.
      env: {},
      argv: [],
      execArgv: [],
      stdin: false,
    });
    this.#worker.on('message', (message: FromThread) => this.#said(message));
    this.#worker.on('error', (error) => {
      this.#error = error;
    });
    this.#worker.on('exit', () => this.#exited());
  }

  get isFree(): boolean {
    return this.#state === 'free';
  }

  /** Whose code is here. */
  get job(): SandboxJob | null {
    return this.#job;
  }

  /** Its code waits for an answer, and may be parked. */
  get isResting(): boolean {
    return this.#job !== null && this.#steps === 0 && !this.#isParking;
  }

  /** Its code is being parked, after which it is free. */
  get isLeaving(): boolean {
    return this.#isParking;
  }

  /** What its code takes at most where it is parked. */
  get parkedBytes(): number {
    return this.#parkedBytes;
  }

  /** Reserves a free thread for what follows at once; false when it is not free. */
  take(): boolean {
    if (this.#state !== 'free') return false;
    this.#state = 'busy';
    return true;
  }

  /** Gives a thread back that was taken and not used. */
  release(): void {
    if (this.#state === 'busy') this.#free();
  }

  /** Has a job on a thread that was taken, until it is over or parked. */
  hold(job: SandboxJob): Promise<void> {
    this.#worker.ref();
    return new Promise((resolve) => {
      this.#left = resolve;
      this.#job = job;
      this.#steps = 0;
      this.#isParking = false;
      job.enter(this);
    });
  }

  tell(message: ToThread, moved: ArrayBuffer[] = []): void {
    // Taking over what was parked runs nothing.
    if (message.kind !== 'resume') this.#steps++;
    if (this.#watchdog === null && this.#job !== null) this.#watch(this.#job);
    this.#worker.postMessage(message, moved);
  }

  /** Lets the job that rests here give up the thread. */
  park(): void {
    const job = this.#job;
    if (job === null || !this.isResting) throw new Error('bug: nothing rests that may be parked');
    this.#isParking = true;
    job.leave();
    this.#worker.postMessage({ kind: 'park', run: job.number } satisfies ToThread);
  }

  /** Ends the thread at once, also in the middle of an execution. */
  terminate(): void {
    this.#state = 'ending';
    this.#leave();
    void this.#worker.terminate();
  }

  /**
   * Lets the thread be ended when the code runs on although it should have been interrupted: the
   * engine's own loops (sort, BigInt division, JSON, String.normalize) never ask.
   */
  #watch(job: SandboxJob): void {
    const { busyMs, graceMs } = job.task.limits;
    const watchdog = new AbortController();
    this.#watchdog = watchdog;
    const leftMs = Math.max(0, busyMs - job.busyMs) + graceMs;
    this.#clock.sleep(leftMs, watchdog.signal).then(
      // What it said may be there and not read yet, when this thread was kept busy.
      () => setImmediate(() => this.#watchdog === watchdog && this.#overdue(job)),
      () => undefined,
    );
  }

  #unwatch(): void {
    this.#watchdog?.abort(DONE);
    this.#watchdog = null;
  }

  #overdue(job: SandboxJob): void {
    if (this.#job !== job) return;
    const reason = `it ran for longer than ${job.task.limits.busyMs} ms and could not be stopped`;
    this.terminate();
    job.settle({ kind: 'timeout', limit: 'busy', reason });
  }

  #said(message: FromThread): void {
    if (this.#state === 'ending') return;
    if (message.kind === 'ready') return this.#free();
    const job = this.#job;
    if (job === null || message.run !== job.number) return;
    if (message.kind === 'question') job.asked(message.id, message.question);
    else if (message.kind === 'waiting') this.#waits(job, message);
    else {
      this.#leave();
      if (message.reusable) this.#free();
      else this.#state = 'renewing';
      if (message.kind === 'done') job.settle(message.end, message);
      else this.#parked(job, message.parked);
    }
  }

  #free(): void {
    // A thread without work keeps no process alive.
    this.#worker.unref();
    this.#wasReady = true;
    this.#state = 'free';
    this.#events.free();
  }

  #waits(job: SandboxJob, said: Extract<FromThread, { kind: 'waiting' }>): void {
    this.#steps--;
    this.#parkedBytes = said.parkedBytes;
    job.busyMs = said.busyMs;
    this.#unwatch();
    if (this.#steps > 0) return this.#watch(job);
    job.rests();
    if (this.isResting) this.#events.rests();
  }

  #parked(job: SandboxJob, parked: ParkedRun): void {
    this.#events.parked(job, bytesOf(parked));
    job.parked(parked);
  }

  #leave(): void {
    this.#job = null;
    this.#isParking = false;
    this.#unwatch();
    this.#left();
  }

  #exited(): void {
    const why = this.#error === undefined ? 'it exited' : messageOf(this.#error);
    this.#state = 'ending';
    const job = this.#job;
    this.#leave();
    job?.settle({ kind: 'crashed', reason: `the thread of the function died: ${why}` });
    this.#events.gone(this.#wasReady ? null : why);
  }
}

const bytesOf = ({ vm, bodies }: ParkedRun): number =>
  bodies.reduce((sum, [, body]) => sum + body.length, vm.image.bytes.length);

/** No thread can be had: the environment's trouble, and no outcome. */
export const cannotStart = (why: string): NodeError =>
  new NodeError('SANDBOX_WORKER_START', `cannot start a thread for functions: ${why}`, {
    retryable: true,
    hint: 'Check that the installation is complete (npm run build) and that memory is left.',
  });
