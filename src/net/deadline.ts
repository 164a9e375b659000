import { type AbortListeners, createAbortListeners } from '../base/abort-listeners.js';
import type { Clock } from '../base/clock.js';
import { createDeadlines, type Deadlines } from '../base/deadlines.js';

/** A time that ends, or is ended by the caller's signal. */
export interface Deadline {
  /** True from when the time is over or the caller aborts, unless stopped before. */
  ended(): boolean;
  /** Calls it then; at once where it is then already. */
  onEnd(listener: () => void): void;
  /** Aborts then. It is made when it is first asked for: most deadlines need none. */
  readonly signal: AbortSignal;
  /** Whether it was the time that ended it. */
  expired(): boolean;
  /**
   * Lets go of the time and of the caller; the signal will not abort any more. (Were it to abort
   * what has ended well, it could tear down a connection that serves somebody else by then.)
   */
  stop(): void;
}

/** What watches over the deadlines of all fetches at once. */
export interface Watch {
  readonly deadlines: Deadlines;
  readonly aborts: AbortListeners;
}

/** The reason of every abort here: an error with its own stack each time would say no more. */
const ENDED = Object.freeze(new Error('ended'));

/** Starts a deadline of `timeoutMs` from now, tied to the signal of whoever waits. */
export function startDeadline(watch: Watch, timeoutMs: number, caller?: AbortSignal): Deadline {
  return new TiedDeadline(watch, timeoutMs, caller);
}

/** As `startDeadline`, for one that is rare enough to be watched over by itself. */
export function startOwnDeadline(clock: Clock, timeoutMs: number, caller: AbortSignal): Deadline {
  const watch = watchOver(clock);
  const deadline = startDeadline(watch, timeoutMs, caller);
  return {
    ended: () => deadline.ended(),
    onEnd: (listener) => deadline.onEnd(listener),
    get signal() {
      return deadline.signal;
    },
    expired: () => deadline.expired(),
    stop() {
      deadline.stop();
      watch.deadlines.close();
    },
  };
}

class TiedDeadline implements Deadline {
  #ended = false;
  #expired = false;
  #ending: AbortController | null = null;
  #listeners: (() => void)[] | null = null;
  readonly #time: { cancel(): void };
  readonly #abort: { cancel(): void } | null;

  constructor(watch: Watch, timeoutMs: number, caller: AbortSignal | undefined) {
    this.#time = watch.deadlines.start(timeoutMs, () => {
      this.#expired = true;
      this.#end();
    });
    this.#abort = caller === undefined ? null : watch.aborts.add(caller, () => this.#end());
    if (caller?.aborted === true) this.#end();
  }

  get signal(): AbortSignal {
    this.#ending ??= new AbortController();
    if (this.#ended) this.#ending.abort(ENDED);
    return this.#ending.signal;
  }

  ended(): boolean {
    return this.#ended;
  }

  expired(): boolean {
    return this.#expired;
  }

  onEnd(listener: () => void): void {
    if (this.#ended) listener();
    else if (this.#listeners === null) this.#listeners = [listener];
    else this.#listeners.push(listener);
  }

  stop(): void {
    this.#time.cancel();
    this.#abort?.cancel();
  }

  #end(): void {
    this.stop();
    this.#ended = true;
    this.#ending?.abort(ENDED);
    for (const listener of this.#listeners ?? []) listener();
  }
}

export const watchOver = (clock: Clock): Watch => ({
  deadlines: createDeadlines(clock),
  aborts: createAbortListeners(),
});

/** The promise's value, or null as soon as the signal aborts. */
export function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T | null> {
  return new Promise((resolve, reject) => {
    const stop = (): void => resolve(null);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop);
    promise.finally(() => signal.removeEventListener('abort', stop)).then(resolve, reject);
  });
}
