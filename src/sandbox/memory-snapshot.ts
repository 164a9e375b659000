import assert from 'node:assert/strict';

/** What is compared and put back at once. */
const BLOCK_BYTES = 4 * 1024;
/** Comparing blocks one by one is slow where hardly any has changed: first, so many at once. */
const SPAN_BYTES = 16 * BLOCK_BYTES;
/** Shorter runs of zeros are not worth leaving out. */
const MIN_HOLE_BYTES = 1024 * 1024;

interface Range {
  readonly start: number;
  readonly end: number;
}

export interface SnapshotOptions {
  /** Bytes below a hole's end that are looked at all the same: the stack grows down into one. */
  readonly stackBytes: number;
  /** The end of memory that the heap may grow into: looked at, though it is all zeros. */
  readonly headroomBytes: number;
}

/**
 * What a memory held when this was made, and the way back to it. Large runs of zeros that no sound
 * engine ever touches (the deep of its stack, and the ballast below the heap's headroom) are left
 * out of restore(), and looked at by isWhole() only.
 */
export class MemorySnapshot {
  readonly #bytes: Buffer;
  readonly #ranges: readonly Range[];
  readonly #holes: readonly Range[];
  readonly #zeros = Buffer.alloc(SPAN_BYTES);

  constructor(memory: WebAssembly.Memory, options: SnapshotOptions) {
    this.#bytes = Buffer.from(memory.buffer.slice(0));
    const length = this.#bytes.length;
    assert.equal(length % SPAN_BYTES, 0);
    this.#holes = this.#findHoles()
      .map(({ start, end }) => ({
        start,
        end:
          end - (end > length - options.headroomBytes ? options.headroomBytes : options.stackBytes),
      }))
      .filter(({ start, end }) => end > start);
    this.#ranges = gapsBetween(this.#holes, length);
  }

  get memoryBytes(): number {
    return this.#bytes.length;
  }

  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /** Bytes that restore() looks at. */
  get watchedBytes(): number {
    return this.#ranges.reduce((sum, { start, end }) => sum + end - start, 0);
  }

  /** Puts back what has changed in a memory that has not grown. Answers how many blocks. */
  restore(memory: WebAssembly.Memory): number {
    const now = Buffer.from(memory.buffer);
    assert.equal(now.length, this.#bytes.length);
    let restored = 0;
    for (const { start, end } of this.#ranges) {
      for (let span = start; span < end; span += SPAN_BYTES) {
        const spanEnd = Math.min(span + SPAN_BYTES, end);
        if (this.#same(now, span, spanEnd)) continue;
        for (let at = span; at < spanEnd; at += BLOCK_BYTES) {
          if (this.#same(now, at, at + BLOCK_BYTES)) continue;
          this.#bytes.copy(now, at, at, at + BLOCK_BYTES);
          restored++;
        }
      }
    }
    return restored;
  }

  /** Whether a memory is the snapshot's to the last byte, holes included. */
  isWhole(memory: WebAssembly.Memory): boolean {
    return this.#bytes.equals(Buffer.from(memory.buffer));
  }

  #same(now: Buffer, start: number, end: number): boolean {
    return now.compare(this.#bytes, start, end, start, end) === 0;
  }

  #findHoles(): Range[] {
    const holes: Range[] = [];
    let start = 0;
    for (let at = 0; at <= this.#bytes.length; at += BLOCK_BYTES) {
      const isZero = at < this.#bytes.length && this.#isZero(at);
      if (isZero) continue;
      if (at - start >= MIN_HOLE_BYTES) holes.push({ start, end: at });
      start = at + BLOCK_BYTES;
    }
    return holes;
  }

  #isZero(at: number): boolean {
    return this.#bytes.compare(this.#zeros, 0, BLOCK_BYTES, at, at + BLOCK_BYTES) === 0;
  }
}

function gapsBetween(holes: readonly Range[], length: number): Range[] {
  const starts = [0, ...holes.map(({ end }) => end)];
  const ends = [...holes.map(({ start }) => start), length];
  return starts.map((start, at) => ({ start, end: ends[at] ?? length }));
}
