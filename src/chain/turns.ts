/** Lets at most so many things run at once; what waits comes in turn, and before what gives way. */
export interface Turns {
  /** Starts it now or when its turn comes; whoever started it calls `end` once it is over. */
  take(start: () => void, givesWay: boolean): void;
  end(): void;
}

/** `start` must not throw. */
export function createTurns(most: number): Turns {
  const waiting: (() => void)[] = [];
  const givingWay: (() => void)[] = [];
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
      next();
    }
    isStarting = false;
  };
  return {
    take(start, givesWay) {
      (givesWay ? givingWay : waiting).push(start);
      startWaiting();
    },
    end() {
      free += 1;
      startWaiting();
    },
  };
}
