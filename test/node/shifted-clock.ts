import { type Clock, systemClock } from '../../src/base/clock.js';

/** The real clock, but for the time of day, which a test may set forward, and stop. */
export function shiftedClock(): Clock & {
  forward(ms: number): void;
  /** The time of day stands still from now on, but where it is set forward. */
  stop(): void;
  goOn(): void;
} {
  let aheadMs = 0;
  let stoppedMs: number | null = null;
  return {
    ...systemClock,
    nowMs: () => (stoppedMs ?? systemClock.nowMs()) + aheadMs,
    forward(ms) {
      aheadMs += ms;
    },
    stop() {
      stoppedMs ??= systemClock.nowMs();
    },
    goOn() {
      if (stoppedMs !== null) aheadMs += stoppedMs - systemClock.nowMs();
      stoppedMs = null;
    },
  };
}
