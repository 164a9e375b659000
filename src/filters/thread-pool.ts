import { createDeadlines, type Deadlines } from '../base/deadlines.js';
import { NodeError } from '../base/node-error.js';
import type { FilterReply } from './evaluate-filter.js';
import type { Dialect, FilterOutcome } from './filter-outcome.js';
import type { FilterPool, FilterPoolOptions, FilterPoolStatus } from './filter-pool.js';
import { FilterThread, type ThreadDeath } from './filter-thread.js';
import { isQuickFilter } from './quick-filter.js';

/** Threads kept warm above those that may work, so that an ended one is replaced at once. */
const SPARE_THREADS = 1;
/** Starts of a thread that may fail in a row before the pool waits for the next evaluation. */
const MAX_FAILED_STARTS = 3;
/** Quick evaluations that a thread gets at once: to wake it costs more than one of them. */
const MAX_SHARED = 16;

interface Job {
  readonly dialect: Dialect;
  readonly path: string;
  readonly body: Buffer;
  /** Answers once; what comes later is ignored. */
  readonly settle: (outcome: FilterOutcome) => void;
  readonly fail: (error: NodeError) => void;
  settled: boolean;
  /** It may share a thread's turn with others like it. */
  isQuick: boolean;
}

interface Slot {
  readonly thread: FilterThread;
  /** ending: told to end, and gone soon; what it still says doesn't count. */
  state: 'starting' | 'warm' | 'ending';
  jobs: readonly Job[];
  /** The clock of the jobs. */
  limit: { cancel(): void } | null;
}

/** The queue, the threads and the clock of each evaluation; described at FilterPool. */
export class ThreadPool implements FilterPool {
  readonly #options: Required<FilterPoolOptions>;
  readonly #slots = new Set<Slot>();
  readonly #deadlines: Deadlines;
  #queue: Job[] = [];
  #queuedBytes = 0;
  #failedStarts = 0;
  #closed = false;
  #waiting: (() => void)[] = [];
  #isGathering = false;

  constructor(options: Required<FilterPoolOptions>) {
    this.#options = options;
    this.#deadlines = createDeadlines(options.clock);
    this.#fill();
  }

  async evaluate(
    dialect: Dialect,
    path: string,
    body: Buffer,
    signal?: AbortSignal,
  ): Promise<FilterOutcome> {
    const refused = this.#refusal(body, signal);
    if (refused) return refused;
    return await new Promise<FilterOutcome>((resolve, reject) => {
      const abort = (): void => {
        this.#drop(job);
        job.settle({ kind: 'cancelled', reason: 'the caller gave up the filter' });
      };
      const once = <T>(done: (value: T) => void) => {
        return (value: T): void => {
          if (job.settled) return;
          job.settled = true;
          signal?.removeEventListener('abort', abort);
          done(value);
        };
      };
      const job: Job = {
        dialect,
        path,
        body,
        settle: once(resolve),
        fail: once<NodeError>(reject),
        settled: false,
        isQuick: isQuickFilter(path, body),
      };
      signal?.addEventListener('abort', abort, { once: true });
      this.#queue.push(job);
      this.#queuedBytes += body.length;
      if (this.#slots.size === 0) this.#failedStarts = MAX_FAILED_STARTS - 1;
      this.#fill();
      if (job.isQuick) this.#gather();
      else this.#dispatch();
    });
  }

  async ready(): Promise<void> {
    for (;;) {
      if (this.#failedStarts >= MAX_FAILED_STARTS) throw cannotStart('no thread is running');
      if (this.#closed || [...this.#slots].every((slot) => slot.state === 'warm')) return;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  status(): FilterPoolStatus {
    return {
      threads: this.#slots.size,
      running: this.#running(),
      queued: this.#queue.length,
      queuedBytes: this.#queuedBytes,
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#deadlines.close();
    const reason = 'the filter pool is closed';
    for (const job of this.#takeQueue()) job.settle({ kind: 'cancelled', reason });
    for (const slot of this.#slots) {
      for (const job of slot.jobs) job.settle({ kind: 'cancelled', reason });
      this.#end(slot);
    }
    while (this.#slots.size > 0) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  #refusal(body: Buffer, signal: AbortSignal | undefined): FilterOutcome | null {
    const { maxBodyBytes, maxQueue, maxQueueBytes } = this.#options;
    if (this.#closed) return { kind: 'cancelled', reason: 'the filter pool is closed' };
    if (signal?.aborted) return { kind: 'cancelled', reason: 'the caller gave up the filter' };
    if (body.length > maxBodyBytes) {
      const reason = `the body has ${body.length} bytes, more than ${maxBodyBytes}`;
      return { kind: 'too-large', reason };
    }
    if (this.#queue.length >= maxQueue || this.#queuedBytes + body.length > maxQueueBytes) {
      const reason =
        `${this.#queue.length} filters are waiting with ${this.#queuedBytes} bytes; ` +
        `at most ${maxQueue} with ${maxQueueBytes} bytes may`;
      return { kind: 'busy', reason };
    }
    return null;
  }

  #running(): number {
    let running = 0;
    for (const { jobs } of this.#slots) if (jobs.length > 0) running++;
    return running;
  }

  /** Keeps as many threads as may work, and a spare one. */
  #fill(): void {
    while (
      !this.#closed &&
      this.#failedStarts < MAX_FAILED_STARTS &&
      this.#slots.size < this.#options.workers + SPARE_THREADS
    ) {
      this.#start();
    }
  }

  #start(): void {
    const thread = new FilterThread(this.#options.workerFile, this.#options.maxHeapMb, {
      ready: () => {
        slot.state = 'warm';
        this.#failedStarts = 0;
        thread.rest();
        this.#dispatch();
        this.#wake();
      },
      replied: (replies) => this.#replied(slot, replies),
      exited: (death) => this.#exited(slot, death),
    });
    const slot: Slot = { thread, state: 'starting', jobs: [], limit: null };
    this.#slots.add(slot);
  }

  /** Dispatches once all that came with the same turn of the event loop is there. */
  #gather(): void {
    if (this.#isGathering) return;
    this.#isGathering = true;
    setImmediate(() => {
      this.#isGathering = false;
      this.#dispatch();
    });
  }

  #dispatch(): void {
    for (const slot of this.#slots) {
      if (this.#running() >= this.#options.workers) return;
      if (slot.state !== 'warm' || slot.jobs.length > 0) continue;
      const jobs = this.#next();
      if (jobs.length === 0) return;
      this.#run(slot, jobs);
    }
  }

  /** The job that waits the longest; where it is quick, with the quick ones right behind it. */
  #next(): Job[] {
    const others = this.#queue.findIndex((job, at) => at === MAX_SHARED || !job.isQuick);
    const count = others < 0 ? this.#queue.length : Math.max(others, 1);
    const jobs = this.#queue.splice(0, count);
    for (const { body } of jobs) this.#queuedBytes -= body.length;
    return jobs;
  }

  #run(slot: Slot, jobs: readonly Job[]): void {
    const { profile, maxResultBytes, timeoutMs } = this.#options;
    slot.jobs = jobs;
    slot.thread.run(
      jobs.map(({ dialect, path, body }) => ({ dialect, profile, path, body, maxResultBytes })),
    );
    slot.limit = this.#deadlines.start(timeoutMs, () => this.#overdue(slot, jobs));
  }

  /** Nobody answers for what another may have done: each gets a thread and its time for itself. */
  #runAlone(jobs: readonly Job[]): void {
    const open = jobs.filter(({ settled }) => !settled);
    for (const job of open) {
      job.isQuick = false;
      this.#queuedBytes += job.body.length;
    }
    this.#queue.unshift(...open);
  }

  /**
   * When this thread was kept busy by something else, the reply may be there already, but not read
   * yet: it is read before the next immediate, so only then is the evaluation known to be late.
   */
  #overdue(slot: Slot, jobs: readonly Job[]): void {
    setImmediate(() => {
      if (slot.jobs !== jobs) return;
      const reason = `the filter ran for longer than ${this.#options.timeoutMs} ms`;
      if (jobs.length > 1) this.#runAlone(jobs);
      else jobs[0]?.settle({ kind: 'timeout', reason });
      this.#end(slot);
      this.#dispatch();
    });
  }

  #end(slot: Slot): void {
    slot.limit?.cancel();
    slot.state = 'ending';
    slot.jobs = [];
    slot.thread.end();
  }

  #replied(slot: Slot, replies: readonly FilterReply[]): void {
    if (slot.state === 'ending') return;
    slot.limit?.cancel();
    const { jobs } = slot;
    slot.jobs = [];
    slot.limit = null;
    slot.thread.rest();
    replies.forEach((reply, at) => {
      if (reply.kind !== 'matched') jobs[at]?.settle(reply);
      else jobs[at]?.settle({ kind: 'matched', json: Buffer.from(reply.json.buffer) });
    });
    this.#dispatch();
  }

  #exited(slot: Slot, death: ThreadDeath): void {
    slot.limit?.cancel();
    this.#slots.delete(slot);
    if (slot.jobs.length > 1) this.#runAlone(slot.jobs);
    else slot.jobs[0]?.settle(death);
    if (slot.state === 'starting') this.#failedStarts++;
    this.#fill();
    if (this.#slots.size === 0 && !this.#closed) {
      for (const job of this.#takeQueue()) job.fail(cannotStart(death.reason));
    }
    this.#dispatch();
    this.#wake();
  }

  #drop(job: Job): void {
    const at = this.#queue.indexOf(job);
    if (at < 0) return;
    this.#queue.splice(at, 1);
    this.#queuedBytes -= job.body.length;
  }

  #takeQueue(): Job[] {
    const jobs = this.#queue;
    this.#queue = [];
    this.#queuedBytes = 0;
    return jobs;
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}

const cannotStart = (why: string): NodeError =>
  new NodeError('FILTER_WORKER_START', `cannot start a thread for filters: ${why}`, {
    retryable: true,
    hint: 'Check that the installation is complete (npm run build) and that memory is left.',
  });
