import { readFileSync } from 'node:fs';
import { type HostSide, hostFunctions } from './host-functions.js';
import { type MemoryImage, MemorySnapshot } from './memory-snapshot.js';
import { QuickJsVm } from './quickjs-vm.js';
import type { Completion, Pointer } from './vm-values.js';

export interface FunctionVmOptions {
  readonly heapBytes: number;
  readonly stackBytes: number;
  readonly shouldInterrupt: () => boolean;
  readonly side: () => HostSide;
}

/** An execution at rest, taken out of its VM: it may go on in any other one. */
export interface ParkedVm {
  readonly image: MemoryImage;
  readonly polls: number;
  readonly heapFull: boolean;
  readonly stackGapBytes: number;
}

/** The program of the guest; each file after those that it imports. */
const GUEST_FILES = [
  'host.js',
  'random.js',
  'bytes.js',
  'url.js',
  'questions.js',
  'fetch.js',
  'decimal.js',
  'log.js',
  'lock-down.js',
  'main.js',
];
const GUEST_EXPORTS = [
  'run',
  'runLater',
  'answer',
  'threw',
  'parse',
  'stringify',
  'refuseImport',
  'heapError',
] as const;
/** The name of the author's module in stack traces. */
export const AUTHOR_FILE = 'function.js';
/** Frames that were begun below QuickJS's own limit may reach below it by as much. */
const STACK_MARGIN_BYTES = 128 * 1024;
/** What a function written in C may reserve on the stack and leave untouched. */
const NATIVE_GAP_BYTES = 16 * 1024;
/**
 * A function's calls reserve room for all that its code might push, whether it does or not. No
 * syntax takes as much for a character of the source: nested patterns take 24 bytes for two.
 */
const STACK_BYTES_PER_CHAR = 32;
/** So often all of the stack is looked at, whatever the source. */
const STACK_CHECK_EVERY = 16;
/** So often the whole memory is compared, also where no sound engine writes. */
const FULL_CHECK_EVERY = 256;

/**
 * A VM that is as new for every execution: set up once, and after each execution put back to what
 * its memory held then.
 */
export class FunctionVm {
  #vm: QuickJsVm;
  readonly #guest: Guest;
  readonly #snapshot: MemorySnapshot;
  #executions = 0;
  #stackGapBytes = 0;

  static async create(options: FunctionVmOptions): Promise<FunctionVm> {
    const { heapBytes, stackBytes, shouldInterrupt } = options;
    const vm = await QuickJsVm.create({
      maxHeapBytes: heapBytes,
      maxStackBytes: stackBytes,
      shouldInterrupt,
    });
    return new FunctionVm(vm, options);
  }

  private constructor(vm: QuickJsVm, { side, stackBytes }: FunctionVmOptions) {
    this.#vm = vm;
    this.#guest = setUp(vm, side);
    vm.takeBallast();
    vm.resetCounters();
    this.#snapshot = new MemorySnapshot(vm.memory, stackBytes + STACK_MARGIN_BYTES);
  }

  get vm(): QuickJsVm {
    return this.#vm;
  }

  /** Runs the module, and calls its function: what comes of it is told to the host side. */
  run(source: string, args: string): void {
    const vm = this.#vm;
    vm.resetCounters();
    this.#stackGapBytes = NATIVE_GAP_BYTES + source.length * STACK_BYTES_PER_CHAR;
    const module = vm.evaluateModule(source, AUTHOR_FILE);
    if (module.threw) {
      vm.call(this.#guest.threw, [module.value]);
      return;
    }
    // A promise, where the module awaits something before it gets to its function.
    const { run, runLater } = this.#guest;
    vm.call(vm.isPromise(module.value) ? runLater : run, [module.value, vm.newText(args)]);
  }

  answer(id: number, answer: object): Completion {
    const text = this.#vm.newText(JSON.stringify(answer));
    return this.#vm.call(this.#guest.answer, [this.#vm.newNumber(id), text]);
  }

  /** What the execution may take at most where it is parked. */
  get maxParkedBytes(): number {
    return this.#snapshot.maxImageBytes;
  }

  /** All that there is of an execution at rest. */
  park(): ParkedVm {
    const { polls, heapFull } = this.#vm;
    return { image: this.#snapshot.image(), polls, heapFull, stackGapBytes: this.#stackGapBytes };
  }

  /** Goes on with an execution that was parked, in this VM, which must be as new. */
  resume({ image, polls, heapFull, stackGapBytes }: ParkedVm): void {
    const { memory } = this.#vm;
    if (image.memoryBytes > memory.buffer.byteLength) {
      this.#vm.growMemory();
      const grown = this.#vm.heapEnd;
      this.#fill(memory);
      Buffer.from(memory.buffer).fill(0, this.#snapshot.memoryBytes, grown);
    }
    this.#snapshot.apply(image);
    this.#vm.setCounters(polls, heapFull);
    this.#stackGapBytes = stackGapBytes;
  }

  /**
   * Whether the memory can be put back. Not after a fault, and not when it has grown, since it
   * cannot shrink: how much room there is must not depend on what ran before.
   */
  get reusable(): boolean {
    const { memory, fault } = this.#vm;
    return fault === null && memory.buffer.byteLength === this.#snapshot.memoryBytes;
  }

  /** Puts the memory back; false when something wrote where nothing should have. */
  reset(): boolean {
    const { heapEnd } = this.#vm;
    this.#executions++;
    const wholeStack = this.#executions % STACK_CHECK_EVERY === 0;
    const stackGapBytes = wholeStack ? Number.POSITIVE_INFINITY : this.#stackGapBytes;
    this.#snapshot.restore({ heapEnd, stackGapBytes });
    return this.#executions % FULL_CHECK_EVERY !== 0 || this.isPristine();
  }

  /** Makes a new instance, with the snapshot for its memory. */
  async renew(): Promise<void> {
    this.#vm = await this.#vm.copy((memory) => this.#fill(memory));
  }

  /** Makes a memory, up to where it had grown, what it was after set-up. */
  #fill(memory: WebAssembly.Memory): void {
    this.#snapshot.moveTo(memory);
    const heapEnd = memory.buffer.byteLength;
    this.#snapshot.restore({ heapEnd, stackGapBytes: Number.POSITIVE_INFINITY });
  }

  /** Whether the memory is what it was after set-up, to the last byte. */
  isPristine(): boolean {
    return this.#snapshot.isWhole();
  }
}

type Guest = Readonly<Record<(typeof GUEST_EXPORTS)[number], Pointer>>;

/** The engine keeps the text of functions, which is in the memory to be restored. */
const withoutComments = (source: string): string =>
  source.replaceAll(/\/\*\*[\s\S]*?\*\/|^ *\/\/.*$/gm, '').replaceAll(/^ +|\n(?=\n)/gm, '');

function setUp(vm: QuickJsVm, side: () => HostSide): Guest {
  const sources = new Map(
    GUEST_FILES.map((file) => [
      file,
      withoutComments(readFileSync(new URL(`./guest/${file}`, import.meta.url), 'utf8')),
    ]),
  );
  vm.defineGlobal('dodonaHost', vm.newHostObject(hostFunctions(side)));
  vm.offerModules(sources);
  const main = vm.evaluateModule(sources.get('main.js') ?? '', 'main.js');
  if (main.threw) throw new Error(`bug: the guest does not start: ${vm.dump(main.value)}`);
  const guest = Object.fromEntries(
    GUEST_EXPORTS.map((name) => [name, vm.property(main.value, name)]),
  ) as Guest;
  vm.useJson(guest.parse, guest.stringify);
  vm.useHeapError(guest.heapError);
  vm.refuseModules(guest.refuseImport);
  while (vm.runJobs(100) !== 0);
  vm.findFuelCounter(guest.refuseImport);
  return guest;
}
