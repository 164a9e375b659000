import type { Clock } from '../../src/base/clock.js';
import type { SeededRandom } from './seeded-random.js';
import type { VirtualTime } from './virtual-time.js';

/** What a process that is dead gets from everything that it still calls. */
export class ProcessDied extends Error {
  override readonly name = 'ProcessDied';
}

/**
 * The life of one process. Whatever leaves the process passes through here, so that it can end
 * between any two statements; afterwards nothing of it reaches anybody.
 */
export interface Life {
  isOver(): boolean;
  /** Before each statement and each call to the outside. Throws ProcessDied once it is over. */
  step(what: string): void;
  /** Ends it at the step that comes after so many others. */
  endAfter(steps: number, onEnd: (where: string) => void): void;
  end(): void;
}

export function createLife(): Life {
  let isOver = false;
  let stepsLeft = Number.POSITIVE_INFINITY;
  let tell: (where: string) => void = () => {};
  return {
    isOver: () => isOver,
    step(what) {
      if (isOver) throw new ProcessDied(what);
      stepsLeft -= 1;
      if (stepsLeft > 0) return;
      isOver = true;
      tell(what);
      throw new ProcessDied(what);
    },
    endAfter(steps, onEnd) {
      stepsLeft = steps;
      tell = onEnd;
    },
    end() {
      isOver = true;
    },
  };
}

/** Of a dead process: it settles never. */
export const never = <T>(): Promise<T> => new Promise(() => {});

/** As `work`, which is a call to the outside: a process that is dead, or dies here, waits on. */
export async function outward<T>(life: Life, what: string, work: () => Promise<T>): Promise<T> {
  try {
    life.step(what);
  } catch {
    return never();
  }
  const result = await work().catch((error) => {
    if (life.isOver()) return never<T>();
    throw error;
  });
  return life.isOver() ? never() : result;
}

/** A clock that may be wrong: `wall` is what it shows at the beginning of the simulation. */
export interface VirtualClock extends Clock {
  jump(byMs: number): void;
}

export function createVirtualClock(
  time: VirtualTime,
  life: Life,
  start: { readonly wallMs: number; readonly random: SeededRandom },
): VirtualClock {
  const bornMs = time.nowMs();
  let offsetMs = start.wallMs;
  return {
    nowMs: () => Math.floor(time.nowMs() + offsetMs),
    monotonicMs: () => time.nowMs() - bornMs,
    sleep: (timeoutMs, signal) =>
      new Promise((resolve, reject) => {
        if (life.isOver()) return;
        if (signal?.aborted) return reject(signal.reason);
        const onAbort = (): void => {
          alarm.callOff();
          reject(signal?.reason);
        };
        // No timer is exact; those of one time come in any order.
        const lateMs = start.random.next();
        const alarm = time.after(timeoutMs + lateMs, () => {
          signal?.removeEventListener('abort', onAbort);
          if (!life.isOver()) resolve();
        });
        signal?.addEventListener('abort', onAbort, { once: true });
      }),
    jump(byMs) {
      offsetMs += byMs;
    },
  };
}
