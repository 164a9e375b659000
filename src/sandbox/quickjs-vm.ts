import assert from 'node:assert/strict';
import { createEngine, type Engine, WASM_PAGE_BYTES } from './quickjs-engine.js';

/** A value in the VM: the address of QuickJS's reference to it. */
export type Pointer = number;
type Any = never;

/** A function of the program around, called from inside with references to its arguments. */
export type HostFunction = (args: HostArguments) => Pointer | undefined;

export interface HostArguments {
  /** Whose arguments they are, and where a result is to be made. */
  readonly vm: QuickJsVm;
  readonly count: number;
  number(index: number): number;
  boolean(index: number): boolean;
  /** A text of at most so many UTF-16 units; null when it is longer. */
  text(index: number, maxChars: number): string | null;
  /** A copy of a part of an ArrayBuffer. */
  bytes(index: number, offset: number, length: number): Buffer;
  isUndefined(index: number): boolean;
}

export interface VmOptions {
  /** What the guest may allocate after set-up. */
  readonly maxHeapBytes: number;
  readonly maxStackBytes: number;
  /** Called now and then while code runs; true ends it. */
  readonly shouldInterrupt: () => boolean;
}

/** Addresses of what a VM needs to know about itself. */
interface Places {
  readonly runtime: Pointer;
  readonly context: Pointer;
  /** The text "length". */
  readonly lengthKey: Pointer;
  /** JSON's functions, by which texts pass through a transport that ends at NUL. */
  readonly parse: Pointer;
  readonly stringify: Pointer;
  /** A function of the guest. */
  readonly makeImportError: Pointer;
}

/** The instance is in an unknown state and must not be used again. */
export class VmFault extends Error {
  override readonly name = 'VmFault';
  /** True when the thread's own stack was used up. */
  readonly stackOverflow: boolean;

  constructor(cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.stackOverflow = cause instanceof RangeError && /call stack/.test(cause.message);
  }
}

/** There was no room in the guest's heap for what was to be put there. */
export class HeapFull extends Error {
  override readonly name = 'HeapFull';
}

/** What the heap has until the memory must grow; enough for most functions. */
const HEADROOM_BYTES = 512 * 1024;
const MEMORY_BYTES = 256 * WASM_PAGE_BYTES;
const MODULE_FLAGS = 1;

const maxPagesOf = ({ maxHeapBytes }: VmOptions): number =>
  Math.ceil((MEMORY_BYTES - HEADROOM_BYTES + maxHeapBytes) / WASM_PAGE_BYTES);
const PROBE_BYTES = 100 * 1024;
const REPLACEMENT = '\ufffd';

/** One QuickJS runtime and context in a WebAssembly memory of its own. */
export class QuickJsVm {
  readonly #engine: Engine;
  readonly #options: VmOptions;
  readonly #hostFunctions: HostFunction[] = [];
  #places: Places;
  #modules: ReadonlyMap<string, string> = new Map();
  #polls = 0;
  #hostRefused = false;
  #fault: VmFault | null = null;

  /** A new one, with nothing but the language in it. */
  static async create(options: VmOptions): Promise<QuickJsVm> {
    const engine = await createEngine(maxPagesOf(options));
    const { functions } = engine;
    const runtime = functions.QTS_NewRuntime();
    functions.QTS_RuntimeSetMaxStackSize(runtime, options.maxStackBytes);
    const context = functions.QTS_NewContext(runtime, 0 as Any);
    functions.QTS_RuntimeEnableInterruptHandler(runtime);
    const vm = new QuickJsVm(engine, options, {
      runtime,
      context,
      lengthKey: 0,
      parse: 0,
      stringify: 0,
      makeImportError: 0,
    });
    vm.#places = { ...vm.#places, lengthKey: vm.newText('length') };
    return vm;
  }

  /**
   * Another one like this, in a memory of its own, which `fill` makes the same as this one's at an
   * earlier time. All addresses are the same.
   */
  async copy(fill: (memory: WebAssembly.Memory) => void): Promise<QuickJsVm> {
    const engine = await createEngine(maxPagesOf(this.#options));
    fill(engine.memory.memory);
    const vm = new QuickJsVm(engine, this.#options, this.#places);
    vm.#hostFunctions.push(...this.#hostFunctions);
    return vm;
  }

  private constructor(engine: Engine, options: VmOptions, places: Places) {
    this.#engine = engine;
    this.#options = options;
    this.#places = places;
    engine.module.callbacks = this.#callbacks() as never;
  }

  get memory(): WebAssembly.Memory {
    return this.#engine.memory.memory;
  }

  /** How often the engine asked whether to go on: about once in 10,000 branches and calls. */
  get polls(): number {
    return this.#polls;
  }

  /** Whether room was refused since the execution began, to the guest or to the host. */
  get heapFull(): boolean {
    return this.#hostRefused || this.#engine.memory.refused();
  }

  /** Whether the host had no room for what it had to put into the guest's heap. */
  get hostRefused(): boolean {
    return this.#hostRefused;
  }

  /** Why the instance is of no use any more, if so. */
  get fault(): VmFault | null {
    return this.#fault;
  }

  /** For a new execution. */
  resetCounters(): void {
    this.#polls = 0;
    this.#hostRefused = false;
  }

  /** Modules that may be imported by these names; for set-up. */
  offerModules(sources: ReadonlyMap<string, string>): void {
    this.#modules = sources;
    this.#engine.functions.QTS_RuntimeEnableModuleLoader(this.#places.runtime as Any, 0);
  }

  /**
   * From now on every import throws what the given function returns, before the engine looks among
   * the modules that it has: those of set-up are not for authors.
   */
  refuseModules(makeError: Pointer): void {
    this.#modules = new Map();
    this.#places = { ...this.#places, makeImportError: makeError };
    this.#engine.functions.QTS_RuntimeEnableModuleLoader(this.#places.runtime as Any, 1);
  }

  /** JSON.parse and JSON.stringify of the guest, by which texts with NUL go in and out. */
  useJson(parse: Pointer, stringify: Pointer): void {
    this.#places = { ...this.#places, parse, stringify };
  }

  /**
   * Fills the heap up to its headroom, so that whatever needs more must grow the memory, which
   * shows, and so that what is restored afterwards lies at the ends of the memory only.
   */
  takeBallast(): void {
    const { module } = this.#engine;
    const probe = module._malloc(PROBE_BYTES);
    module._free(probe);
    const ballast = module._malloc(MEMORY_BYTES - HEADROOM_BYTES - probe);
    assert.ok(probe > 0 && ballast >= probe, 'no room for the ballast');
    assert.equal(this.memory.buffer.byteLength, MEMORY_BYTES, 'set-up has outgrown the memory');
  }

  /**
   * Runs a module's text: its namespace or a promise of it.
   * @throws VmFault
   */
  evaluateModule(source: string, file: string): Completion {
    return this.#guarded(() => {
      const text = this.#write(source);
      const { functions } = this.#engine;
      const value = functions.QTS_Eval(
        this.#places.context as Any,
        text.address as Any,
        text.length,
        file,
        0 as Any,
        MODULE_FLAGS as Any,
      );
      this.#engine.module._free(text.address);
      return this.#completion(value);
    });
  }

  /** Calls a function of the guest. */
  call(fn: Pointer, args: readonly Pointer[]): Completion {
    return this.#guarded(() => {
      const { functions, module } = this.#engine;
      const list = this.#allocate(Math.max(4, args.length * 4));
      new Int32Array(this.memory.buffer, list, args.length).set(args);
      const undefinedValue = functions.QTS_GetUndefined();
      const value = functions.QTS_Call(
        this.#places.context as Any,
        fn as Any,
        undefinedValue,
        args.length,
        list as Any,
      );
      module._free(list);
      return this.#completion(value);
    });
  }

  /** Runs at most so many jobs; answers how many ran, or what one of them threw. */
  runJobs(max: number): number | 'threw' {
    return this.#guarded(() => {
      const { functions, module } = this.#engine;
      const out = this.#allocate(4);
      const value = functions.QTS_ExecutePendingJob(this.#places.runtime as Any, max, out as Any);
      module._free(out);
      if (value === 0) throw new HeapFull();
      const context = this.#places.context as Any;
      const threw = functions.QTS_ResolveException(context, value);
      if (threw !== 0) {
        this.free(threw);
        return 'threw';
      }
      const count = functions.QTS_GetFloat64(context, value);
      this.free(value);
      return count;
    });
  }

  /** A value in words, for the messages of bugs. */
  dump(value: Pointer): string {
    const address = this.#engine.functions.QTS_Dump(this.#places.context as Any, value as Any);
    return this.#engine.module.UTF8ToString(address as Any);
  }

  property(object: Pointer, name: string): Pointer {
    return this.#guarded(() => {
      const key = this.newText(name);
      const { functions } = this.#engine;
      const value = functions.QTS_GetProp(this.#places.context as Any, object as Any, key as Any);
      this.free(key);
      return value;
    });
  }

  /** Gives the global object a property; for set-up only. */
  defineGlobal(name: string, value: Pointer): void {
    const { functions } = this.#engine;
    const global = functions.QTS_GetGlobalObject(this.#places.context as Any);
    const key = this.newText(name);
    functions.QTS_SetProp(this.#places.context as Any, global, key as Any, value as Any);
  }

  /** An object of functions of the program around; for set-up only. */
  newHostObject(members: Readonly<Record<string, HostFunction>>): Pointer {
    const { functions } = this.#engine;
    const context = this.#places.context as Any;
    const object = functions.QTS_NewObject(context);
    for (const [name, fn] of Object.entries(members)) {
      const id = this.#hostFunctions.push(fn);
      const value = functions.QTS_NewFunction(context, name, 0, false, id as Any);
      functions.QTS_SetProp(context, object, this.newText(name) as Any, value);
    }
    return object;
  }

  newNumber(value: number): Pointer {
    return this.#engine.functions.QTS_NewFloat64(this.#places.context as Any, value);
  }

  /** A text with all its characters, NUL and lone surrogates too. */
  newText(text: string): Pointer {
    const plain = !text.includes('\0') && isWellFormed(text);
    const { address } = this.#write(plain ? text : JSON.stringify(text));
    const { functions, module } = this.#engine;
    const value = functions.QTS_NewString(this.#places.context as Any, address as Any);
    module._free(address);
    if (plain) return value;
    const parsed = this.call(this.#places.parse, [value]);
    this.free(value);
    return parsed.value;
  }

  newBuffer(bytes: Uint8Array): Pointer {
    const address = this.#allocate(Math.max(1, bytes.length));
    this.#engine.module.HEAPU8.set(bytes, address);
    const { functions } = this.#engine;
    return functions.QTS_NewArrayBuffer(this.#places.context as Any, address as Any, bytes.length);
  }

  newBoolean(value: boolean): Pointer {
    const { functions } = this.#engine;
    const constant = value ? functions.QTS_GetTrue() : functions.QTS_GetFalse();
    return functions.QTS_DupValuePointer(this.#places.context as Any, constant);
  }

  free(value: Pointer): void {
    this.#engine.functions.QTS_FreeValuePointer(this.#places.context as Any, value as Any);
  }

  /** Reads a text; null when it is longer than allowed. The value must be a primitive text. */
  text(value: Pointer, maxChars: number): string | null {
    const length = this.#lengthOf(value);
    if (length > maxChars) return null;
    const read = this.#readText(value);
    // Cut at NUL, or a lone surrogate: then by way of JSON, which escapes both.
    if (read.length === length && !read.includes(REPLACEMENT)) return read;
    const escaped = this.call(this.#places.stringify, [value]);
    if (escaped.threw) throw new HeapFull();
    const text = JSON.parse(this.#readText(escaped.value)) as string;
    this.free(escaped.value);
    return text;
  }

  #lengthOf(value: Pointer): number {
    const { functions } = this.#engine;
    const length = functions.QTS_GetProp(
      this.#places.context as Any,
      value as Any,
      this.#places.lengthKey as Any,
    );
    if (length === (0 as Any)) throw new HeapFull();
    const units = functions.QTS_GetFloat64(this.#places.context as Any, length);
    this.free(length);
    return units;
  }

  #readText(value: Pointer): string {
    const { functions } = this.#engine;
    const context = this.#places.context as Any;
    const address = functions.QTS_GetString(context, value as Any);
    if (address === 0) throw new HeapFull();
    const bytes = Buffer.from(this.memory.buffer);
    const text = bytes.toString('utf8', address, bytes.indexOf(0, address));
    functions.QTS_FreeCString(context, address);
    return text;
  }

  #write(text: string): { readonly address: number; readonly length: number } {
    const length = Buffer.byteLength(text);
    const address = this.#allocate(length + 1);
    const heap = Buffer.from(this.memory.buffer, address, length + 1);
    heap.write(text, 0, length, 'utf8');
    heap[length] = 0;
    return { address, length };
  }

  #allocate(bytes: number): number {
    const address = this.#engine.module._malloc(bytes);
    if (address === 0) {
      this.#hostRefused = true;
      throw new HeapFull();
    }
    return address;
  }

  #completion(value: Pointer): Completion {
    const { functions } = this.#engine;
    // No room for the reference to the result itself.
    if (value === 0) throw new HeapFull();
    const thrown = functions.QTS_ResolveException(this.#places.context as Any, value as Any);
    return thrown === 0 ? { threw: false, value } : { threw: true, value: thrown };
  }

  /** Whatever comes out of the engine but by its own rules leaves it in an unknown state. */
  #guarded<T>(run: () => T): T {
    if (this.#fault !== null) throw this.#fault;
    try {
      return run();
    } catch (error) {
      if (error instanceof HeapFull || error instanceof VmFault) throw error;
      this.#fault = new VmFault(error);
      throw this.#fault;
    }
  }

  #callbacks() {
    return {
      callFunction: (
        _: unknown,
        _context: Pointer,
        _self: Pointer,
        argc: number,
        argv: Pointer,
        id: number,
      ) => {
        try {
          return this.#hostFunctions[id - 1]?.(this.#arguments(argc, argv)) ?? 0;
        } catch (error) {
          if (!(error instanceof HeapFull)) throw error;
          this.#hostRefused = true;
          return 0;
        }
      },
      shouldInterrupt: () => {
        this.#polls++;
        return this.#options.shouldInterrupt() ? 1 : 0;
      },
      loadModuleSource: (_: unknown, _runtime: Pointer, _context: Pointer, name: string) => {
        const source = this.#modules.get(name);
        return source === undefined ? 0 : this.#write(source).address;
      },
      normalizeModule: () => {
        const { threw, value } = this.call(this.#places.makeImportError, []);
        if (!threw) this.#engine.functions.QTS_Throw(this.#places.context as Any, value as Any);
        return 0;
      },
      freeHostRef: () => undefined,
    };
  }

  #arguments(argc: number, argv: Pointer): HostArguments {
    const { functions, module } = this.#engine;
    const context = this.#places.context as Any;
    const at = (index: number): Pointer => {
      assert.ok(index < argc, 'bug: too few arguments');
      return functions.QTS_ArgvGetJSValueConstPointer(argv as Any, index);
    };
    return {
      vm: this,
      count: argc,
      number: (index) => functions.QTS_GetFloat64(context, at(index) as Any),
      boolean: (index) => functions.QTS_GetFloat64(context, at(index) as Any) === 1,
      text: (index, maxChars) => this.text(at(index), maxChars),
      isUndefined: (index) =>
        index >= argc ||
        functions.QTS_IsEqual(context, at(index) as Any, functions.QTS_GetUndefined(), 0 as Any) ===
          1,
      bytes: (index, offset, length) => {
        const value = at(index) as Any;
        const size = functions.QTS_GetArrayBufferLength(context, value);
        assert.ok(offset >= 0 && length >= 0 && offset + length <= size, 'bug: bytes out of range');
        if (length === 0) return Buffer.alloc(0);
        const address = functions.QTS_GetArrayBuffer(context, value) as number;
        return Buffer.from(module.HEAPU8.subarray(address + offset, address + offset + length));
      },
    };
  }
}

/** How a call ended: with a value, or with what was thrown. */
export interface Completion {
  readonly threw: boolean;
  readonly value: Pointer;
}

/** String.prototype.isWellFormed, which the types of ES2023 don't have. */
const isWellFormed = (text: string): boolean =>
  (text as string & { isWellFormed(): boolean }).isWellFormed();
