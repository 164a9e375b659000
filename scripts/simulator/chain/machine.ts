import type { Datoshi } from '../../../src/base/datoshi.js';
import type { Hash160, Hash256 } from '../../../src/base/hash.js';
import type { TransactionSigner, WitnessScope } from '../../../src/chain/transaction.js';
import { GAS_UNITS, Price } from './gas-prices.js';
import type { StateStore } from './state-store.js';
import { VmFault, VmThrow } from './vm-fault.js';
import { type Item, type ItemLike, item, serializedBytes } from './vm-item.js';

/** Flags of a call (neo-project/neo, CallFlags.cs). */
const Flag = { ReadStates: 1, WriteStates: 2, AllowCall: 4, AllowNotify: 8 } as const;
const NOT_SAFE = ~(Flag.WriteStates | Flag.AllowNotify);
const MAX_NOTIFICATIONS = 512;
const MAX_CALL_DEPTH = 1024;

/** The transaction that a script runs in. */
export interface Container {
  readonly hash: Hash256;
  readonly sender: Hash160;
  readonly nonce: number;
  readonly systemFee: Datoshi;
  readonly networkFee: Datoshi;
  readonly signers: readonly TransactionSigner[];
}

/** A method of a contract. */
export interface Method {
  readonly parameters: number;
  readonly safe: boolean;
  run(context: CallContext, args: readonly Item[]): ItemLike | undefined;
}

export interface Contract {
  readonly hash: Hash160;
  /** By name and number of parameters: `respond/1`. */
  readonly methods: ReadonlyMap<string, Method>;
}

export interface Notification {
  readonly contract: Hash160;
  readonly name: string;
  readonly state: readonly Item[];
}

/** What an execution sees of the chain. */
export interface ExecutionWorld {
  readonly state: StateStore;
  readonly magic: number;
  readonly execFeeFactor: bigint;
  readonly storagePrice: bigint;
  readonly msPerBlock: number;
  /** Index of the latest block, and time of the one that is made, or would be. */
  readonly currentIndex: number;
  readonly timeMs: number;
  /** Of the block that is made, 8 bytes; null on trial. */
  readonly blockNonce: bigint | null;
  readonly contractOf: (hash: Hash160) => Contract | null;
  readonly pastTransaction: (hash: Hash256) => PastTransaction | null;
}

export interface PastTransaction {
  readonly sender: Hash160;
  readonly nonce: number;
  readonly systemFee: Datoshi;
  readonly networkFee: Datoshi;
  readonly halted: boolean;
  readonly blockIndex: number;
}

export interface Frame {
  readonly script: Hash160;
  readonly caller: Frame | null;
  readonly flags: number;
  readonly depth: number;
}

/** One script that runs, with what it has used and emitted. */
export class Execution {
  readonly notifications: Notification[] = [];
  readonly invocations = new Map<Hash160, number>();
  randomCalls = 0;
  #left: bigint;

  constructor(
    readonly world: ExecutionWorld,
    readonly container: Container,
    readonly gasLimit: Datoshi,
  ) {
    this.#left = gasLimit;
  }

  gasLeft(): Datoshi {
    return this.#left;
  }

  /** What was used; more than the limit where that ended it. */
  gasConsumed(): Datoshi {
    return this.gasLimit - this.#left;
  }

  /** Units of execution. */
  use(units: number): void {
    this.burn(BigInt(Math.round(units)) * this.world.execFeeFactor);
  }

  burn(amount: Datoshi): void {
    this.#left -= amount;
    if (this.#left < 0n) throw new VmFault('GAS limit exceeded');
  }

  /** Calls as a SYSCALL System.Contract.Call of a frame does. */
  call(from: Frame, target: Hash160, method: string, args: readonly Item[], flags: number): Item {
    this.use(Price.contractCall);
    if ((from.flags & Flag.AllowCall) === 0) throw new VmFault('missing call flags: AllowCall');
    return this.enter(from, target, method, args, flags);
  }

  /** The same for natives, which pay for themselves. */
  enter(from: Frame, target: Hash160, method: string, args: readonly Item[], flags: number): Item {
    if (method.startsWith('_')) throw new VmFault(`invalid method name: ${method}`);
    const contract = this.world.contractOf(target);
    if (contract === null) throw new VmFault(`called contract ${target} not found: not found`);
    const found = contract.methods.get(`${method}/${args.length}`);
    if (found === undefined) throw new VmFault(`method not found: ${method}/${args.length}`);
    const held = from.flags & flags & (found.safe ? NOT_SAFE : 0xff);
    const depth = from.depth + 1;
    if (depth > MAX_CALL_DEPTH) throw new VmFault('invocation stack is too big');
    this.invocations.set(target, (this.invocations.get(target) ?? 0) + 1);
    const frame: Frame = { script: target, caller: from, flags: held, depth };
    return item(found.run(new CallContext(this, frame), args) ?? null);
  }

  notify(frame: Frame, name: string, state: readonly Item[]): void {
    this.use(Price.notify);
    if ((frame.flags & Flag.AllowNotify) === 0) {
      throw new VmFault('System.Runtime.Notify failed: missing call flags: AllowNotify');
    }
    if (this.notifications.length >= MAX_NOTIFICATIONS) {
      throw new VmFault("System.Runtime.Notify failed: notification count shouldn't exceed 512");
    }
    this.notifications.push({ contract: frame.script, name, state });
  }

  /** Runs; of what throws nothing stays, and its text is the answer, null when it did not. */
  attempt(run: () => void): { readonly text: string | null } | null {
    const mark = this.world.state.mark();
    const told = this.notifications.length;
    try {
      run();
      return null;
    } catch (thrown) {
      if (!(thrown instanceof VmThrow)) throw thrown;
      this.world.state.rollBack(mark);
      this.notifications.length = told;
      return { text: thrown.text };
    }
  }
}

/** A key of a contract's storage: a name that is unique in it, and its real size. */
export interface StorageKey {
  readonly name: string;
  readonly bytes: number;
}

interface Stored {
  readonly value: unknown;
  readonly bytes: number;
}

/** What a contract's method works with. */
export class CallContext {
  constructor(
    readonly execution: Execution,
    readonly frame: Frame,
  ) {}

  get world(): ExecutionWorld {
    return this.execution.world;
  }

  get self(): Hash160 {
    return this.frame.script;
  }

  /** The calling contract or entry script. */
  get caller(): Hash160 {
    this.execution.use(Price.runtimeRead);
    return this.frame.caller?.script ?? this.frame.script;
  }

  get calledByEntry(): boolean {
    this.execution.use(2 * Price.runtimeRead);
    return this.frame.caller !== null && this.frame.caller.caller === null;
  }

  get container(): Container {
    this.execution.use(Price.scriptContainer);
    return this.execution.container;
  }

  /** Index of the block that this is in, or would be in. */
  executingIndex(): number {
    this.execution.use(Price.nativeCall + Price.ledgerIndex);
    return this.world.currentIndex + 1;
  }

  refuse(message: string): never {
    throw new VmThrow(message);
  }

  get<T>(key: StorageKey): T | null {
    this.execution.use(Price.storageRead);
    const found = this.world.state.get(this.#nameOf(key)) as Stored | undefined;
    return found === undefined ? null : (found.value as T);
  }

  getRecord<T>(key: StorageKey): T | null {
    const found = this.get<T>(key);
    if (found !== null)
      this.execution.use(Price.nativeCall + Price.deserialize + GAS_UNITS.convert);
    return found;
  }

  /** `bytes` is the size of the value. */
  put(key: StorageKey, value: unknown, bytes: number): void {
    this.execution.use(Price.storageWrite);
    this.#requireWrites('Put');
    const name = this.#nameOf(key);
    const before = this.world.state.get(name) as Stored | undefined;
    const priced = storedBytes(key.bytes, before?.bytes ?? null, bytes);
    this.execution.burn(BigInt(priced) * this.world.storagePrice);
    this.world.state.set(name, { value, bytes } satisfies Stored);
  }

  putRecord(key: StorageKey, record: unknown): void {
    this.execution.use(Price.nativeCall + Price.serialize);
    this.put(key, record, serializedBytes(record));
  }

  remove(key: StorageKey): void {
    this.execution.use(Price.storageWrite);
    this.#requireWrites('Delete');
    const name = this.#nameOf(key);
    if (this.world.state.get(name) !== undefined) this.world.state.set(name, undefined);
  }

  notify(name: string, ...state: readonly ItemLike[]): void {
    this.execution.notify(this.frame, name, state.map(item));
  }

  call(target: Hash160, method: string, args: readonly Item[], flags = 0x0f): Item {
    return this.execution.call(this.frame, target, method, args, flags);
  }

  hasMethod(target: Hash160, method: string, parameters: number): boolean {
    this.execution.use(Price.nativeCall + Price.contractLookup);
    return this.world.contractOf(target)?.methods.has(`${method}/${parameters}`) ?? false;
  }

  isContract(target: Hash160): boolean {
    this.execution.use(Price.nativeCall + Price.contractLookup);
    return this.world.contractOf(target) !== null;
  }

  /** Whether an account signed for what runs here, or calls. */
  checkWitness(account: Hash160): boolean {
    this.execution.use(Price.checkWitness);
    const { caller } = this.frame;
    const { signers } = this.execution.container;
    const signer = signers.find((each) => each.account === account);
    if (signer !== undefined && this.#holds(signer.scope)) return true;
    return caller !== null && caller.script === account;
  }

  #holds(scope: WitnessScope): boolean {
    if (scope === 'None') return false;
    if (scope === 'Global') return true;
    const { caller } = this.frame;
    if (scope === 'CalledByEntry') return caller === null || caller.caller === null;
    return scope.contracts.includes(this.self);
  }

  #nameOf(key: StorageKey): string {
    return `${this.self}/${key.name}`;
  }

  #requireWrites(what: string): void {
    if ((this.frame.flags & Flag.WriteStates) !== 0) return;
    throw new VmFault(`System.Storage.${what} failed: missing call flags: WriteStates`);
  }
}

/** What a write is charged for (neo-project/neo, ApplicationEngine.Storage.cs). */
function storedBytes(keyBytes: number, before: number | null, after: number): number {
  if (before === null) return keyBytes + after;
  if (after === 0) return 0;
  if (after <= before) return Math.floor((after - 1) / 4) + 1;
  if (before === 0) return after;
  return Math.floor((before - 1) / 4) + 1 + after - before;
}
