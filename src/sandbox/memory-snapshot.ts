/** Zeros and data are told apart by blocks of so many bytes. */
const BLOCK_BYTES = 4 * 1024;
/** Data compared, and put back, at once: an execution changes about half of it. */
const DATA_SPAN_BYTES = 64 * 1024;
/** Zeros compared at once: few of them change. */
const ZERO_SPAN_BYTES = 64 * 1024;
/** Shorter runs of zeros are not worth leaving out. */
const MIN_HOLE_BYTES = 1024 * 1024;

interface Range {
  readonly start: number;
  readonly end: number;
}

/** What is compared at once. */
interface Span {
  readonly start: number;
  /** What was there; of zeros, the same zeros for all, which stay in the processor's cache. */
  readonly saved: Buffer;
  /** What is there. */
  readonly now: Buffer;
}

/** How far a restore looks. */
export interface RestoreDepth {
  /** Where the heap has never been since the snapshot: from there on all is zeros. */
  readonly heapEnd: number;
  /** Whether to look at all of the stack, even below where it looks untouched. */
  readonly wholeStack: boolean;
}

/** The parts of a memory, in the order that the engine has them. */
interface Layout {
  /** Static data and the heap. */
  readonly data: readonly Span[];
  /** From its top, which is used first, down. */
  readonly stack: readonly Span[];
  /** Zeros that the heap may grow into. */
  readonly headroom: readonly Span[];
  /** Zeros that no sound engine ever touches: the deep of its stack, and the ballast. */
  readonly holes: readonly Span[];
}

/**
 * What a memory held when this was made, and the way back to it: for this memory, and for others
 * of the same size, to which it can be {@link moveTo moved}.
 */
export class MemorySnapshot {
  readonly #zeros = Buffer.alloc(ZERO_SPAN_BYTES);
  #memory: WebAssembly.Memory;
  #layout: Layout;
  /** Of the memory, holes included. */
  readonly memoryBytes: number;

  /**
   * @param stackBytes how far below its top the stack may reach; its top is the end of the first
   * long run of zeros.
   */
  constructor(memory: WebAssembly.Memory, stackBytes: number) {
    const now = Buffer.from(memory.buffer);
    this.#memory = memory;
    this.memoryBytes = now.length;
    const [deep, ...others] = this.#zeroRuns(now);
    const headroom = others.at(-1);
    if (deep === undefined || headroom?.end !== now.length) {
      throw new Error('bug: the memory is not laid out as it should be');
    }
    const stackStart = Math.max(deep.start, deep.end - stackBytes);
    const holes = [{ start: deep.start, end: stackStart }, ...others.slice(0, -1)];
    const spansOf = (range: Range): Span[] => this.#spansOf(now, range);
    this.#layout = {
      data: gapsBetween([deep, ...others]).flatMap(spansOf),
      stack: spansOf({ start: stackStart, end: deep.end }).reverse(),
      headroom: spansOf(headroom),
      holes: holes.flatMap(spansOf),
    };
  }

  /** Makes another memory of the same size the one that is restored. */
  moveTo(memory: WebAssembly.Memory): void {
    const now = Buffer.from(memory.buffer);
    const moved = (spans: readonly Span[]): Span[] =>
      spans.map(({ start, saved }) => ({
        start,
        saved,
        now: now.subarray(start, start + saved.length),
      }));
    const { data, stack, headroom, holes } = this.#layout;
    this.#memory = memory;
    this.#layout = {
      data: moved(data),
      stack: moved(stack),
      headroom: moved(headroom),
      holes: moved(holes),
    };
  }

  /** Puts back what differs, in a memory that has not grown. */
  restore({ heapEnd, wholeStack }: RestoreDepth): void {
    const { data, stack, headroom } = this.#layout;
    for (const span of data) restoreSpan(span);
    for (const span of stack) {
      // The calls of an execution lie one below the other, so that below untouched there is none.
      if (!restoreSpan(span) && !wholeStack) break;
    }
    for (const span of headroom) {
      if (span.start >= heapEnd) break;
      restoreSpan(span);
    }
  }

  /** Whether the memory is the snapshot's to the last byte, holes included. */
  isWhole(): boolean {
    if (this.#memory.buffer.byteLength !== this.memoryBytes) return false;
    const { data, stack, headroom, holes } = this.#layout;
    return [data, stack, headroom, holes].every((spans) =>
      spans.every(({ now, saved }) => now.equals(saved)),
    );
  }

  #spansOf(memory: Buffer, { start, end }: Range): Span[] {
    const spans: Span[] = [];
    let at = start;
    while (at < end) {
      const isZero = this.#isZero(memory.subarray(at, Math.min(at + ZERO_SPAN_BYTES, end)));
      const spanEnd = Math.min(at + (isZero ? ZERO_SPAN_BYTES : DATA_SPAN_BYTES), end);
      const now = memory.subarray(at, spanEnd);
      const saved = isZero ? this.#zeros.subarray(0, now.length) : Buffer.from(now);
      spans.push({ start: at, saved, now });
      at = spanEnd;
    }
    return spans;
  }

  /** Long runs of zeros, and the one at the end. */
  #zeroRuns(memory: Buffer): Range[] {
    const runs: Range[] = [];
    let start = 0;
    for (let at = 0; at < memory.length; at += BLOCK_BYTES) {
      if (this.#isZero(memory.subarray(at, at + BLOCK_BYTES))) continue;
      if (at - start >= MIN_HOLE_BYTES) runs.push({ start, end: at });
      start = at + BLOCK_BYTES;
    }
    if (start < memory.length) runs.push({ start, end: memory.length });
    return runs;
  }

  #isZero(bytes: Buffer): boolean {
    return bytes.equals(this.#zeros.subarray(0, bytes.length));
  }
}

/** Whether it was different. */
function restoreSpan({ now, saved }: Span): boolean {
  if (now.equals(saved)) return false;
  now.set(saved);
  return true;
}

/** What lies before each run, since the run before it. */
function gapsBetween(runs: readonly Range[]): Range[] {
  const starts = [0, ...runs.map(({ end }) => end)];
  return runs.map(({ start }, at) => ({ start: starts[at] ?? 0, end: start }));
}
