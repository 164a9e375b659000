/** What is told apart: zeros from data, and what differs from what does not. In bytes. */
const BLOCK_BYTES = 4 * 1024;
/** Zeros compared at once: most executions change a few kB of them. */
const ZERO_SPAN_BYTES = 8 * 1024;
/** Shorter runs of zeros are not worth leaving out. */
const MIN_HOLE_BYTES = 1024 * 1024;

interface Range {
  readonly start: number;
  readonly end: number;
}

/** What is put back at once. */
interface Span {
  readonly start: number;
  /** What was there; of zeros, the same zeros for all, which stay in the processor's cache. */
  readonly saved: Buffer;
  /** What is there. */
  readonly now: Buffer;
}

/** What a memory holds and its snapshot does not. */
export interface MemoryImage {
  readonly memoryBytes: number;
  /** Addresses of the blocks that differ. */
  readonly blocks: Uint32Array;
  /** What is in them, one behind the other. */
  readonly bytes: Uint8Array;
}

/** How far a restore looks. */
export interface RestoreDepth {
  /** Where the heap has never been since the snapshot: from there on all is zeros. */
  readonly heapEnd: number;
  /** How much of the stack a call may leave untouched between what it and the next one use. */
  readonly stackGapBytes: number;
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
      data: gapsBetween([deep, ...others]).map(({ start, end }) => ({
        start,
        saved: Buffer.from(now.subarray(start, end)),
        now: now.subarray(start, end),
      })),
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
  restore({ heapEnd, stackGapBytes }: RestoreDepth): void {
    const { data, stack, headroom } = this.#layout;
    // An execution leaves traces all over the data: copying is as fast as comparing.
    for (const { now, saved } of data) now.set(saved);
    let untouchedBytes = 0;
    for (const span of stack) {
      untouchedBytes = restoreSpan(span) ? 0 : untouchedBytes + span.now.length;
      if (untouchedBytes > stackGapBytes) break;
    }
    for (const span of headroom) {
      if (span.start >= heapEnd) break;
      restoreSpan(span);
    }
  }

  /** What an image of the memory, as large as it is now, may have at most. */
  get maxImageBytes(): number {
    const { data, stack, headroom } = this.#layout;
    const written = [...data, ...stack, ...headroom];
    const bytes = written.reduce((sum, { saved }) => sum + saved.length, 0);
    return bytes + this.#memory.buffer.byteLength - this.memoryBytes;
  }

  /** What an execution has made of the memory up to now. */
  image(): MemoryImage {
    const now = Buffer.from(this.#memory.buffer);
    const { data, stack, headroom } = this.#layout;
    const changed: number[] = [];
    const look = (start: number, saved: Buffer): void => {
      for (let at = 0; at < saved.length; at += BLOCK_BYTES) {
        const block = now.subarray(start + at, start + at + BLOCK_BYTES);
        if (!block.equals(saved.subarray(at, at + BLOCK_BYTES))) changed.push(start + at);
      }
    };
    for (const { start, saved } of [...data, ...stack, ...headroom]) look(start, saved);
    for (let at = this.memoryBytes; at < now.length; at += ZERO_SPAN_BYTES) look(at, this.#zeros);
    const bytes = new Uint8Array(changed.length * BLOCK_BYTES);
    for (const [index, start] of changed.entries()) {
      bytes.set(now.subarray(start, start + BLOCK_BYTES), index * BLOCK_BYTES);
    }
    return { memoryBytes: now.length, blocks: Uint32Array.from(changed), bytes };
  }

  /** Puts an image into a memory of its size, which holds nothing else than the snapshot does. */
  apply({ memoryBytes, blocks, bytes }: MemoryImage): void {
    const now = Buffer.from(this.#memory.buffer);
    if (now.length !== memoryBytes) throw new Error('bug: an image of another size of memory');
    for (const [index, start] of blocks.entries()) {
      now.set(bytes.subarray(index * BLOCK_BYTES, (index + 1) * BLOCK_BYTES), start);
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
    for (let at = start; at < end; at += ZERO_SPAN_BYTES) {
      const now = memory.subarray(at, Math.min(at + ZERO_SPAN_BYTES, end));
      spans.push({ start: at, saved: this.#zeros.subarray(0, now.length), now });
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
