/** Zeros and data are told apart by blocks of so many bytes. */
const BLOCK_BYTES = 4 * 1024;
/** Data compared, and put back, at once: an execution changes about a third of it. */
const DATA_SPAN_BYTES = 16 * 1024;
/** Zeros compared at once: few of them change. */
const ZERO_SPAN_BYTES = 64 * 1024;
/** Shorter runs of zeros are not worth leaving out. */
const MIN_HOLE_BYTES = 1024 * 1024;

interface Range {
  readonly start: number;
  readonly end: number;
}

/** What is compared at once. */
interface Span extends Range {
  /** What is there; of zeros, the same zeros for all, which stay in the processor's cache. */
  readonly bytes: Buffer;
}

/**
 * What a memory held when this was made, and the way back to it. Large runs of zeros that no sound
 * engine ever touches (the deep of its stack, and the ballast below the heap's headroom) are left
 * out of restore(), and looked at by isWhole() only.
 */
export class MemorySnapshot {
  readonly #zeros = Buffer.alloc(ZERO_SPAN_BYTES);
  readonly #watched: readonly Span[];
  readonly #holes: readonly Span[];
  /** Of the memory, holes included. */
  readonly memoryBytes: number;

  /**
   * @param stackBytes how far below its top, which is the end of the first run of zeros, the
   * engine's stack may reach.
   */
  constructor(memory: WebAssembly.Memory, stackBytes: number) {
    const now = Buffer.from(memory.buffer);
    this.memoryBytes = now.length;
    const [stack, ...others] = this.#findHoles(now);
    const deep = stack === undefined ? [] : [{ ...stack, end: stack.end - stackBytes }];
    const holes = [...deep, ...others].filter(({ start, end }) => end > start);
    this.#holes = holes.flatMap((hole) => this.#spansOf(now, hole));
    this.#watched = gapsBetween(holes, now.length).flatMap((gap) => this.#spansOf(now, gap));
  }

  /** Bytes that restore() looks at. */
  get watchedBytes(): number {
    return this.#watched.reduce((sum, { start, end }) => sum + end - start, 0);
  }

  /** Puts back what differs, in a memory of the same size. Answers how many bytes were written. */
  restore(memory: WebAssembly.Memory): number {
    const now = Buffer.from(memory.buffer);
    let restored = 0;
    for (const span of this.#watched) {
      if (isSame(now, span)) continue;
      span.bytes.copy(now, span.start, 0, span.end - span.start);
      restored += span.end - span.start;
    }
    return restored;
  }

  /** Whether a memory is the snapshot's to the last byte, holes included. */
  isWhole(memory: WebAssembly.Memory): boolean {
    const now = Buffer.from(memory.buffer);
    if (now.length !== this.memoryBytes) return false;
    return [...this.#watched, ...this.#holes].every((span) => isSame(now, span));
  }

  /** Long spans where there are zeros, short ones elsewhere. */
  #spansOf(now: Buffer, { start, end }: Range): Span[] {
    const spans: Span[] = [];
    let at = start;
    while (at < end) {
      const isZero = this.#isZero(now, at, Math.min(at + ZERO_SPAN_BYTES, end));
      const spanEnd = Math.min(at + (isZero ? ZERO_SPAN_BYTES : DATA_SPAN_BYTES), end);
      const bytes = isZero ? this.#zeros : Buffer.from(now.subarray(at, spanEnd));
      spans.push({ start: at, end: spanEnd, bytes });
      at = spanEnd;
    }
    return spans;
  }

  /** Long runs of zeros, but for one at the end: there the heap may grow. */
  #findHoles(now: Buffer): Range[] {
    const holes: Range[] = [];
    let start = 0;
    for (let at = 0; at < now.length; at += BLOCK_BYTES) {
      if (this.#isZero(now, at, at + BLOCK_BYTES)) continue;
      if (at - start >= MIN_HOLE_BYTES) holes.push({ start, end: at });
      start = at + BLOCK_BYTES;
    }
    return holes;
  }

  #isZero(now: Buffer, start: number, end: number): boolean {
    return isSame(now, { start, end, bytes: this.#zeros });
  }
}

const isSame = (now: Buffer, { start, end, bytes }: Span): boolean =>
  now.compare(bytes, 0, end - start, start, end) === 0;

function gapsBetween(holes: readonly Range[], length: number): Range[] {
  const starts = [0, ...holes.map(({ end }) => end)];
  const ends = [...holes.map(({ start }) => start), length];
  return starts.map((start, at) => ({ start, end: ends[at] ?? length }));
}
