import type { Worker } from 'node:worker_threads';
import type { Clock } from '../base/clock.js';
import { messageOf, NodeError } from '../base/node-error.js';
import { startWorker } from '../base/start-worker.js';
import type {
  Execution,
  ExecutionEnd,
  FetchMade,
  FunctionFetch,
  FunctionHost,
} from './execution.js';
import { wallTimeout } from './function-run.js';
import type { ThreadData } from './sandbox-worker.js';
import type { Answer, FromThread, Question, RunTask, ToThread } from './thread-messages.js';

/** QuickJS's own stack is in its memory; the calls of its code are on the thread's. */
const STACK_MB = 32;
const OLD_HEAP_MB = 96;
const YOUNG_HEAP_MB = 16;
/** The engine asks once in so many branches and calls whether to go on. */
const FUEL_PER_POLL = 10_000;
/** Why clocks are stopped: an error of its own each time would cost more than the execution. */
const DONE = Object.freeze(new Error('the execution is over'));

export interface ThreadEvents {
  /** It can take an execution. */
  free(): void;
  /** It is gone, whether it died or was ended; why, when it died before it was ever ready. */
  gone(failedStart: string | null): void;
}

interface Job {
  readonly number: number;
  readonly task: RunTask;
  readonly host: FunctionHost;
  readonly startMs: number;
  readonly fetches: FetchMade[];
  readonly secrets: string[];
  readonly over: AbortController;
  readonly settle: (end: ExecutionEnd, said?: Extract<FromThread, { kind: 'done' }>) => void;
  readonly fail: (error: unknown) => void;
  /** Told to the thread and not yet acknowledged: while there are any, the code may be running. */
  steps: number;
  busyMs: number;
  /** Its time in all is over: it ends as soon as its code has come to rest. */
  isOverdue: boolean;
  watchdog: AbortController | null;
}

/** One worker thread with one VM, which runs one function at a time. */
export class SandboxThread {
  readonly #worker: Worker;
  readonly #clock: Clock;
  readonly #events: ThreadEvents;
  #state: 'starting' | 'free' | 'busy' | 'renewing' | 'ending' = 'starting';
  #wasReady = false;
  #job: Job | null = null;
  #runs = 0;
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

  /** Reserves a free thread for a run that follows at once; false when it is not free. */
  take(): boolean {
    if (this.#state !== 'free') return false;
    this.#state = 'busy';
    return true;
  }

  /** Runs a function on a thread that was taken. Rejects only for a bug of the host. */
  run(task: RunTask, host: FunctionHost, signal: AbortSignal): Promise<Execution> {
    this.#worker.ref();
    return new Promise((resolve, reject) => {
      const job = this.#newJob(task, host, resolve, reject);
      this.#job = job;
      this.#tell(job, { kind: 'run', run: job.number, task });
      this.#limitWallTime(job);
      const cancel = (): void => this.#stop(job, cancelled());
      signal.addEventListener('abort', cancel, { signal: job.over.signal });
      if (signal.aborted) cancel();
    });
  }

  /** Ends the thread at once, also in the middle of an execution, which is then cancelled. */
  end(): void {
    this.#job?.settle(cancelled());
    this.#terminate();
  }

  #newJob(
    task: RunTask,
    host: FunctionHost,
    resolve: (execution: Execution) => void,
    reject: (error: unknown) => void,
  ): Job {
    const startMs = this.#clock.monotonicMs();
    const close = (): boolean => {
      if (this.#job !== job) return false;
      this.#job = null;
      job.watchdog?.abort(DONE);
      job.over.abort(DONE);
      return true;
    };
    const job: Job = {
      number: ++this.#runs,
      task,
      host,
      startMs,
      fetches: [],
      secrets: [],
      over: new AbortController(),
      steps: 0,
      busyMs: 0,
      isOverdue: false,
      watchdog: null,
      settle: (end, said) => {
        const wallMs = this.#clock.monotonicMs() - startMs;
        if (!close()) return;
        const { fetches, secrets } = job;
        const { logs = [], polls = 0, busyMs = wallMs } = said ?? {};
        resolve({ end, logs, fetches, secrets, fuel: polls * FUEL_PER_POLL, busyMs, wallMs });
      },
      fail: (error) => {
        if (close()) reject(error);
      },
    };
    return job;
  }

  #limitWallTime(job: Job): void {
    const over = (): void => {
      job.isOverdue = true;
      this.#endOverdue(job);
    };
    this.#clock.sleep(job.task.limits.wallMs, job.over.signal).then(over, () => undefined);
  }

  /** Code that runs looks at the clock itself, and the watchdog looks at code that doesn't. */
  #endOverdue(job: Job): void {
    if (this.#job !== job || job.steps > 0) return;
    this.#tellStop(job, wallTimeout(job.task.limits.wallMs));
  }

  #tell(job: Job, message: ToThread, transfer: ArrayBuffer[] = []): void {
    job.steps++;
    if (job.watchdog === null) this.#watch(job);
    this.#worker.postMessage(message, transfer);
  }

  #tellStop(job: Job, end: ExecutionEnd): void {
    this.#tell(job, { kind: 'stop', run: job.number, end });
  }

  /** Ends an execution for a reason of outside, at once if its code may be running. */
  #stop(job: Job, end: ExecutionEnd): void {
    if (this.#job !== job) return;
    if (job.steps === 0) return this.#tellStop(job, end);
    job.settle(end);
    this.#terminate();
  }

  /**
   * Lets the thread be ended when the code runs on although it should have been interrupted: the
   * engine's own loops (sort, BigInt division, JSON, String.normalize) never ask.
   */
  #watch(job: Job): void {
    const { busyMs, graceMs } = job.task.limits;
    const watchdog = new AbortController();
    job.watchdog = watchdog;
    const leftMs = Math.max(0, busyMs - job.busyMs) + graceMs;
    this.#clock.sleep(leftMs, watchdog.signal).then(
      // What it said may be there and not read yet, when this thread was kept busy.
      () => setImmediate(() => job.watchdog === watchdog && this.#overdue(job)),
      () => undefined,
    );
  }

  #overdue(job: Job): void {
    if (this.#job !== job) return;
    const reason = `it ran for longer than ${job.task.limits.busyMs} ms and could not be stopped`;
    job.settle({ kind: 'timeout', limit: 'busy', reason });
    this.#terminate();
  }

  #terminate(): void {
    this.#state = 'ending';
    void this.#worker.terminate();
  }

  #said(message: FromThread): void {
    if (this.#state === 'ending') return;
    if (message.kind === 'ready') return this.#free();
    const job = this.#job;
    if (job === null || message.run !== job.number) return;
    if (message.kind === 'question') this.#asked(job, message.id, message.question);
    else if (message.kind === 'waiting') this.#waits(job, message.busyMs);
    else {
      job.settle(message.end, message);
      if (message.reusable) this.#free();
      else this.#state = 'renewing';
    }
  }

  #free(): void {
    // A thread without work keeps no process alive.
    this.#worker.unref();
    this.#wasReady = true;
    this.#state = 'free';
    this.#events.free();
  }

  #waits(job: Job, busyMs: number): void {
    job.steps--;
    job.busyMs = busyMs;
    job.watchdog?.abort(DONE);
    job.watchdog = null;
    if (job.steps > 0) this.#watch(job);
    else if (job.isOverdue) this.#endOverdue(job);
  }

  #asked(job: Job, id: number, question: Question): void {
    const answered =
      question.what === 'fetch'
        ? this.#fetch(job, id, question.request)
        : this.#secret(job, id, question.name);
    answered.catch((error: unknown) => {
      if (this.#job !== job) return;
      job.fail(error);
      this.#terminate();
    });
  }

  async #fetch(job: Job, id: number, request: FunctionFetch): Promise<void> {
    const { method, url } = request;
    const at = job.fetches.push({ method, url, outcome: 'open', bytes: 0 }) - 1;
    const answer = await job.host.fetch(request, job.over.signal);
    if (this.#job !== job) return;
    const outcome = answer.kind === 'response' ? answer.status : answer.kind;
    const bytes = answer.kind === 'response' ? answer.body.length : 0;
    job.fetches[at] = { method, url, outcome, bytes };
    if (answer.kind === 'forbidden') return this.#tellStop(job, answer);
    const max = job.task.limits.fetchBytes;
    if (answer.kind === 'tooLarge' || bytes > max) {
      job.fetches[at] = { method, url, outcome: 'tooLarge', bytes };
      const reason = answer.kind === 'tooLarge' ? answer.reason : `an answer has ${bytes} bytes`;
      return this.#tellStop(job, { kind: 'fetchTooLarge', reason: `${reason}, more than ${max}` });
    }
    if (answer.kind === 'failed') return this.#answer(job, id, answer);
    // Copied once and moved, so the host's buffer stays whole.
    const body = new Uint8Array(answer.body);
    const headers = Object.entries(answer.headers);
    const { status } = answer;
    this.#answer(job, id, { kind: 'response', status, headers, url: answer.url, body }, [
      body.buffer,
    ]);
  }

  async #secret(job: Job, id: number, name: string): Promise<void> {
    const answer = await job.host.secret(name);
    if (this.#job !== job) return;
    if (answer.kind === 'forbidden') return this.#tellStop(job, answer);
    job.secrets.push(name);
    this.#answer(job, id, answer);
  }

  #answer(job: Job, id: number, answer: Answer, transfer: ArrayBuffer[] = []): void {
    this.#tell(job, { kind: 'answer', run: job.number, id, answer }, transfer);
  }

  #exited(): void {
    const why = this.#error === undefined ? 'it exited' : messageOf(this.#error);
    this.#state = 'ending';
    this.#job?.settle({ kind: 'crashed', reason: `the thread of the function died: ${why}` });
    this.#events.gone(this.#wasReady ? null : why);
  }
}

const cancelled = (): ExecutionEnd => ({
  kind: 'cancelled',
  reason: 'the caller gave up the execution',
});

/** No thread can be had: the environment's trouble, and no outcome. */
export const cannotStart = (why: string): NodeError =>
  new NodeError('SANDBOX_WORKER_START', `cannot start a thread for functions: ${why}`, {
    retryable: true,
    hint: 'Check that the installation is complete (npm run build) and that memory is left.',
  });
