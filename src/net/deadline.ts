import { setMaxListeners } from 'node:events';
import type { Clock } from '../base/clock.js';

/** A time that ends, or is ended by the caller's signal. */
export interface Deadline {
  /** Aborts when the time is over and when the caller aborts, unless stopped before. */
  readonly signal: AbortSignal;
  /** Whether it was the time that ended it. */
  expired(): boolean;
  /**
   * Lets go of the timer and of the caller; the signal will not abort any more. (Were it to abort
   * what has ended well, it could tear down a connection that serves somebody else by then.)
   */
  stop(): void;
}

/** The reason of every abort here: an error with its own stack each time would say no more. */
const ENDED = Object.freeze(new Error('ended'));

/** Starts a deadline of `timeoutMs` from now, tied to the signal of whoever waits. */
export function startDeadline(clock: Clock, timeoutMs: number, caller?: AbortSignal): Deadline {
  const ending = new AbortController();
  const timer = new AbortController();
  let expired = false;
  const stop = (): void => {
    caller?.removeEventListener('abort', end);
    timer.abort(ENDED);
  };
  const end = (): void => {
    stop();
    ending.abort(ENDED);
  };
  if (caller?.aborted === true) end();
  else if (caller !== undefined) listen(caller, end);
  clock.sleep(timeoutMs, timer.signal).then(
    () => {
      expired = !timer.signal.aborted;
      if (expired) end();
    },
    () => {},
  );
  return { signal: ending.signal, expired: () => expired, stop };
}

/** The one signal of a node that stops is listened to by all of its fetches: that is no leak. */
function listen(caller: AbortSignal, end: () => void): void {
  setMaxListeners(0, caller);
  caller.addEventListener('abort', end);
}

/** The promise's value, or null as soon as the signal aborts. */
export function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T | null> {
  return new Promise((resolve, reject) => {
    const stop = (): void => resolve(null);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop);
    promise.finally(() => signal.removeEventListener('abort', stop)).then(resolve, reject);
  });
}
