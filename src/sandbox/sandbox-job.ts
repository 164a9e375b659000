import type { Clock } from '../base/clock.js';
import type {
  Execution,
  ExecutionEnd,
  FetchMade,
  FunctionFetch,
  FunctionHost,
} from './execution.js';
import { wallTimeout } from './function-run.js';
import type {
  Answer,
  FromThread,
  ParkedRun,
  Question,
  RunTask,
  ToThread,
} from './thread-messages.js';

/** Why clocks are stopped: an error of its own each time would cost more than the execution. */
const DONE = Object.freeze(new Error('the execution is over'));

/** What has the code of an execution at the moment. */
export interface JobThread {
  /** Nothing that it was told is still to be worked on. */
  readonly isResting: boolean;
  /** Tells it something that makes the code run, or end. */
  tell(message: ToThread, moved?: ArrayBuffer[]): void;
  /** Ends it, whatever it is doing. */
  terminate(): void;
}

export interface JobEvents {
  /** It was parked, and can go on. */
  wantsTurn(): void;
  over(): void;
}

/** What is known of an execution's inside when it ends. */
type Told = Pick<Extract<FromThread, { kind: 'done' }>, 'logs' | 'fuel' | 'busyMs'>;

interface Letter {
  readonly message: ToThread;
  readonly moved: ArrayBuffer[];
}

/**
 * One execution, seen from outside: it puts the questions of the code to the host, and the answers
 * to the thread that has the code, or keeps them while the code is parked.
 */
export class SandboxJob {
  readonly number: number;
  readonly task: RunTask;
  readonly outcome: Promise<Execution>;
  /** Time that its code ran, as of its last rest. */
  busyMs = 0;
  readonly #host: FunctionHost;
  readonly #clock: Clock;
  readonly #events: JobEvents;
  readonly #fetches: FetchMade[] = [];
  readonly #secrets: string[] = [];
  readonly #over = new AbortController();
  #resolve: (execution: Execution) => void = () => undefined;
  #reject: (error: unknown) => void = () => undefined;
  #startMs: number | null = null;
  #thread: JobThread | null = null;
  #parked: ParkedRun | null = null;
  #letters: Letter[] = [];
  /** How it ends as soon as it rests somewhere. */
  #end: ExecutionEnd | null = null;

  constructor(parts: {
    readonly number: number;
    readonly task: RunTask;
    readonly host: FunctionHost;
    readonly clock: Clock;
    readonly events: JobEvents;
  }) {
    this.number = parts.number;
    this.task = parts.task;
    this.#host = parts.host;
    this.#clock = parts.clock;
    this.#events = parts.events;
    this.outcome = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** Aborted when the execution has ended. */
  get over(): AbortSignal {
    return this.#over.signal;
  }

  get isOver(): boolean {
    return this.#over.signal.aborted;
  }

  /** Begins, or goes on, on a thread. */
  enter(thread: JobThread): void {
    const nowMs = this.#clock.monotonicMs();
    this.#thread = thread;
    const { number: run, task } = this;
    if (this.#startMs === null) {
      this.#startMs = nowMs;
      this.#limitWallTime();
      thread.tell({ kind: 'run', run, task });
      return;
    }
    const parked = this.#parked;
    if (parked === null) throw new Error('bug: an execution goes on that was not parked');
    this.#parked = null;
    const wallMs = nowMs - this.#startMs;
    const resume = { kind: 'resume', run, task, parked, wallMs } as const;
    thread.tell(resume, buffersOf(parked));
    for (const { message, moved } of this.#letters.splice(0)) thread.tell(message, moved);
  }

  /** Its code is on its way out of the thread: `parked` follows. */
  leave(): void {
    this.#thread = null;
  }

  parked(parked: ParkedRun): void {
    if (this.isOver) return;
    this.#parked = parked;
    if (this.#end !== null) this.settle(this.#end, toldBy(parked));
    else if (this.#letters.length > 0) this.#events.wantsTurn();
  }

  /** Its code has come to rest on its thread. */
  rests(): void {
    if (this.#end !== null) this.#stop(this.#end);
  }

  settle(end: ExecutionEnd, told?: Told): void {
    const startMs = this.#startMs;
    const wallMs = startMs === null ? 0 : this.#clock.monotonicMs() - startMs;
    if (!this.#close()) return;
    const { logs = [], fuel = 0, busyMs = wallMs } = told ?? {};
    const [fetches, secrets] = [this.#fetches, this.#secrets];
    this.#resolve({ end, logs, fetches, secrets, fuel, busyMs, wallMs });
  }

  /** For a bug of the host. */
  fail(error: unknown): void {
    if (this.#close()) this.#reject(error);
  }

  /** Ends it for a reason of outside, at once if its code may be running. */
  cancel(): void {
    if (this.#startMs === null) return this.settle(notBegun());
    const thread = this.#thread;
    if (thread === null || thread.isResting) return this.#stop(cancelled());
    this.settle(cancelled());
    thread.terminate();
  }

  asked(id: number, question: Question): void {
    const answered =
      question.what === 'fetch'
        ? this.#fetch(id, question.request)
        : this.#secret(id, question.name);
    answered.catch((error: unknown) => {
      if (this.isOver) return;
      const thread = this.#thread;
      this.fail(error);
      thread?.terminate();
    });
  }

  async #fetch(id: number, request: FunctionFetch): Promise<void> {
    const { method, url } = request;
    const at = this.#fetches.push({ method, url, outcome: 'open', bytes: 0 }) - 1;
    const answer = await this.#host.fetch(request, this.over);
    if (this.isOver) return;
    const outcome = answer.kind === 'response' ? answer.status : answer.kind;
    const bytes = answer.kind === 'response' ? answer.body.length : 0;
    this.#fetches[at] = { method, url, outcome, bytes };
    if (answer.kind === 'forbidden') return this.#stop(answer);
    const max = this.task.limits.fetchBytes;
    if (answer.kind === 'tooLarge' || bytes > max) {
      this.#fetches[at] = { method, url, outcome: 'tooLarge', bytes };
      const reason = answer.kind === 'tooLarge' ? answer.reason : `an answer has ${bytes} bytes`;
      return this.#stop({ kind: 'fetchTooLarge', reason: `${reason}, more than ${max}` });
    }
    if (answer.kind === 'failed') return this.#answer(id, answer);
    // Copied once and moved, so the host's buffer stays whole.
    const body = new Uint8Array(answer.body);
    const headers = Object.entries(answer.headers);
    const { status } = answer;
    const response = { kind: 'response', status, headers, url: answer.url, body } as const;
    this.#answer(id, response, [body.buffer]);
  }

  async #secret(id: number, name: string): Promise<void> {
    const answer = await this.#host.secret(name);
    if (this.isOver) return;
    if (answer.kind === 'forbidden') return this.#stop(answer);
    this.#secrets.push(name);
    this.#answer(id, answer);
  }

  #answer(id: number, answer: Answer, moved: ArrayBuffer[] = []): void {
    const message = { kind: 'answer', run: this.number, id, answer } as const;
    if (this.#thread !== null) return this.#thread.tell(message, moved);
    this.#letters.push({ message, moved });
    if (this.#parked !== null && this.#letters.length === 1) this.#events.wantsTurn();
  }

  /** Ends it where it rests, or as soon as it does. */
  #stop(end: ExecutionEnd): void {
    this.#end ??= end;
    if (this.#thread !== null) {
      this.#thread.tell({ kind: 'stop', run: this.number, end: this.#end });
    } else if (this.#parked !== null) this.settle(this.#end, toldBy(this.#parked));
  }

  /** Code that runs looks at the clock itself, and the watchdog looks at code that doesn't. */
  #limitWallTime(): void {
    const { wallMs } = this.task.limits;
    const end = (): void => {
      if (this.#thread === null || this.#thread.isResting) this.#stop(wallTimeout(wallMs));
      else this.#end ??= wallTimeout(wallMs);
    };
    this.#clock.sleep(wallMs, this.over).then(end, () => undefined);
  }

  /** False when it was over already. */
  #close(): boolean {
    if (this.isOver) return false;
    this.#thread = null;
    this.#parked = null;
    this.#letters = [];
    this.#over.abort(DONE);
    this.#events.over();
    return true;
  }
}

const toldBy = ({ logs, fuel, busyMs }: ParkedRun): Told => ({ logs, fuel, busyMs });

/** What of it is moved to a thread, and not copied. */
function buffersOf({ vm, bodies }: ParkedRun): ArrayBuffer[] {
  const { blocks, bytes } = vm.image;
  const moved = [blocks, bytes, ...bodies.map(([, body]) => body)];
  return moved.map(({ buffer }) => buffer as ArrayBuffer);
}

const cancelled = (): ExecutionEnd => ({
  kind: 'cancelled',
  reason: 'the caller gave up the execution',
});

export const notBegun = (): ExecutionEnd => ({
  kind: 'cancelled',
  reason: 'the execution was given up before it began',
});
