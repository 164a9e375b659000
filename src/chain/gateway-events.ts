import { shorten, toHex } from '../base/bytes.js';
import type { Hash256 } from '../base/hash.js';
import { NodeError } from '../base/node-error.js';
import type { GatewayNotification } from './block-source.js';
import { type StackItem, stackItemMalformed } from './stack-item.js';
import {
  asBoolean,
  asBytes,
  asCount,
  asHash160,
  asHash160OrNull,
  asHash256,
  asInteger,
  asItems,
  asText,
} from './stack-item-values.js';

type Decode<T> = (item: StackItem, what: string) => T;

/** The gateway takes and tells no id, amount or time that is below 0, or 2^63 and more. */
const BEYOND_INTEGER64 = 1n << 63n;
/** 23 billion GAS, which there will never be: so sums of a few amounts stay below 2^63, too. */
const BEYOND_GAS = 1n << 61n;

const below =
  (beyond: bigint, power: number): Decode<bigint> =>
  (item, what) => {
    const value = asInteger(item, what);
    if (value >= 0n && value < beyond) return value;
    const got = shorten(String(value), 24);
    throw stackItemMalformed(what, `expected an Integer of 0 to 2^${power}-1, got ${got}`);
  };
const asInteger64 = below(BEYOND_INTEGER64, 63);
const asGas = below(BEYOND_GAS, 61);

const asIntegers: Decode<bigint[]> = (item, what) =>
  asItems(item, what).map((each, at) => asInteger64(each, `${what}[${at}]`));

const SHA256_BYTES = 32;

/** A SHA-256 as sha256sum prints it: Neo's own tools turn the bytes of hashes around, these not. */
export const asSha256: Decode<string> = (item, what) => {
  const bytes = asBytes(item, what);
  if (bytes.length === SHA256_BYTES) return toHex(bytes);
  throw stackItemMalformed(what, `expected ${SHA256_BYTES} bytes, got ${bytes.length}`);
};

/**
 * The gateway's events and the parameters of each, in order, as contracts/build/gateway.abi.json
 * has them. Amounts are datoshi, block numbers, codes and times (ms) plain numbers, texts UTF-8,
 * codeHash 64 hex digits.
 */
export const GATEWAY_EVENTS = {
  OracleRequest: {
    id: asInteger64,
    requester: asHash160,
    payer: asHash160,
    url: asText,
    filter: asText,
    maxFee: asGas,
    deadline: asCount,
  },
  HttpRequest: {
    id: asInteger64,
    requester: asHash160,
    payer: asHash160,
    spec: asText,
    filter: asText,
    maxFee: asGas,
    deadline: asCount,
  },
  FunctionRequest: {
    id: asInteger64,
    requester: asHash160,
    payer: asHash160,
    functionId: asInteger64,
    codeHash: asSha256,
    args: asText,
    maxFee: asGas,
    deadline: asCount,
  },
  RandomRequest: {
    id: asInteger64,
    requester: asHash160,
    payer: asHash160,
    seed: asBytes,
    keyId: asInteger64,
    maxFee: asGas,
    deadline: asCount,
  },
  FunctionRegistered: {
    functionId: asInteger64,
    owner: asHash160,
    name: asText,
    codeHash: asSha256,
  },
  FunctionUpdated: { functionId: asInteger64, codeHash: asSha256 },
  Response: {
    id: asInteger64,
    requester: asHash160,
    payer: asHash160,
    code: asCount,
    delivered: asBoolean,
    fee: asGas,
    lost: asGas,
    premium: asGas,
  },
  Earned: { account: asHash160, amount: asGas },
  Expired: { id: asInteger64, payer: asHash160, refund: asGas },
  ResultTaken: { id: asInteger64 },
  Redelivered: { id: asInteger64 },
  ResultDropped: { id: asInteger64 },
  /** Locks one maxFee of the owner's credit. */
  UpkeepRegistered: {
    id: asInteger64,
    owner: asHash160,
    target: asHash160,
    method: asText,
    trigger: asText,
    maxFee: asGas,
  },
  /** Locks the amount, one maxFee, of the owner's credit. */
  UpkeepFunded: { id: asInteger64, amount: asGas },
  /**
   * Gone. What was locked for its next run is credit again; so is what an `UpkeepPerformed` of it
   * tells as locked that comes later in the same transaction, of a run whose target cancelled it.
   */
  UpkeepCancelled: { id: asInteger64 },
  /**
   * Settles one lock of maxFee: fee, lost and premium are earned, the rest is credit again. locked
   * (0 or maxFee) was taken of the owner's credit for the next run. due is ms for cron, else a
   * block.
   */
  UpkeepPerformed: {
    id: asInteger64,
    owner: asHash160,
    due: asCount,
    delivered: asBoolean,
    fee: asGas,
    lost: asGas,
    premium: asGas,
    locked: asGas,
  },
  /**
   * A round of a feed. The price has 8 decimals. The fee was taken of the payer's credit and is
   * earned. The payer is null where the feed has no sponsor: then the fee is 0.
   */
  PriceUpdated: {
    pair: asText,
    price: asInteger64,
    timestamp: asCount,
    confidenceBps: asCount,
    round: asInteger64,
    payer: asHash160OrNull,
    fee: asGas,
  },
  FeedSponsored: {
    pair: asText,
    payer: asHash160,
    maxFeePerRound: asInteger64,
    allowance: asInteger64,
  },
  FeedSponsorChosen: { pair: asText, payer: asHash160OrNull },
  Deposit: { account: asHash160, from: asHash160, amount: asGas },
  Withdrawal: { account: asHash160, to: asHash160, amount: asGas },
  Collected: { account: asHash160, to: asHash160, amount: asGas },
  Sponsored: {
    payer: asHash160,
    requester: asHash160,
    maxFeePerRequest: asInteger64,
    allowance: asInteger64,
  },
  SponsorAccepted: { requester: asHash160, payer: asHash160OrNull },
  NodeAccountProposed: { account: asHash160, byOwner: asBoolean },
  NodeAccountChanged: { before: asHash160OrNull, account: asHash160, overlapUntil: asCount },
  NodeAccountRevoked: { account: asHash160OrNull },
  RandomKeyChanged: { keyId: asInteger64, publicKey: asBytes },
  OwnershipProposed: { account: asHash160 },
  OwnershipTransferred: { before: asHash160, account: asHash160 },
  Paused: { on: asBoolean },
  PolicyChanged: {
    premiums: asIntegers,
    minimums: asIntegers,
    requestLifetime: asCount,
    resultLifetime: asCount,
    networkFeeCeiling: asInteger64,
    updateDelay: asCount,
    lowerUpdateDelay: asCount,
    lowerFrom: asCount,
  },
  UpdateProposed: { nefHash: asHash256, manifestHash: asHash256, from: asCount },
  UpdateCancelled: {},
  Updated: { nefHash: asHash256, manifestHash: asHash256 },
} as const satisfies Record<string, Record<string, Decode<Parameter>>>;

type Parameter = bigint | bigint[] | number | boolean | string | Buffer | null;
type Events = typeof GATEWAY_EVENTS;

/** `name` is the event's own: a parameter that is called so gets another key. */
const KEY_OF_NAME = 'functionName';
const keyOf = (field: string): string => (field === 'name' ? KEY_OF_NAME : field);

export type KnownGatewayEvent = {
  readonly [Name in keyof Events]: { readonly name: Name } & {
    readonly [Field in keyof Events[Name] as Field extends 'name'
      ? typeof KEY_OF_NAME
      : Field]: Events[Name][Field] extends Decode<infer T> ? T : never;
  };
}[keyof Events];

/** The events that begin a request. */
const ASK_EVENTS = ['OracleRequest', 'HttpRequest', 'FunctionRequest', 'RandomRequest'] as const;
export type AskEvent = Extract<KnownGatewayEvent, { name: (typeof ASK_EVENTS)[number] }>;

export const isAskEvent = (event: GatewayEvent): event is AskEvent =>
  (ASK_EVENTS as readonly string[]).includes(event.name);

/** The events that tell of upkeeps. */
const UPKEEP_EVENTS = [
  'UpkeepRegistered',
  'UpkeepFunded',
  'UpkeepCancelled',
  'UpkeepPerformed',
] as const;
export type UpkeepEvent = Extract<KnownGatewayEvent, { name: (typeof UPKEEP_EVENTS)[number] }>;

export const isUpkeepEvent = (event: GatewayEvent): event is UpkeepEvent =>
  (UPKEEP_EVENTS as readonly string[]).includes(event.name);

/** An event of a newer gateway is `unknown`: what it changes is not this node's to know. */
export type GatewayEvent = KnownGatewayEvent | { readonly name: 'unknown'; readonly event: string };

/**
 * Decodes an event by its name. Throws a NodeError GATEWAY_EVENT_MALFORMED when a known one has
 * other parameters than this version knows: then gateway and node don't fit together.
 */
export function decodeGatewayEvent(notification: GatewayNotification): GatewayEvent {
  const { name, state, txHash } = notification;
  const fields = FIELDS.get(name);
  if (fields === undefined) return { name: 'unknown', event: name };
  if (state.length !== fields.length) {
    const problem = `expected ${fields.length} parameters, got ${state.length}`;
    throw gatewayEventMalformed(name, txHash, problem);
  }
  const event: Record<string, Parameter | string> = { name };
  try {
    for (let at = 0; at < fields.length; at++) {
      const { key, field, decode } = fields[at] as Field;
      event[key] = decode(state[at] as StackItem, field);
    }
  } catch (cause) {
    throw gatewayEventMalformed(name, txHash, (cause as Error).message, cause);
  }
  return event as KnownGatewayEvent;
}

interface Field {
  readonly field: string;
  readonly key: string;
  readonly decode: Decode<Parameter>;
}

const FIELDS: ReadonlyMap<string, readonly Field[]> = new Map(
  Object.entries(GATEWAY_EVENTS).map(([name, fields]) => [
    name,
    Object.entries(fields).map(([field, decode]) => ({ field, key: keyOf(field), decode })),
  ]),
);

/** What to do about events that no gateway of this version emits. */
export const NOT_OF_THIS_VERSION =
  'The gateway is of another version than this node: update the node. Where it is not, an ' +
  'endpoint lies: use another.';

/** Events that no gateway of this version emits: another version, or an endpoint that lies. */
export function gatewayEventMalformed(
  name: string,
  txHash: Hash256,
  problem: string,
  cause?: unknown,
): NodeError {
  const message = `gateway event ${name} of transaction ${txHash}: ${problem}`;
  return new NodeError('GATEWAY_EVENT_MALFORMED', message, {
    hint: NOT_OF_THIS_VERSION,
    cause,
    details: { name, txHash },
  });
}
