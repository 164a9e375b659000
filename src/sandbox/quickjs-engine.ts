import { type QuickJSSyncVariant, RELEASE_SYNC } from 'quickjs-emscripten';

declare global {
  /** What is used here of what the types of Node 20 leave to the DOM's. */
  namespace WebAssembly {
    class Memory {
      constructor(size: { initial: number; maximum: number });
      readonly buffer: ArrayBuffer;
      grow(pages: number): number;
    }
  }
}

type Loader = (options: Record<string, unknown>) => Promise<EngineModule>;

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
}

/** What the WebAssembly file declares it needs at least. */
const INITIAL_PAGES = 256;
export const WASM_PAGE_BYTES = 64 * 1024;

/** A WebAssembly.Memory that tells when it could not grow. */
export interface BoundedMemory {
  readonly memory: WebAssembly.Memory;
  /** Whether the latest attempt to grow was refused since the maximum is reached. */
  refused(): boolean;
}

/**
 * A new, empty engine in a memory of its own. quickjs-emscripten's higher level is not used: it
 * does not look whether an allocation failed, so that a full heap made it write at address 0.
 * @param maxPages of 64 KiB, for everything: the engine's static data and stack, and the heap.
 */
export async function createEngine(maxPages: number): Promise<Engine> {
  const memory = createMemory(maxPages);
  const imported = (await RELEASE_SYNC.importModuleLoader()) as unknown as
    | Loader
    | { readonly default: Loader };
  const load = typeof imported === 'function' ? imported : imported.default;
  const module = await load({
    wasmMemory: memory.memory,
    // Else the program's path and the system's language would lie in the memory.
    thisProgram: 'function',
    print: () => undefined,
    printErr: () => undefined,
  });
  const Functions = await RELEASE_SYNC.importFFI();
  return { module, functions: new Functions(module), memory };
}

function createMemory(maxPages: number): BoundedMemory {
  const memory = new WebAssembly.Memory({ initial: INITIAL_PAGES, maximum: maxPages });
  const grow = memory.grow.bind(memory);
  let refused = false;
  // Emscripten's glue is what calls this, on the engine's behalf.
  memory.grow = (pages: number) => {
    try {
      const before = grow(pages);
      refused = false;
      return before;
    } catch (error) {
      refused = true;
      throw error;
    }
  };
  return { memory, refused: () => refused };
}
