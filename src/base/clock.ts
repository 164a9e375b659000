import { setTimeout as delay } from 'node:timers/promises';

/** Time as the node sees it; passed in everywhere, so that tests and the simulator can hold it. */
export interface Clock {
  /** Milliseconds since 1970 (UTC). May jump. */
  nowMs(): number;
  /** Milliseconds that only ever grow, for measuring durations. */
  monotonicMs(): number;
  /** Resolves after the time, or rejects with the signal's reason when aborted. */
  sleep(timeoutMs: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep: async (timeoutMs, signal) => {
    await delay(timeoutMs, undefined, signal ? { signal } : {});
  },
};
