import { type Clock, systemClock } from '../../src/base/clock.js';

/** The real clock, but for the time of day, which a test may set forward. */
export function shiftedClock(): Clock & { forward(ms: number): void } {
  let aheadMs = 0;
  return {
    ...systemClock,
    nowMs: () => systemClock.nowMs() + aheadMs,
    forward(ms) {
      aheadMs += ms;
    },
  };
}
