import assert from 'node:assert/strict';
import { FUEL_PER_POLL, findFuelCounter } from './fuel-counter.js';
import { HostArguments, type HostFunction } from './host-arguments.js';
import { createEngine, type Engine } from './quickjs-engine.js';
import { HeapFull, pagesForHeap } from './vm-memory.js';
import { type Branded, type Completion, type Places, type Pointer, VmValues } from './vm-values.js';

export interface VmOptions {
  /** What the guest may allocate after set-up. */
  readonly maxHeapBytes: number;
  readonly maxStackBytes: number;
  /** Called now and then while code runs; true ends it. */
  readonly shouldInterrupt: () => boolean;
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

const MODULE_FLAGS = 1;
const POINTER_BYTES = 4;
const MAX_ARGUMENTS = 8;

/** One QuickJS runtime and context in a WebAssembly memory of its own. */
export class QuickJsVm extends VmValues {
  readonly #options: VmOptions;
  readonly #hostFunctions: HostFunction[] = [];
  #modules: ReadonlyMap<string, string> = new Map();
  #polls = 0;
  #fault: VmFault | null = null;

  /** A new one, with nothing but the language in it. */
  static async create(options: VmOptions): Promise<QuickJsVm> {
    const engine = await createEngine(pagesForHeap(options.maxHeapBytes));
    const { functions } = engine;
    const runtime = functions.QTS_NewRuntime();
    functions.QTS_RuntimeSetMaxStackSize(runtime, options.maxStackBytes);
    const context = functions.QTS_NewContext(runtime, 0 as Branded);
    functions.QTS_RuntimeEnableInterruptHandler(runtime);
    const vm = new QuickJsVm(engine, options, {
      runtime,
      context,
      lengthKey: 0,
      scratch: engine.module._malloc((MAX_ARGUMENTS + 1) * POINTER_BYTES),
      breakWord: -1,
      fuelWord: 0,
      fuelStart: 0,
      parse: 0,
      stringify: 0,
      makeImportError: 0,
      heapError: 0,
    });
    vm.places = { ...vm.places, lengthKey: vm.newText('length') };
    return vm;
  }

  /**
   * Another one like this, in a memory of its own, which `fill` makes the same as this one's at an
   * earlier time. All addresses are the same.
   */
  async copy(fill: (memory: WebAssembly.Memory) => void): Promise<QuickJsVm> {
    const engine = await this.engine.another();
    fill(engine.memory.memory);
    const vm = new QuickJsVm(engine, this.#options, this.places);
    vm.#hostFunctions.push(...this.#hostFunctions);
    return vm;
  }

  private constructor(engine: Engine, options: VmOptions, places: Places) {
    super(engine, places);
    this.#options = options;
    engine.module.callbacks = this.#callbacks() as never;
  }

  get memory(): WebAssembly.Memory {
    return this.heap.memory;
  }

  /** Branches and calls since the execution began. */
  get fuel(): number {
    const { fuelWord, fuelStart } = this.places;
    return this.#polls * FUEL_PER_POLL + fuelStart - (this.heap.words[fuelWord] ?? 0);
  }

  /** How often the engine asked whether to go on: once in {@link FUEL_PER_POLL}. */
  get polls(): number {
    return this.#polls;
  }

  /** Whether room was refused since the execution began, to the guest or to the host. */
  get heapFull(): boolean {
    return this.heap.isFull;
  }

  /** Whether the host had no room for what it had to put into the guest's heap. */
  get hostRefused(): boolean {
    return this.heap.refused;
  }

  /** Where the heap has not been since the ballast was taken. */
  get heapEnd(): number {
    return this.heap.heapEnd(this.places.breakWord);
  }

  /** Why the instance is of no use any more, if so. */
  get fault(): VmFault | null {
    return this.#fault;
  }

  /** For a new execution. */
  resetCounters(): void {
    this.#polls = 0;
    this.heap.forget();
  }

  /** For an execution that began in another instance. */
  setCounters(polls: number, heapFull: boolean): void {
    this.#polls = polls;
    this.heap.remember(heapFull);
  }

  /** Makes the memory as large as it may be; nothing that is in the heap is of use afterwards. */
  growMemory(): void {
    this.heap.grow(this.heapEnd);
  }

  /** For set-up, with a function of the guest that may be called at will. */
  findFuelCounter(fn: Pointer): void {
    const call = (times: number): void => {
      for (let at = 0; at < times; at++) this.free(this.call(fn, []).value);
    };
    const fuelWord = findFuelCounter(() => this.heap.words, this.places.context, call);
    this.places = { ...this.places, fuelWord };
  }

  /** See {@link VmMemory.takeBallast}; from now on it runs for executions only. */
  takeBallast(): void {
    const fuelStart = this.heap.words[this.places.fuelWord] ?? 0;
    this.places = { ...this.places, fuelStart, breakWord: this.heap.takeBallast() };
  }

  /** Modules that may be imported by these names; for set-up. */
  offerModules(sources: ReadonlyMap<string, string>): void {
    this.#modules = sources;
    this.engine.functions.QTS_RuntimeEnableModuleLoader(this.places.runtime as Branded, 0);
  }

  /**
   * From now on every import throws what the given function returns, before the engine looks among
   * the modules that it has: those of set-up are not for authors.
   */
  refuseModules(makeError: Pointer): void {
    this.#modules = new Map();
    this.places = { ...this.places, makeImportError: makeError };
    this.engine.functions.QTS_RuntimeEnableModuleLoader(this.places.runtime as Branded, 1);
  }

  /** What a host function throws into the guest when it has no room there. */
  useHeapError(error: Pointer): void {
    this.places = { ...this.places, heapError: error };
  }

  /** JSON.parse and JSON.stringify of the guest, by which texts with NUL go in and out. */
  useJson(parse: Pointer, stringify: Pointer): void {
    this.places = { ...this.places, parse, stringify };
  }

  /**
   * Runs a module's text: its namespace or a promise of it.
   * @throws VmFault
   */
  evaluateModule(source: string, file: string): Completion {
    return this.#guarded(() => {
      const text = this.heap.write(source);
      const { functions } = this.engine;
      const value = functions.QTS_Eval(
        this.context,
        text.address as Branded,
        text.length,
        file,
        0 as Branded,
        MODULE_FLAGS as Branded,
      );
      this.heap.free(text.address);
      return this.#completion(value);
    });
  }

  /** Calls a function of the guest. */
  call(fn: Pointer, args: readonly Pointer[]): Completion {
    return this.#guarded(() => {
      const { functions } = this.engine;
      assert.ok(args.length <= MAX_ARGUMENTS);
      const { scratch } = this.places;
      this.heap.words.set(args, scratch / POINTER_BYTES);
      const undefinedValue = functions.QTS_GetUndefined();
      const value = functions.QTS_Call(
        this.context,
        fn as Branded,
        undefinedValue,
        args.length,
        scratch as Branded,
      );
      return this.#completion(value);
    });
  }

  /** Runs at most so many jobs; answers how many ran, or what one of them threw. */
  runJobs(max: number): number | 'threw' {
    return this.#guarded(() => {
      const { functions } = this.engine;
      const { runtime, scratch } = this.places;
      const out = scratch + MAX_ARGUMENTS * POINTER_BYTES;
      const value = functions.QTS_ExecutePendingJob(runtime as Branded, max, out as Branded);
      if (value === 0) throw new HeapFull();
      const context = this.context;
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

  property(object: Pointer, name: string): Pointer {
    return this.#guarded(() => {
      const key = this.newText(name);
      const { functions } = this.engine;
      const value = functions.QTS_GetProp(this.context, object as Branded, key as Branded);
      this.free(key);
      return value;
    });
  }

  /** Gives the global object a property; for set-up only. */
  defineGlobal(name: string, value: Pointer): void {
    const { functions } = this.engine;
    const global = functions.QTS_GetGlobalObject(this.context);
    const key = this.newText(name);
    functions.QTS_SetProp(this.context, global, key as Branded, value as Branded);
  }

  /** An object of functions of the program around; for set-up only. */
  newHostObject(members: Readonly<Record<string, HostFunction>>): Pointer {
    const { functions } = this.engine;
    const context = this.context;
    const object = functions.QTS_NewObject(context);
    for (const [name, fn] of Object.entries(members)) {
      const id = this.#hostFunctions.push(fn);
      const value = functions.QTS_NewFunction(context, name, 0, false, id as Branded);
      functions.QTS_SetProp(context, object, this.newText(name) as Branded, value);
    }
    return object;
  }

  /** One of the arguments that a host function was called with. */
  argument(list: Pointer, index: number): Pointer {
    return this.engine.functions.QTS_ArgvGetJSValueConstPointer(list as Branded, index);
  }

  #completion(value: Pointer): Completion {
    const { functions } = this.engine;
    // No room for the reference to the result itself.
    if (value === 0) throw new HeapFull();
    const thrown = functions.QTS_ResolveException(this.context, value as Branded);
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
          return this.#hostFunctions[id - 1]?.(new HostArguments(this, argc, argv)) ?? 0;
        } catch (error) {
          if (!(error instanceof HeapFull)) throw error;
          return this.engine.functions.QTS_Throw(this.context, this.places.heapError as Branded);
        }
      },
      shouldInterrupt: () => {
        this.#polls++;
        return this.#options.shouldInterrupt() ? 1 : 0;
      },
      loadModuleSource: (_: unknown, _runtime: Pointer, _context: Pointer, name: string) => {
        const source = this.#modules.get(name);
        return source === undefined ? 0 : this.heap.write(source).address;
      },
      normalizeModule: () => {
        const { threw, value } = this.call(this.places.makeImportError, []);
        if (!threw) this.engine.functions.QTS_Throw(this.context, value as Branded);
        return 0;
      },
      freeHostRef: () => undefined,
    };
  }
}
