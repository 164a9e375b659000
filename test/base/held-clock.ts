import type { Clock } from '../../src/base/clock.js';

/** A clock that stands still until it is told to go on. */
export interface HeldClock extends Clock {
  /** Both the machine's time and the monotonic one; wakes who slept long enough. */
  advance(ms: number): void;
  /** The machine's time alone, as somebody sets it. */
  setTo(nowMs: number): void;
}

export function heldClock(nowMs: number): HeldClock {
  let [now, monotonic] = [nowMs, 0];
  const sleepers = new Set<{ readonly untilMs: number; readonly wake: () => void }>();
  return {
    nowMs: () => now,
    monotonicMs: () => monotonic,
    sleep: (timeoutMs, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const sleeper = { untilMs: monotonic + timeoutMs, wake: () => resolve() };
        sleepers.add(sleeper);
        signal?.addEventListener('abort', () => {
          sleepers.delete(sleeper);
          reject(signal.reason);
        });
      }),
    advance(ms) {
      now += ms;
      monotonic += ms;
      for (const sleeper of [...sleepers]) {
        if (sleeper.untilMs > monotonic) continue;
        sleepers.delete(sleeper);
        sleeper.wake();
      }
    },
    setTo(at) {
      now = at;
    },
  };
}
