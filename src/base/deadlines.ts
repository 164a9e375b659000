import type { Clock } from './clock.js';

/** Time limits of many short things at once, at the price of one sleeping timer. */
export interface Deadlines {
  /** Calls `onExpire` after the time unless `cancel` is called before. */
  start(timeoutMs: number, onExpire: () => void): { cancel(): void };
  /** Drops all of them without a call. */
  close(): void;
}

interface Deadline {
  readonly atMs: number;
  readonly onExpire: () => void;
}

/**
 * Exchanges by the thousand end long before their limits; a timer and its abortion for each cost
 * more than the rest of the exchange (measured), so one nap watches over all of them.
 */
export function createDeadlines(clock: Clock): Deadlines {
  const open = new Set<Deadline>();
  let nap: { readonly untilMs: number; readonly end: AbortController } | null = null;

  const expire = (): void => {
    const nowMs = clock.monotonicMs();
    const due = [...open].filter(({ atMs }) => atMs <= nowMs);
    // After a stall several are due at once.
    for (const deadline of due.sort((a, b) => a.atMs - b.atMs)) {
      if (open.delete(deadline)) deadline.onExpire();
    }
  };
  const sleep = (): void => {
    let untilMs = Number.POSITIVE_INFINITY;
    for (const { atMs } of open) untilMs = Math.min(untilMs, atMs);
    if (untilMs === Number.POSITIVE_INFINITY) return;
    const current = { untilMs, end: new AbortController() };
    nap = current;
    clock.sleep(Math.max(1, untilMs - clock.monotonicMs()), current.end.signal).then(
      () => {
        if (nap !== current) return;
        nap = null;
        expire();
        if (nap === null) sleep();
      },
      () => {},
    );
  };
  return {
    start: (timeoutMs, onExpire) => {
      const deadline = { atMs: clock.monotonicMs() + timeoutMs, onExpire };
      open.add(deadline);
      if (nap === null || nap.untilMs > deadline.atMs) {
        nap?.end.abort();
        sleep();
      }
      return { cancel: () => open.delete(deadline) };
    },
    close: () => {
      open.clear();
      nap?.end.abort();
      nap = null;
    },
  };
}
