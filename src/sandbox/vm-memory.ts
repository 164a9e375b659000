import assert from 'node:assert/strict';
import { type Engine, WASM_PAGE_BYTES } from './quickjs-engine.js';

/** There was no room in the guest's heap for what was to be put there. */
export class HeapFull extends Error {
  override readonly name = 'HeapFull';
}

/** What the heap has until the memory must grow: less than the allocator ever gives back. */
const HEADROOM_BYTES = 1536 * 1024;
/** What the memory has before it grows. */
const MEMORY_BYTES = 256 * WASM_PAGE_BYTES;
/** A piece for which the allocator has no room but at the heap's end. */
const PROBE_BYTES = 100 * 1024;
const WORD_BYTES = 4;
/** The engine's static data, which lies below its stack. */
const STATIC_WORDS = (88 * 1024) / WORD_BYTES;
const BREAK_STEP_BYTES = 4 * 1024;

/** Pages of a memory whose heap can have so much after {@link VmMemory.takeBallast}. */
export const pagesForHeap = (maxHeapBytes: number): number =>
  Math.ceil((MEMORY_BYTES - HEADROOM_BYTES + maxHeapBytes) / WASM_PAGE_BYTES);

/** The memory, as it is until it grows. */
interface Views {
  readonly buffer: ArrayBuffer;
  readonly bytes: Buffer;
  readonly words: Int32Array;
}

const viewsOf = ({ buffer }: WebAssembly.Memory): Views => ({
  buffer,
  bytes: Buffer.from(buffer),
  words: new Int32Array(buffer),
});

/** An engine's memory, and its allocator. */
export class VmMemory {
  readonly #engine: Engine;
  #views: Views;
  #refused = false;
  /** Of an execution that began elsewhere. */
  #wasFull = false;

  constructor(engine: Engine) {
    this.#engine = engine;
    this.#views = viewsOf(engine.memory.memory);
  }

  get memory(): WebAssembly.Memory {
    return this.#engine.memory.memory;
  }

  get bytes(): Buffer {
    return this.#now().bytes;
  }

  get words(): Int32Array {
    return this.#now().words;
  }

  /** Whether room was refused since the execution began, to the guest or to the host. */
  get isFull(): boolean {
    return this.#wasFull || this.#refused || this.#engine.memory.refused();
  }

  /** Whether the host had no room for what it had to put there. */
  get refused(): boolean {
    return this.#refused;
  }

  /** For a new execution. */
  forget(): void {
    this.#refused = false;
    this.#wasFull = false;
    this.#engine.memory.forget();
  }

  /** For an execution that began in another memory. */
  remember(wasFull: boolean): void {
    this.forget();
    this.#wasFull = wasFull;
  }

  /** Makes the engine grow the memory, whose glue must notice; what it writes there is void. */
  grow(heapEnd: number): void {
    // The page is for what the allocator has left below the heap's end.
    this.allocate(this.memory.buffer.byteLength - heapEnd + WASM_PAGE_BYTES);
  }

  /** Throws HeapFull, and remembers it. */
  refuse(): never {
    this.#refused = true;
    throw new HeapFull();
  }

  /** The address of new bytes. */
  allocate(bytes: number): number {
    const address = this.#engine.module._malloc(bytes);
    return address === 0 ? this.refuse() : address;
  }

  free(address: number): void {
    this.#engine.module._free(address);
  }

  /** Puts a text into new memory, in UTF-8, with a NUL at its end. */
  write(text: string): { readonly address: number; readonly length: number } {
    const length = Buffer.byteLength(text);
    const address = this.allocate(length + 1);
    const { bytes } = this;
    bytes.write(text, address, length, 'utf8');
    bytes[address + length] = 0;
    return { address, length };
  }

  /** A text up to its first NUL. */
  read(address: number): string {
    const { bytes } = this;
    return bytes.toString('utf8', address, bytes.indexOf(0, address));
  }

  /**
   * Fills the heap up to its headroom, so that whatever needs more must grow the memory, which
   * shows, and so that what is restored afterwards lies at the ends of the memory only.
   * @returns where sbrk keeps the end of the heap, in words; negative when that was not found
   */
  takeBallast(): number {
    const probe = this.allocate(PROBE_BYTES);
    this.free(probe);
    const before = this.words.slice(0, STATIC_WORDS);
    const size = MEMORY_BYTES - HEADROOM_BYTES - probe;
    const ballast = this.allocate(size);
    assert.ok(ballast >= probe, 'no room for the ballast');
    assert.equal(this.memory.buffer.byteLength, MEMORY_BYTES, 'set-up has outgrown the memory');
    // What set-up has left there would have to be put back after each execution.
    this.bytes.fill(0, ballast, ballast + size);
    const { words } = this;
    return before.findIndex((word, at) => {
      const now = words[at] ?? 0;
      return now !== word && now >= ballast + size && now % BREAK_STEP_BYTES === 0;
    });
  }

  /**
   * Where the heap has not been since set-up: the address that the allocator has got from sbrk. It
   * never gives any back unless more than 2 MiB are free at the end, for which the memory must have
   * grown.
   */
  heapEnd(breakWord: number): number {
    const { words } = this;
    const end = breakWord < 0 ? 0 : (words[breakWord] ?? 0);
    return end > 0 ? Math.min(end, words.byteLength) : words.byteLength;
  }

  #now(): Views {
    if (this.#views.buffer !== this.memory.buffer) this.#views = viewsOf(this.memory);
    return this.#views;
  }
}
