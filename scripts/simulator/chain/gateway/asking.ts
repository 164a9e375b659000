import { Price } from '../gas-prices.js';
import type { CallContext } from '../machine.js';
import { type Item, type ItemLike, item, serializedBytes, textItem, toBytes } from '../vm-item.js';
import { reserve } from './charging.js';
import { callerOf, text, whole } from './checks.js';
import { Kind } from './kinds.js';
import { seedOf } from './random.js';
import {
  type Delivery,
  type Draw,
  getNumber,
  getPair,
  type Kept,
  Key,
  loadSettings,
  type Pair,
  payerOf,
  putPair,
  type RegisteredFunction,
  type Request,
  type Settings,
} from './records.js';

/* contracts/gateway/asking.go */

/** What the callback is called with, as it was given. */
interface Asked {
  readonly kind: number;
  readonly callback: Item;
  readonly userData: Item;
  readonly first: Buffer | null;
  readonly maxFee: bigint;
}

export function request(c: CallContext, args: readonly Item[]): undefined {
  const [url = null, filter = null, callback = null, userData = null, gas = null] = args;
  const settings = loadSettings(c);
  const urlText = text(c, url, 256, 'url is longer than 256 bytes', 'url is not UTF-8');
  const filterText = filterOf(c, filter, 'request');
  const maxFee = whole(c, gas, 'gasForResponse is not from 0 to 2^63-1');
  const first = textItem(urlText);
  const asked = { kind: Kind.oracle, callback, userData, first, maxFee };
  const { id, record } = ask(c, settings, asked);
  tell(c, 'OracleRequest', id, record, first, textItem(filterText), maxFee);
}

export function requestHttp(c: CallContext, args: readonly Item[]): bigint {
  const [spec = null, filter = null, callback = null, userData = null, fee = null] = args;
  const settings = loadSettings(c);
  const specText = text(c, spec, 512, 'spec is longer than 512 bytes', 'spec is not UTF-8');
  const filterText = filterOf(c, filter, 'requestHttp');
  const maxFee = whole(c, fee, 'maxFee of requestHttp is not from 0 to 2^63-1');
  const asked = { kind: Kind.http, callback, userData, first: null, maxFee };
  const { id, record } = ask(c, settings, asked);
  tell(c, 'HttpRequest', id, record, textItem(specText), textItem(filterText), maxFee);
  return id;
}

export function requestFunction(c: CallContext, given: readonly Item[]): bigint {
  const [fn = null, args = null, callback = null, userData = null, fee = null] = given;
  const settings = loadSettings(c);
  const functionId = whole(c, fn, 'functionId of requestFunction is not from 0 to 2^63-1');
  const argsText = text(
    c,
    args,
    512,
    'args of requestFunction is longer than 512 bytes',
    'args of requestFunction is not UTF-8',
  );
  const maxFee = whole(c, fee, 'maxFee of requestFunction is not from 0 to 2^63-1');
  const found = c.getRecord<RegisteredFunction>(Key.function(functionId));
  if (found === null) return c.refuse('no function has the functionId of requestFunction');
  const asked = { kind: Kind.function, callback, userData, first: null, maxFee };
  const { id, record } = ask(c, settings, asked);
  tell(c, 'FunctionRequest', id, record, functionId, found.codeHash, textItem(argsText), maxFee);
  return id;
}

export function requestRandom(c: CallContext, args: readonly Item[]): bigint {
  const [seed = null, callback = null, userData = null, fee = null] = args;
  const settings = loadSettings(c);
  const given = seed === null ? Buffer.alloc(0) : toBytes(seed);
  if (given.length > 64) c.refuse('seed is longer than 64 bytes');
  const maxFee = whole(c, fee, 'maxFee of requestRandom is not from 0 to 2^63-1');
  const keyId = getNumber(c, Key.randomKeyId);
  if (keyId === 0n) c.refuse('no random key is set: the gateway draws no random numbers yet');
  const asked = { kind: Kind.random, callback, userData, first: null, maxFee };
  const { id, record } = ask(c, settings, asked);
  const draw: Draw = { keyId, seed: seedOf(c, id, record.requester, given) };
  c.putRecord(Key.draw(id), draw);
  tell(c, 'RandomRequest', id, record, draw.seed, keyId, maxFee);
  return id;
}

const filterOf = (c: CallContext, filter: Item, method: string): string =>
  text(
    c,
    filter,
    128,
    `filter of ${method} is longer than 128 bytes`,
    `filter of ${method} is not UTF-8`,
  );

function tell(
  c: CallContext,
  event: string,
  id: bigint,
  record: Request,
  ...more: readonly ItemLike[]
): void {
  c.notify(event, id, record.requester, payerOf(record), ...more, record.deadline);
}

function ask(
  c: CallContext,
  settings: Settings,
  { kind, callback, userData, first, maxFee }: Asked,
): { readonly id: bigint; readonly record: Request } {
  const { policy } = settings;
  if (settings.paused) c.refuse('the gateway is paused: it takes no new requests');
  if (maxFee < (policy.minimums[kind] ?? 0n)) {
    c.refuse("maxFee is below the policy's minimum for this kind of request");
  }
  const requester = callerOf(c, settings.executor);
  const name = text(c, callback, 32, 'callback is longer than 32 bytes', 'callback is not UTF-8');
  const delivers = name !== '';
  if (delivers) {
    if (name.startsWith('_')) c.refuse('callback starts with an underscore');
    if (c.calledByEntry && !c.isContract(requester)) {
      c.refuse('callback must be empty: the caller is not a contract');
    }
  }
  if (userData !== null) {
    c.execution.use(Price.nativeCall + Price.serialize);
    if (serializedBytes(userData) > 512)
      c.refuse('userData is longer than 512 bytes when serialised');
  }
  const { sponsor, sponsored } = reserve(c, requester, maxFee);
  const index = c.executingIndex();
  const record: Request = {
    kind,
    requester,
    sponsor,
    sponsored,
    delivers,
    maxFee,
    deadline: index + policy.requestLifetime,
    asked: index,
    premium: policy.premiums[kind] ?? 0n,
    networkFeeCeiling: policy.networkFeeCeiling,
    resultLifetime: policy.resultLifetime,
  };
  const id = nextId(c, 1n);
  c.putRecord(Key.request(id), record);
  if (delivers) {
    c.putRecord(Key.delivery(id), { callback: name, userData, first } satisfies Delivery);
  }
  return { id, record };
}

/** The counters: high is requests made and not expired, low the last id. */
export function nextId(c: CallContext, requests: bigint): bigint {
  const { high, low } = getPair(c, Key.counters);
  putPair(c, Key.counters, { high: high + requests, low: low + 1n });
  return low + 1n;
}

const idOf = (c: CallContext, id: Item | undefined, method: string): bigint =>
  whole(c, id ?? null, `id of ${method} is not from 0 to 2^63-1`);

export function requestOf(c: CallContext, [given]: readonly Item[]): Item {
  const id = idOf(c, given, 'requestOf');
  const found = c.getRecord<Request>(Key.request(id));
  if (found === null) return null;
  const delivery = found.delivers ? c.getRecord<Delivery>(Key.delivery(id)) : null;
  return item([
    found.kind,
    found.requester,
    payerOf(found),
    delivery === null ? null : textItem(delivery.callback),
    delivery?.userData ?? null,
    delivery?.first ?? null,
    found.maxFee,
    found.deadline,
    found.asked,
    found.premium,
    found.networkFeeCeiling,
    found.resultLifetime,
  ]);
}

export function resultOf(c: CallContext, [given]: readonly Item[]): Item {
  const found = c.getRecord<Kept>(Key.kept(idOf(c, given, 'resultOf')));
  if (found === null) return null;
  const { requester, code, result, answered, keptUntil } = found;
  return item([requester, code, result, answered, keptUntil]);
}

export function pendingCount(c: CallContext): bigint {
  const { high } = getPair(c, Key.counters);
  const answered = c.world.state
    .under(`${c.self}/e:`)
    .map(([, stored]) => (stored as { value: Pair }).value.high);
  return answered.reduce((left, each) => left - each, high);
}
