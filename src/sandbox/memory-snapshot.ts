import assert from 'node:assert/strict';

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

/**
 * What is compared at once. Zeros are compared with the same zeros, which stay in the processor's
 * nearest cache.
 */
interface Span extends Range {
  readonly isZero: boolean;
}

/**
 * What a memory held when this was made, and the way back to it. Large runs of zeros that no sound
 * engine ever touches (the deep of its stack, and the ballast below the heap's headroom) are left
 * out of restore(), and looked at by isWhole() only.
 */
export class MemorySnapshot {
  readonly #bytes: Buffer;
  readonly #spans: readonly Span[];
  readonly #zeros = Buffer.alloc(ZERO_SPAN_BYTES);

  /**
   * @param stackBytes how far below its top, which is the end of the first run of zeros, the
   * engine's stack may reach.
   */
  constructor(memory: WebAssembly.Memory, stackBytes: number) {
    this.#bytes = Buffer.from(memory.buffer.slice(0));
    const [stack, ...others] = this.#findHoles();
    const deep = stack === undefined ? [] : [{ ...stack, end: stack.end - stackBytes }];
    const holes = [...deep, ...others].filter(({ start, end }) => end > start);
    this.#spans = gapsBetween(holes, this.#bytes.length).flatMap((gap) => this.#spansOf(gap));
  }

  get memoryBytes(): number {
    return this.#bytes.length;
  }

  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /** Bytes that restore() looks at. */
  get watchedBytes(): number {
    return this.#spans.reduce((sum, { start, end }) => sum + end - start, 0);
  }

  /** Puts back what has changed in a memory that has not grown. Answers how many bytes. */
  restore(memory: WebAssembly.Memory): number {
    const now = Buffer.from(memory.buffer);
    assert.equal(now.length, this.#bytes.length);
    let restored = 0;
    for (const { start, end, isZero } of this.#spans) {
      const same = isZero
        ? now.compare(this.#zeros, 0, end - start, start, end) === 0
        : now.compare(this.#bytes, start, end, start, end) === 0;
      if (same) continue;
      this.#bytes.copy(now, start, start, end);
      restored += end - start;
    }
    return restored;
  }

  /** Whether a memory is the snapshot's to the last byte, holes included. */
  isWhole(memory: WebAssembly.Memory): boolean {
    return this.#bytes.equals(Buffer.from(memory.buffer));
  }

  /** Long spans where there are zeros, short ones elsewhere. */
  #spansOf({ start, end }: Range): Span[] {
    const spans: Span[] = [];
    let at = start;
    while (at < end) {
      const isZero = this.#isZero(at, Math.min(at + ZERO_SPAN_BYTES, end));
      const spanEnd = Math.min(at + (isZero ? ZERO_SPAN_BYTES : DATA_SPAN_BYTES), end);
      spans.push({ start: at, end: spanEnd, isZero });
      at = spanEnd;
    }
    return spans;
  }

  /** Long runs of zeros, but for one at the end: there the heap may grow. */
  #findHoles(): Range[] {
    const holes: Range[] = [];
    let start = 0;
    for (let at = 0; at < this.#bytes.length; at += BLOCK_BYTES) {
      if (this.#isZero(at, at + BLOCK_BYTES)) continue;
      if (at - start >= MIN_HOLE_BYTES) holes.push({ start, end: at });
      start = at + BLOCK_BYTES;
    }
    return holes;
  }

  #isZero(start: number, end: number): boolean {
    return this.#bytes.compare(this.#zeros, 0, end - start, start, end) === 0;
  }
}

function gapsBetween(holes: readonly Range[], length: number): Range[] {
  const starts = [0, ...holes.map(({ end }) => end)];
  const ends = [...holes.map(({ start }) => start), length];
  return starts.map((start, at) => ({ start, end: ends[at] ?? length }));
}
