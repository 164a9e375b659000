import assert from 'node:assert/strict';
import type { Engine } from './quickjs-engine.js';
import { HeapFull, VmMemory } from './vm-memory.js';

/** A value in the VM: the address of QuickJS's reference to it. */
export type Pointer = number;
/** Pointers are branded in the engine's types, and plain numbers here. */
export type Branded = never;

/** How a call ended: with a value, or with what was thrown. */
export interface Completion {
  readonly threw: boolean;
  readonly value: Pointer;
}

/** Addresses of what a VM needs to know about itself. */
export interface Places {
  readonly runtime: Pointer;
  readonly context: Pointer;
  /** The text "length". */
  readonly lengthKey: Pointer;
  /** Room for the addresses of a call's arguments, and for what jobs leave. */
  readonly scratch: number;
  /** Where sbrk keeps the end of the heap, in words; negative when that is not known. */
  readonly breakWord: number;
  /** Where the engine counts branches and calls, in words, and from where it does so. */
  readonly fuelWord: number;
  readonly fuelStart: number;
  /** JSON's functions, by which texts pass through a transport that ends at NUL. */
  readonly parse: Pointer;
  readonly stringify: Pointer;
  /** A function of the guest. */
  readonly makeImportError: Pointer;
  /** An error of the guest. */
  readonly heapError: Pointer;
}

const REPLACEMENT = '\ufffd';

/** Puts values into a VM, and reads them. */
export abstract class VmValues {
  protected readonly engine: Engine;
  protected readonly heap: VmMemory;
  protected places: Places;

  protected constructor(engine: Engine, places: Places) {
    this.engine = engine;
    this.heap = new VmMemory(engine);
    this.places = places;
  }

  protected get context(): Branded {
    return this.places.context as Branded;
  }

  /** Calls a function of the guest. */
  abstract call(fn: Pointer, args: readonly Pointer[]): Completion;

  newNumber(value: number): Pointer {
    return this.engine.functions.QTS_NewFloat64(this.context, value);
  }

  /** A text with all its characters, NUL and lone surrogates too. */
  newText(text: string): Pointer {
    const plain = !text.includes('\0') && isWellFormed(text);
    const { address } = this.heap.write(plain ? text : JSON.stringify(text));
    const value = this.engine.functions.QTS_NewString(this.context, address as Branded);
    this.heap.free(address);
    if (plain) return value;
    const parsed = this.call(this.places.parse, [value]);
    this.free(value);
    return parsed.threw ? this.heap.refuse() : parsed.value;
  }

  newBuffer(bytes: Uint8Array): Pointer {
    const address = this.heap.allocate(Math.max(1, bytes.length));
    this.heap.bytes.set(bytes, address);
    const { functions } = this.engine;
    return functions.QTS_NewArrayBuffer(this.context, address as Branded, bytes.length);
  }

  isUndefined(value: Pointer): boolean {
    const { functions } = this.engine;
    const constant = functions.QTS_GetUndefined();
    return functions.QTS_IsEqual(this.context, value as Branded, constant, 0 as Branded) === 1;
  }

  isPromise(value: Pointer): boolean {
    return this.engine.functions.QTS_PromiseState(this.context, value as Branded) >= 0;
  }

  /** The value must be a primitive number or boolean. */
  number(value: Pointer): number {
    return this.engine.functions.QTS_GetFloat64(this.context, value as Branded);
  }

  /** A copy of a part of an ArrayBuffer. */
  bytes(value: Pointer, offset: number, length: number): Buffer {
    const { functions } = this.engine;
    const size = functions.QTS_GetArrayBufferLength(this.context, value as Branded);
    assert.ok(offset >= 0 && length >= 0 && offset + length <= size, 'bug: bytes out of range');
    if (length === 0) return Buffer.alloc(0);
    const data: number = functions.QTS_GetArrayBuffer(this.context, value as Branded);
    return Buffer.from(this.heap.bytes.subarray(data + offset, data + offset + length));
  }

  /** Reads a text; null when it is longer than allowed. The value must be a primitive text. */
  text(value: Pointer, maxChars: number): string | null {
    const length = this.#lengthOf(value);
    if (length > maxChars) return null;
    const read = this.#readText(value);
    // Cut at NUL, or a lone surrogate: then by way of JSON, which escapes both.
    if (read.length === length && !read.includes(REPLACEMENT)) return read;
    const escaped = this.call(this.places.stringify, [value]);
    if (escaped.threw) return this.heap.refuse();
    const text = JSON.parse(this.#readText(escaped.value)) as string;
    this.free(escaped.value);
    return text;
  }

  /** A value in words, for the messages of bugs. */
  dump(value: Pointer): string {
    return this.heap.read(this.engine.functions.QTS_Dump(this.context, value as Branded));
  }

  free(value: Pointer): void {
    this.engine.functions.QTS_FreeValuePointer(this.context, value as Branded);
  }

  #lengthOf(value: Pointer): number {
    const key = this.places.lengthKey as Branded;
    const length = this.engine.functions.QTS_GetProp(this.context, value as Branded, key);
    if (length === (0 as Branded)) throw new HeapFull();
    const units = this.number(length);
    this.free(length);
    return units;
  }

  #readText(value: Pointer): string {
    const { functions } = this.engine;
    const address = functions.QTS_GetString(this.context, value as Branded);
    if (address === (0 as Branded)) return this.heap.refuse();
    const text = this.heap.read(address);
    functions.QTS_FreeCString(this.context, address);
    return text;
  }
}

/** String.prototype.isWellFormed, which the types of ES2023 don't have. */
const isWellFormed = (text: string): boolean =>
  (text as string & { isWellFormed(): boolean }).isWellFormed();
