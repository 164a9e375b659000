import { type Hash160, hashFromLittleEndian } from '../../../src/base/hash.js';
import { CONTRACT_MANAGEMENT } from '../../../src/chain/native-contracts.js';
import { Price } from './gas-prices.js';
import type { CallContext, Contract, Method, StorageKey } from './machine.js';
import type { ModeChoice } from './simulated-chain.js';
import { VmFault, VmThrow } from './vm-fault.js';
import { type Item, type ItemLike, item, toBytes, toInteger, toList } from './vm-item.js';

/* The model of contracts/testing/hostile: a contract that does what it is told to. */

const key = (name: string): StorageKey => ({ name, bytes: 1 });
const Key = {
  mode: key('m'),
  number: key('n'),
  call: key('c'),
  nextCall: key('e'),
  count: key('k'),
  last: key('l'),
  condition: key('d'),
  payment: key('p'),
};

const putBytes = (c: CallContext, where: StorageKey, value: Item): undefined => {
  const bytes = toBytes(value);
  c.put(where, bytes, bytes.length);
};

const modeOf = (c: CallContext, where: StorageKey): string | null =>
  c.get<Buffer>(where)?.toString() ?? null;

function makeCall(c: CallContext, from: StorageKey): Item {
  const [target = null, name = null, args = null] = toList(c.getRecord<Item>(from));
  return c.call(hashFromLittleEndian(toBytes(target)), toBytes(name).toString(), toList(args));
}

function remember(c: CallContext, args: readonly ItemLike[]): void {
  // The contract asks whether there is a number before it reads it, here and for its mode's.
  c.execution.use(2 * Price.storageRead);
  const count = (c.get<bigint>(Key.count) ?? 0n) + 1n;
  c.put(Key.count, count, 1);
  c.putRecord(Key.last, item(args));
}

const isInBlock = (c: CallContext): boolean => c.container.systemFee !== 0n;

function burn(c: CallContext, amount: bigint): undefined {
  if (amount <= 0n) throw new VmFault('GAS must be positive');
  c.execution.burn(amount);
}

const fault = (message: string): never => {
  throw new VmFault(message);
};

const abort = (): never => {
  throw new VmFault('ABORT');
};

function notifyMany(c: CallContext, count: number): undefined {
  for (let at = 0; at < count; at++) c.notify('Noise', at);
}

const MISSING = hashFromLittleEndian(Buffer.from(Array.from({ length: 20 }, (_, at) => at + 1)));

type Act = (c: CallContext, number: bigint) => ItemLike | undefined;

/** By mode; the names are those of the contract. */
const ACTS: Readonly<Record<string, Act>> = {
  '': () => null,
  throw: (c) => c.refuse('the callback threw'),
  abort,
  abortMessage: () => {
    throw new VmFault('ABORTMSG is executed. Reason: the callback aborted');
  },
  assert: () => {
    throw new VmFault('ASSERT failed');
  },
  endless: (c) => burn(c, c.execution.gasLeft() + 1n),
  burn,
  burnAll: (c) => burn(c, c.execution.gasLeft()),
  missingContract: (c) => c.call(MISSING, 'any', []),
  missingMethod: (c) => c.call(c.self, 'missing', []),
  wrongParameterCount: (c) => c.call(c.self, 'threeParameters', [1n]),
  manyNotifications: (c) => notifyMany(c, 600),
  notifications: (c, number) => notifyMany(c, Number(number)),
  faultInBlock: (c) => (isInBlock(c) ? abort() : null),
  throwInBlock: (c) => (isInBlock(c) ? c.refuse('the callback threw in the block only') : null),
  faultBelowGas: (c, number) => (c.execution.gasLeft() < number ? abort() : null),
  faultFromBlock: (c, number) => (BigInt(c.executingIndex()) >= number ? abort() : null),
  call: (c) => makeCall(c, Key.call),
  callTwice: (c) => {
    makeCall(c, Key.call);
    return makeCall(c, Key.call);
  },
  callBoth: (c) => {
    makeCall(c, Key.call);
    return makeCall(c, Key.nextCall);
  },
  tryCall: (c) => c.execution.attempt(() => makeCall(c, Key.call)) === null,
  callThenThrow: (c) => {
    makeCall(c, Key.call);
    return c.refuse('the callback threw after its call');
  },
  throwArray: () => {
    throw new VmThrow(null);
  },
  largeNotification: () => fault("notification size shouldn't exceed 1024"),
  unknownEvent: () => fault('no such event'),
  stack: () => fault('stack is too big'),
  recurse: () => fault('invocation stack is too big'),
  largeItem: () => fault('item is too big'),
  curve: () => fault('invalid compressed point'),
  divide: () => fault('division by zero'),
  stackItems: () => null,
  mutate: () => null,
  destroy: (c) => c.call(CONTRACT_MANAGEMENT, 'destroy', []),
  witness: (c) =>
    c.checkWitness(c.container.sender)
      ? c.refuse("the sender's witness holds in the callback")
      : null,
};

const CONDITIONS: Readonly<Record<string, (c: CallContext) => ItemLike>> = {
  false: () => false,
  one: () => 1n,
  byte: () => Buffer.from([1]),
  array: () => [true],
  null: () => null,
  throw: (c) => c.refuse('the condition threw'),
  abort,
  falseInBlock: (c) => !isInBlock(c),
};

/** Deployed, it is in the mode "", as if by setMode. */
export function hostileContract(hash: Hash160, choose: ModeChoice | null): Contract {
  const act = (c: CallContext, name: string): ItemLike | undefined => {
    const phase = c.world.blockNonce === null ? 'trial' : 'block';
    const blockIndex = c.world.currentIndex + 1;
    const chosen = choose?.({ contract: hash, method: name, phase, blockIndex }) ?? null;
    const mode = chosen ?? modeOf(c, Key.mode);
    const run = mode === null ? undefined : ACTS[mode];
    return run === undefined ? c.refuse('unknown mode') : run(c, c.get<bigint>(Key.number) ?? 0n);
  };
  const methods: Record<string, (c: CallContext, args: readonly Item[]) => ItemLike | undefined> = {
    'setMode/2': (c, [mode = null, number = null]) => {
      putBytes(c, Key.mode, mode);
      c.put(Key.number, toInteger(number), 8);
    },
    'setCall/3': (c, args) => {
      c.putRecord(Key.call, args);
    },
    'setNextCall/3': (c, args) => {
      c.putRecord(Key.nextCall, args);
    },
    'setCondition/1': (c, [mode = null]) => putBytes(c, Key.condition, mode),
    'setPaymentMode/1': (c, [mode = null]) => putBytes(c, Key.payment, mode),
    'call/3': (c, args) => callGiven(c, args),
    'callTwice/3': (c, args) => {
      callGiven(c, args);
      callGiven(c, args);
    },
    'tryCall/3': (c, args) => c.execution.attempt(() => callGiven(c, args)) === null,
    'onAnswer/4': (c, args) => {
      remember(c, args);
      return act(c, 'onAnswer');
    },
    'tick/1': (c, [value = null]) => {
      remember(c, [c.caller, value]);
      return act(c, 'tick');
    },
    'isDue/0': (c) => {
      const mode = modeOf(c, Key.condition);
      return mode === null ? true : (CONDITIONS[mode]?.(c) ?? (mode === 'null' ? null : true));
    },
    'threeParameters/3': () => null,
    'destroy/0': (c) => c.call(CONTRACT_MANAGEMENT, 'destroy', []),
    'onNEP17Payment/3': (c) => {
      const mode = modeOf(c, Key.payment) ?? '';
      if (mode === '') return;
      if (mode === 'refuse') c.refuse('the payment is refused');
      makeCall(c, Key.call);
    },
    'count/0': (c) => c.get<bigint>(Key.count) ?? 0n,
    'last/0': (c) => c.getRecord<Item>(Key.last),
    'quietSafeAnswer/4': () => null,
    'safeAnswer/4': (c, args) => {
      remember(c, args);
    },
  };
  const entries = Object.entries(methods).map(([name, run]): [string, Method] => [
    name,
    { parameters: Number(name.split('/')[1]), safe: SAFE.has(name), run },
  ]);
  return { hash, methods: new Map(entries) };
}

const SAFE: ReadonlySet<string> = new Set([
  'count/0',
  'last/0',
  'quietSafeAnswer/4',
  'safeAnswer/4',
]);

const callGiven = (c: CallContext, [target = null, name = null, args = null]: readonly Item[]) =>
  c.call(hashFromLittleEndian(toBytes(target)), toBytes(name).toString(), toList(args));
