/** Lets at most so many run at once; what waits comes in turn, and before what gives way. */
export interface Turns<T> {
  /** Starts it now or when its turn comes; whoever started it calls `end` once it is over. */
  take(one: T, givesWay: boolean): void;
  end(): void;
  /** Whatever gives way and has not had its turn, which it gets no more. */
  dropGivingWay(): T[];
}

/** `start` must not throw. */
export function createTurns<T>(most: number, start: (one: T) => void): Turns<T> {
  const waiting: T[] = [];
  const givingWay: T[] = [];
  let free = most;
  let isStarting = false;
  /** By a loop: thousands may be over as soon as they are started. */
  const startWaiting = (): void => {
    if (isStarting) return;
    isStarting = true;
    while (free > 0) {
      const next = waiting.shift() ?? givingWay.shift();
      if (next === undefined) break;
      free -= 1;
      start(next);
    }
    isStarting = false;
  };
  return {
    take(one, givesWay) {
      (givesWay ? givingWay : waiting).push(one);
      startWaiting();
    },
    end() {
      free += 1;
      startWaiting();
    },
    dropGivingWay: () => givingWay.splice(0),
  };
}
