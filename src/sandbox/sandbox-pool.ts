import { setMaxListeners } from 'node:events';
import { sha256 } from '../base/bytes.js';
import type { Execution, ExecutionEnd, FunctionCall, FunctionHost } from './execution.js';
import { FairQueue } from './fair-queue.js';
import type { SandboxLimits } from './limits.js';
import { ParkingLot } from './parking-lot.js';
import type { Sandbox, SandboxOptions, SandboxStatus } from './sandbox.js';
import { notBegun, SandboxJob } from './sandbox-job.js';
import { cannotStart, SandboxThread } from './sandbox-thread.js';
import type { RunTask } from './thread-messages.js';

/** Threads kept warm above those that may work, so that an ended one is replaced at once. */
const SPARE_THREADS = 1;
/** Starts of a thread that may fail in a row before the pool waits for the next call. */
const MAX_FAILED_STARTS = 3;

export type SandboxSettings = Required<Omit<SandboxOptions, 'limits'>> & {
  readonly limits: SandboxLimits;
};

/** The threads and the turns; described at Sandbox. */
export class SandboxPool implements Sandbox {
  readonly #settings: SandboxSettings;
  readonly #queue: FairQueue;
  readonly #threads = new Set<SandboxThread>();
  readonly #lot: ParkingLot<SandboxJob>;
  readonly #jobs = new Set<SandboxJob>();
  #runs = 0;
  #closed = false;
  #waiting: (() => void)[] = [];
  #failedStarts = 0;
  #lostThreads = 0;
  #whyNotStarted = 'no thread is running';

  constructor(settings: SandboxSettings) {
    this.#settings = settings;
    this.#queue = new FairQueue({
      concurrency: settings.workers,
      perOwner: settings.workersPerRequester,
      maxWaiting: settings.maxWaiting,
      maxWaitingPerOwner: settings.maxWaitingPerRequester,
    });
    this.#lot = new ParkingLot(settings);
    this.#fill();
  }

  async run(call: FunctionCall, host: FunctionHost, signal?: AbortSignal): Promise<Execution> {
    const task = this.#taskOf(call);
    const refused = this.#refusal(call, task, signal);
    if (refused !== null) return notRun(refused);
    const { clock } = this.#settings;
    const job = new SandboxJob({
      number: ++this.#runs,
      task,
      host,
      clock,
      events: {
        wantsTurn: () => this.#takeTurn(job, true),
        over: () => this.#unpark(job),
      },
    });
    const cancel = (): void => job.cancel();
    // The signal of the whole node has as many listeners as there are executions.
    if (signal !== undefined) setMaxListeners(0, signal);
    signal?.addEventListener('abort', cancel, { once: true });
    this.#jobs.add(job);
    try {
      this.#takeTurn(job, false);
      return await job.outcome;
    } finally {
      this.#jobs.delete(job);
      signal?.removeEventListener('abort', cancel);
    }
  }

  async ready(): Promise<void> {
    for (;;) {
      if (this.#failedStarts >= MAX_FAILED_STARTS) throw cannotStart(this.#whyNotStarted);
      if ([...this.#threads].every((thread) => thread.isFree)) return;
      await this.#change();
    }
  }

  status(): SandboxStatus {
    return {
      threads: this.#threads.size,
      running: this.#queue.running,
      waiting: this.#queue.waiting,
      parked: this.#lot.count,
      lostThreads: this.#lostThreads,
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const job of this.#jobs) job.cancel();
    for (const thread of this.#threads) thread.terminate();
    for (const job of this.#jobs) job.settle(notBegun());
    while (this.#threads.size > 0) await this.#change();
  }

  #taskOf(call: FunctionCall): RunTask {
    const { source, args, requestId, requester, block, seed, allowedHosts } = call;
    const limits = { ...this.#settings.limits, ...call.limits };
    return {
      source,
      args,
      requestId,
      requester,
      block,
      seed: seedWords(seed),
      limits,
      allowedHosts: allowedHosts ?? null,
    };
  }

  #refusal(call: FunctionCall, { limits }: RunTask, signal?: AbortSignal): ExecutionEnd | null {
    if (this.#closed || signal?.aborted) return notBegun();
    const sourceBytes = Buffer.byteLength(call.source);
    if (sourceBytes > limits.sourceBytes) {
      const reason = `the source has ${sourceBytes} bytes, more than ${limits.sourceBytes}`;
      return { kind: 'sourceTooLarge', reason };
    }
    const argsBytes = Buffer.byteLength(call.args);
    if (argsBytes > limits.argsBytes) {
      const reason = `the arguments have ${argsBytes} bytes, more than ${limits.argsBytes}`;
      return { kind: 'argsTooLarge', reason };
    }
    const reason = this.#queue.refusal(call.requester);
    return reason === null ? null : { kind: 'busy', reason };
  }

  /** Has a thread for a job when its turn comes: until it is over, or parked. */
  #takeTurn(job: SandboxJob, goesOn: boolean): void {
    const turn = async (): Promise<void> => {
      const thread = await this.#freeThread(job.over);
      if (thread === null) return;
      if (job.isOver) return thread.release();
      this.#unpark(job);
      await thread.hold(job);
    };
    const options = { signal: job.over, goesOn };
    // When it is over before its turn comes, that is no failure: then this has no effect.
    this.#queue.add(job.task.requester, turn, options).catch((error) => job.fail(error));
    this.#makeRoom();
  }

  /** Parks as many of those that wait for an answer as there are others that wait for a thread. */
  #makeRoom(): void {
    let wanted = this.#queue.waiting - [...this.#threads].filter(isLeaving).length;
    for (const thread of this.#threads) {
      if (wanted <= 0) return;
      const { job } = thread;
      if (job === null || !thread.isResting) continue;
      if (!this.#lot.reserve(job, job.task.requester, thread.parkedBytes)) continue;
      thread.park();
      wanted--;
    }
  }

  #unpark(job: SandboxJob): void {
    if (this.#lot.release(job)) this.#makeRoom();
  }

  /** A thread that can take an execution now; null when that is given up before one can. */
  async #freeThread(stop: AbortSignal): Promise<SandboxThread | null> {
    if (this.#threads.size === 0) this.#failedStarts = MAX_FAILED_STARTS - 1;
    this.#fill();
    for (;;) {
      if (stop.aborted) return null;
      for (const thread of this.#threads) if (thread.take()) return thread;
      if (this.#threads.size === 0) throw cannotStart(this.#whyNotStarted);
      await this.#change(stop);
    }
  }

  /** Keeps as many threads as may work, and a spare one. */
  #fill(): void {
    while (
      !this.#closed &&
      this.#failedStarts < MAX_FAILED_STARTS &&
      this.#threads.size < this.#settings.workers + SPARE_THREADS
    ) {
      this.#start();
    }
  }

  #start(): void {
    const { workerFile: file, clock, limits } = this.#settings;
    const { heapBytes, stackBytes } = limits;
    const free = (): void => {
      this.#failedStarts = 0;
      this.#wake();
    };
    const gone = (failedStart: string | null): void => {
      this.#threads.delete(thread);
      if (!this.#closed) this.#lostThreads++;
      if (failedStart !== null) {
        this.#failedStarts++;
        this.#whyNotStarted = failedStart;
      }
      this.#fill();
      this.#wake();
    };
    const rests = (): void => this.#makeRoom();
    const parked = (job: SandboxJob, bytes: number): void => this.#lot.measured(job, bytes);
    const thread = new SandboxThread({
      file,
      data: { heapBytes, stackBytes },
      clock,
      events: { free, rests, parked, gone },
    });
    this.#threads.add(thread);
  }

  /** Resolves when a thread has become free or is gone, or when the signal is aborted. */
  #change(stop?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      stop?.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}

const isLeaving = (thread: SandboxThread): boolean => thread.isLeaving;

const notRun = (end: ExecutionEnd): Execution => ({
  end,
  logs: [],
  fetches: [],
  secrets: [],
  fuel: 0,
  busyMs: 0,
  wallMs: 0,
});

/** Four words that start Math.random, never all 0. */
function seedWords(seed: string): number[] {
  const digest = sha256('dodona Math.random\n', seed);
  return [0, 4, 8, 12].map((at) => (digest.readUInt32LE(at) | (at === 0 ? 1 : 0)) >>> 0);
}
