import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type QuickJSSyncVariant, RELEASE_SYNC } from 'quickjs-emscripten';

declare global {
  /** What is used here of what the types of Node 20 leave to the DOM's. */
  namespace WebAssembly {
    class Memory {
      constructor(size: { initial: number; maximum: number });
      readonly buffer: ArrayBuffer;
      grow(pages: number): number;
    }
    class Instance {
      constructor(code: Code, imports: unknown);
      readonly exports: unknown;
    }
    interface Code {
      readonly compiled: true;
    }
    function compile(bytes: Uint8Array): Promise<Code>;
  }
}

type Loader = (options: LoaderOptions) => Promise<EngineModule>;

interface LoaderOptions {
  readonly wasmMemory: WebAssembly.Memory;
  instantiateWasm(imports: unknown, done: (instance: WebAssembly.Instance) => void): unknown;
  readonly thisProgram: string;
  print(): void;
  printErr(): void;
}

/** The functions of the engine that QuickJS's authors and quickjs-emscripten wrote in C. */
export type EngineFunctions = InstanceType<Awaited<ReturnType<QuickJSSyncVariant['importFFI']>>>;
/** The engine's own memory as JavaScript sees it; the views change when the memory grows. */
export type EngineModule = ConstructorParameters<
  Awaited<ReturnType<QuickJSSyncVariant['importFFI']>>
>[0];

export interface Engine {
  readonly module: EngineModule;
  readonly functions: EngineFunctions;
  readonly memory: BoundedMemory;
  /** One more, of the same compiled code. */
  another(): Promise<Engine>;
}

const WASM_FILE = '@jitl/quickjs-wasmfile-release-sync/wasm';
/** What the WebAssembly file declares it needs at least. */
const INITIAL_PAGES = 256;
export const WASM_PAGE_BYTES = 64 * 1024;

/** A WebAssembly.Memory that tells when it could not grow. */
export interface BoundedMemory {
  readonly memory: WebAssembly.Memory;
  /** Whether an attempt to grow was refused, since that would be beyond the maximum. */
  refused(): boolean;
  /** For a new execution. */
  forget(): void;
}

/**
 * A new, empty engine in a memory of its own. quickjs-emscripten's higher level is not used: it
 * does not look whether an allocation failed, so that a full heap made it write at address 0.
 * @param maxPages of 64 KiB, for everything: the engine's static data and stack, and the heap.
 */
export async function createEngine(maxPages: number): Promise<Engine> {
  const Functions = await RELEASE_SYNC.importFFI();
  const load = await importLoader();
  const code = await WebAssembly.compile(readFileSync(findWasmFile()));
  const make = async (): Promise<Engine> => {
    const memory = createMemory(maxPages);
    const module = await load({
      wasmMemory: memory.memory,
      instantiateWasm: (imports, done) => {
        const instance = new WebAssembly.Instance(code, imports);
        done(instance);
        return instance.exports;
      },
      // Else the program's path and the system's language would lie in the memory.
      thisProgram: 'function',
      print: () => undefined,
      printErr: () => undefined,
    });
    return { module, functions: new Functions(module), memory, another: make };
  };
  return make();
}

async function importLoader(): Promise<Loader> {
  const imported = (await RELEASE_SYNC.importModuleLoader()) as unknown as
    | Loader
    | { readonly default: Loader };
  return typeof imported === 'function' ? imported : imported.default;
}

function findWasmFile(): string {
  const require = createRequire(import.meta.url);
  return createRequire(require.resolve('quickjs-emscripten')).resolve(WASM_FILE);
}

function createMemory(maxPages: number): BoundedMemory {
  const memory = new WebAssembly.Memory({ initial: INITIAL_PAGES, maximum: maxPages });
  const grow = memory.grow.bind(memory);
  let refused = false;
  // Emscripten's glue calls this on the engine's behalf, for up to a fifth more than is needed: so
  // that what is left at the end is of use too, it gets all there is at once.
  memory.grow = (pages: number) => {
    const left = maxPages - memory.buffer.byteLength / WASM_PAGE_BYTES;
    if (pages > left) {
      refused = true;
      throw new RangeError('the memory is at its maximum');
    }
    return grow(left);
  };
  const forget = (): void => {
    refused = false;
  };
  return { memory, refused: () => refused, forget };
}
