import { setMaxListeners } from 'node:events';
import type { Clock } from '../base/clock.js';

/** A time that ends, or is ended by the caller's signal. */
export interface Deadline {
  /** Aborts when the time is over, when the caller aborts, and at `stop`. */
  readonly signal: AbortSignal;
  /** Whether it was the time that ended it. */
  expired(): boolean;
  /** Ends it, and with it all that still listens to its signal. */
  stop(): void;
}

/** The reason of every abort here: a new error with its stack for each would cost more than it says. */
const ENDED = Object.freeze(new Error('ended'));

/** Starts a deadline of `timeoutMs` from now, tied to the signal of whoever waits. */
export function startDeadline(clock: Clock, timeoutMs: number, caller?: AbortSignal): Deadline {
  const controller = new AbortController();
  const { signal } = controller;
  let expired = false;
  const stop = (): void => {
    caller?.removeEventListener('abort', stop);
    controller.abort(ENDED);
  };
  if (caller?.aborted === true) stop();
  else if (caller !== undefined) listen(caller, stop);
  clock.sleep(timeoutMs, signal).then(
    () => {
      expired = !signal.aborted;
      stop();
    },
    () => {},
  );
  return { signal, expired: () => expired, stop };
}

/** The one signal of a node that stops is listened to by all of its fetches: that is no leak. */
function listen(caller: AbortSignal, stop: () => void): void {
  setMaxListeners(0, caller);
  caller.addEventListener('abort', stop);
}

/** The promise's value, or null as soon as the signal aborts. */
export function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T | null> {
  return new Promise((resolve, reject) => {
    const stop = (): void => resolve(null);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    promise.finally(() => signal.removeEventListener('abort', stop)).then(resolve, reject);
  });
}
