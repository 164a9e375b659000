import type { Clock } from '../base/clock.js';
import type { ExecutionEnd } from './execution.js';
import { AUTHOR_FILE, type FunctionVm } from './function-vm.js';
import type { HostSide, ToldError } from './host-functions.js';
import type { SandboxLimits } from './limits.js';
import { VmFault } from './quickjs-vm.js';
import type { Answer, FromThread, ParkedRun, Question, RunTask } from './thread-messages.js';
import { HeapFull } from './vm-memory.js';

/** Jobs between two looks at the clock: short ones are never interrupted by the engine. */
const JOBS_AT_ONCE = 256;
/** So often code is stopped by the engine's own means. */
const MAX_INTERRUPTS = 3;
const MAX_MESSAGE_CHARS = 1_000;
const MAX_HOST_CHARS = 253;
const MAX_STACK_LINES = 20;
const MAX_STACK_LINE_CHARS = 200;

/**
 * One execution in a thread: runs the code until it rests, notices every way in which it can end,
 * and tells what it asks for. Each step is bounded by the engine asking {@link shouldStop}.
 */
export class FunctionRun implements HostSide {
  readonly #number: number;
  readonly #task: RunTask;
  readonly #vm: FunctionVm;
  readonly #clock: Clock;
  readonly #send: (message: FromThread) => void;
  readonly #logs: string[] = [];
  readonly #bodies = new Map<number, Uint8Array>();
  readonly #open = new Set<number>();
  readonly #startMs: number;
  #stepStartMs = 0;
  #busyMs = 0;
  #fetches = 0;
  #secrets = 0;
  #interrupts = 0;
  #end: ExecutionEnd | null = null;

  /** `resumed`: what {@link park} gave, and the time since the execution was started. */
  constructor(parts: {
    readonly run: number;
    readonly task: RunTask;
    readonly vm: FunctionVm;
    readonly clock: Clock;
    readonly send: (message: FromThread) => void;
    readonly resumed?: { readonly parked: ParkedRun; readonly wallMs: number };
  }) {
    this.#number = parts.run;
    this.#task = parts.task;
    this.#vm = parts.vm;
    this.#clock = parts.clock;
    this.#send = parts.send;
    this.#startMs = parts.clock.monotonicMs() - (parts.resumed?.wallMs ?? 0);
    if (parts.resumed !== undefined) this.#resume(parts.resumed.parked);
  }

  get maxResultBytes(): number {
    return this.#task.limits.resultBytes;
  }

  get maxFetchRequestBytes(): number {
    return this.#task.limits.fetchRequestBytes;
  }

  /** True when the execution has ended, and its code must do so too. */
  shouldStop(): boolean {
    if (this.#end !== null) return true;
    if (this.#vm.vm.hostRefused) this.end(heapFull(this.#task.limits.heapBytes));
    const { busyMs, wallMs } = this.#task.limits;
    const nowMs = this.#clock.monotonicMs();
    if (this.#busyMs + nowMs - this.#stepStartMs > busyMs) {
      this.end({ kind: 'timeout', limit: 'busy', reason: `it ran for longer than ${busyMs} ms` });
    } else if (nowMs - this.#startMs > wallMs) this.end(wallTimeout(wallMs));
    return this.#end !== null;
  }

  /**
   * For the engine, which asks now and then. Stopping is an exception that no function catches but
   * an async one, which rejects with it, so that its caller may go on for ever: then all of the
   * engine's calls are left at once, and its instance is given up.
   */
  shouldInterrupt(): boolean {
    if (!this.shouldStop()) return false;
    this.#interrupts++;
    if (this.#interrupts > MAX_INTERRUPTS) throw new Error('the code went on after its end');
    return true;
  }

  /** Runs the module and its function; true when the execution is over. */
  start(): boolean {
    return this.#step(() => {
      this.#vm.run(this.#task.source, this.#task.args);
    });
  }

  /** Hands over an answer and goes on; true when the execution is over. */
  answer(id: number, answer: Answer): boolean {
    return this.#step(() => {
      if (!this.#open.delete(id)) return;
      this.#vm.answer(id, this.#toldAnswer(id, answer));
    });
  }

  /** Takes it out of the VM while it rests; this run is then over here. */
  park(): ParkedRun {
    return {
      vm: this.#vm.park(),
      fuel: this.#vm.vm.fuel,
      logs: this.#logs,
      bodies: [...this.#bodies],
      open: [...this.#open],
      fetches: this.#fetches,
      secrets: this.#secrets,
      busyMs: this.#busyMs,
    };
  }

  #resume({ vm, logs, bodies, open, fetches, secrets, busyMs }: ParkedRun): void {
    this.#vm.resume(vm);
    this.#logs.push(...logs);
    for (const [id, body] of bodies) this.#bodies.set(id, body);
    for (const id of open) this.#open.add(id);
    this.#fetches = fetches;
    this.#secrets = secrets;
    this.#busyMs = busyMs;
  }

  /** Ends it from outside, where it waits. */
  stop(end: ExecutionEnd): void {
    this.end(end);
    this.#tellDone();
  }

  log(line: string): void {
    if (this.#end !== null) return;
    const { logLines, logLineChars } = this.#task.limits;
    if (this.#logs.length >= logLines) {
      this.end({ kind: 'tooManyLogs', reason: `it logged more than ${logLines} lines` });
      return;
    }
    this.#logs.push(line.length > logLineChars ? `${cutOff(line, logLineChars)}…` : line);
  }

  ask(id: number, question: Question): string | null {
    const { fetches, secrets } = this.#task.limits;
    if (this.#end !== null) return 'the execution has ended';
    if (question.what === 'fetch' && ++this.#fetches > fetches) {
      this.end({ kind: 'tooManyFetches', reason: `it began more than ${fetches} fetches` });
      return 'too many fetches';
    }
    if (question.what === 'secret' && ++this.#secrets > secrets) {
      this.end({ kind: 'tooManySecrets', reason: `it asked for more than ${secrets} secrets` });
      return 'too many secrets';
    }
    const forbidden = question.what === 'fetch' ? this.#forbidden(question.request.url) : null;
    if (forbidden !== null) {
      this.end({ kind: 'forbidden', reason: forbidden });
      return forbidden;
    }
    this.#open.add(id);
    this.#send({ kind: 'question', run: this.#number, id, question });
    return null;
  }

  takeBody(id: number): Uint8Array {
    const body = this.#bodies.get(id);
    this.#bodies.delete(id);
    return body ?? new Uint8Array(0);
  }

  failed(how: 'thrown' | 'notJson', told: ToldError, isInternal: boolean): void {
    const { heapBytes, stackBytes } = this.#task.limits;
    const isNull = told.name === '' && told.message === 'null';
    if ((isInternal && /out of memory/.test(told.message)) || (isNull && this.#vm.vm.heapFull)) {
      this.end(heapFull(heapBytes));
    } else if (isInternal && /stack overflow/.test(told.message)) {
      this.end(stackFull(stackBytes));
    } else {
      const { message, stack } = shown(told);
      this.end({ kind: how, message, stack });
    }
  }

  get known(): RunTask {
    return this.#task;
  }

  end(end: ExecutionEnd): void {
    // What follows from the host's having no room in the heap is not what it seems.
    const { heapBytes } = this.#task.limits;
    this.#end ??= this.#vm.vm.hostRefused ? heapFull(heapBytes) : end;
  }

  /** Why a host may not be fetched from; what isn't a URL is for the fetch to refuse. */
  #forbidden(url: string): string | null {
    const { allowedHosts } = this.#task;
    if (allowedHosts === null || !URL.canParse(url)) return null;
    const { hostname } = new URL(url);
    if (allowedHosts.includes(hostname)) return null;
    return `the host ${hostname.slice(0, MAX_HOST_CHARS)} is not among those it was allowed`;
  }

  #step(work: () => void): boolean {
    this.#stepStartMs = this.#clock.monotonicMs();
    try {
      work();
      this.#drainJobs();
      // Time may have run out without the engine asking.
      this.shouldStop();
    } catch (error) {
      this.#end ??= endOfFault(error, this.#task.limits);
    }
    const nowMs = this.#clock.monotonicMs();
    this.#busyMs += nowMs - this.#stepStartMs;
    if (this.#end === null && this.#open.size === 0) this.end(this.#neverSettles());
    if (this.#end === null) {
      this.#send({
        kind: 'waiting',
        run: this.#number,
        busyMs: this.#busyMs,
        parkedBytes: this.#parkedBytes(),
      });
      return false;
    }
    this.#tellDone();
    return true;
  }

  #parkedBytes(): number {
    const bodies = [...this.#bodies.values()];
    return bodies.reduce((sum, { length }) => sum + length, this.#vm.maxParkedBytes);
  }

  #drainJobs(): void {
    while (!this.shouldStop()) {
      const ran = this.#vm.vm.runJobs(JOBS_AT_ONCE);
      if (ran !== 'threw' && ran < JOBS_AT_ONCE) return;
    }
  }

  /** What an uncatchable end of a job leaves behind: a promise that nobody will settle. */
  #neverSettles(): ExecutionEnd {
    if (this.#vm.vm.heapFull) return heapFull(this.#task.limits.heapBytes);
    const reason = 'its promise stays pending, and nothing is left that it could wait for';
    return { kind: 'neverSettles', reason };
  }

  #toldAnswer(id: number, answer: Answer): object {
    if (answer.kind === 'failed') return { problem: answer.reason };
    if (answer.kind === 'secret') return { value: answer.value };
    const { body, status, headers, url } = answer;
    this.#bodies.set(id, body);
    return { value: { body: id, status, headers, url } };
  }

  #tellDone(): void {
    if (this.#end === null) throw new Error('bug: told too early that an execution is over');
    this.#send({
      kind: 'done',
      run: this.#number,
      end: this.#end,
      logs: this.#logs,
      fuel: this.#vm.vm.fuel,
      busyMs: this.#busyMs,
      reusable: this.#vm.reusable,
    });
  }
}

/** A copy: what slice gives keeps the whole text in memory. */
const cutOff = (text: string, chars: number): string =>
  Buffer.from(text.slice(0, chars), 'utf16le').toString('utf16le');

export const wallTimeout = (wallMs: number): ExecutionEnd => ({
  kind: 'timeout',
  limit: 'wall',
  reason: `it took longer than ${wallMs} ms, waiting included`,
});

const heapFull = (bytes: number): ExecutionEnd => ({
  kind: 'heap',
  reason: `it needed more than ${bytes} bytes of heap`,
});

const stackFull = (bytes: number): ExecutionEnd => ({
  kind: 'stack',
  reason: `its calls are nested too deeply for ${bytes} bytes of stack`,
});

/** What an exception of the engine says about the execution; anything else is a bug. */
function endOfFault(error: unknown, limits: SandboxLimits): ExecutionEnd {
  if (error instanceof HeapFull) return heapFull(limits.heapBytes);
  if (!(error instanceof VmFault)) throw error;
  if (error.stackOverflow) return stackFull(limits.stackBytes);
  return { kind: 'crashed', reason: `the engine broke down: ${error.message}` };
}

/** An error as the record shows it: the frames of the author's module, in his own lines. */
function shown({ name, message, stack }: ToldError): {
  readonly message: string;
  readonly stack: readonly string[];
} {
  const text = name === '' ? message : `${name}: ${message}`;
  const frames = stack
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line.includes(AUTHOR_FILE))
    .slice(0, MAX_STACK_LINES)
    .map((line) => line.slice(0, MAX_STACK_LINE_CHARS));
  const cut = text.length > MAX_MESSAGE_CHARS ? `${text.slice(0, MAX_MESSAGE_CHARS)}…` : text;
  return { message: cut, stack: frames };
}
