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
  sleep,
};

/**
 * Not Node's own: that makes an error with its stack for each sleep that is cut short, as those are
 * that watch over what ends in time, and they took a tenth of a fetch's processor time (measured).
 */
function sleep(timeoutMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, timeoutMs);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
