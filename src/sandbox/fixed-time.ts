/** The time that functions see, which stands still during an execution. */
export interface FixedTime {
  /** Milliseconds since 1970. */
  set(timeMs: number): void;
}

/**
 * Replaces the Date of this thread by one that knows no other time than what it is told, and no
 * other zone than UTC. The engine has no clock but this: Emscripten's glue asks Date for the time
 * and for the zone. For threads that run nothing but functions.
 */
export function fixTime(scope: { Date: DateConstructor }): FixedTime {
  let nowMs = 0;
  class FixedDate extends Date {
    constructor(...given: number[]) {
      if (given.length > 1) super(FixedDate.UTC(...(given as [number, number])));
      else super(given[0] ?? nowMs);
    }

    static override now(): number {
      return nowMs;
    }

    override getTimezoneOffset(): number {
      return 0;
    }

    override getFullYear(): number {
      return this.getUTCFullYear();
    }

    override getMonth(): number {
      return this.getUTCMonth();
    }

    override getDate(): number {
      return this.getUTCDate();
    }

    override getDay(): number {
      return this.getUTCDay();
    }

    override getHours(): number {
      return this.getUTCHours();
    }

    override getMinutes(): number {
      return this.getUTCMinutes();
    }

    override getSeconds(): number {
      return this.getUTCSeconds();
    }
  }
  scope.Date = FixedDate as unknown as DateConstructor;
  return {
    set: (timeMs) => {
      nowMs = timeMs;
    },
  };
}
