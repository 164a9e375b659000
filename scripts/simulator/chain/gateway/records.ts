import { type Hash160, hashToLittleEndian } from '../../../../src/base/hash.js';
import { GAS_UNITS } from '../gas-prices.js';
import type { CallContext, StorageKey } from '../machine.js';
import { type Item, integerBytes } from '../vm-item.js';

/* Records as contracts/gateway/storage.go has them: the order of their fields is the same. */

export interface PolicySettings {
  readonly premiums: readonly bigint[];
  readonly minimums: readonly bigint[];
  readonly requestLifetime: number;
  readonly resultLifetime: number;
  readonly networkFeeCeiling: bigint;
  readonly updateDelay: number;
  readonly lowerUpdateDelay: number;
  readonly lowerFrom: number;
}

export interface Settings {
  readonly executor: Hash160;
  readonly paused: boolean;
  readonly policy: PolicySettings;
}

export interface Request {
  readonly kind: number;
  readonly requester: Hash160;
  readonly sponsor: Hash160 | null;
  readonly sponsored: number;
  readonly delivers: boolean;
  readonly maxFee: bigint;
  readonly deadline: number;
  readonly asked: number;
  readonly premium: bigint;
  readonly networkFeeCeiling: bigint;
  readonly resultLifetime: number;
}

export interface Delivery {
  readonly callback: string;
  readonly userData: Item;
  /** The url of `request`, null of all other kinds. */
  readonly first: Buffer | null;
}

export interface Kept {
  readonly requester: Hash160;
  readonly delivers: boolean;
  readonly code: number;
  readonly result: Buffer;
  readonly answered: number;
  readonly keptUntil: number;
}

export interface Draw {
  readonly keyId: bigint;
  readonly seed: Buffer;
}

export interface Sponsorship {
  readonly maxFeePerRequest: bigint;
  readonly allowance: bigint;
  readonly generation: number;
}

export interface RegisteredFunction {
  readonly owner: Hash160;
  readonly name: string;
  readonly codeHash: Buffer;
}

export interface Upkeep {
  readonly owner: Hash160;
  readonly target: Hash160;
  readonly method: string;
  readonly args: readonly Item[];
  readonly trigger: string;
  readonly kind: number;
  readonly every: number;
  readonly condition: string;
  readonly maxFee: bigint;
  readonly premium: bigint;
  readonly networkFeeCeiling: bigint;
  readonly registered: number;
}

/** What of an upkeep changes. */
export interface Progress {
  readonly due: bigint;
  readonly lastRun: number;
  readonly funded: boolean;
}

export interface PriceRound {
  readonly price: bigint;
  readonly timestamp: bigint;
  readonly confidenceBps: bigint;
  readonly sum: bigint;
}

export interface FeedSponsorship {
  readonly maxFeePerRound: bigint;
  readonly allowance: bigint;
}

export interface Overlap {
  readonly account: Hash160;
  readonly until: number;
}

export interface NodeProposal {
  readonly account: Hash160;
  readonly byOwner: boolean;
}

export interface UpdateProposal {
  readonly nefHash: Buffer;
  readonly manifestHash: Buffer;
  readonly from: number;
}

/** Two numbers in one record of 16 bytes. */
export interface Pair {
  readonly high: bigint;
  readonly low: bigint;
}

const PACKED_BYTES = 16;
const ACCOUNT_BYTES = 20;

const only = (name: string): StorageKey => ({ name, bytes: 1 });
const byId =
  (prefix: string) =>
  (id: bigint): StorageKey => ({
    name: `${prefix}:${id}`,
    bytes: integerBytes((id << 8n) + BigInt(prefix.charCodeAt(0))),
  });
const byAccount =
  (prefix: string) =>
  (account: Hash160): StorageKey => ({
    name: `${prefix}:${account}`,
    bytes: 1 + ACCOUNT_BYTES,
  });
const byText =
  (prefix: string, more = 0) =>
  (text: string): StorageKey => ({
    name: `${prefix}:${text}`,
    bytes: 1 + Buffer.byteLength(text) + more,
  });

export const Key = {
  settings: only('s'),
  owner: only('o'),
  proposedOwner: only('w'),
  node: only('n'),
  overlap: only('x'),
  nodeProposal: only('m'),
  updateProposal: only('u'),
  randomKeyId: only('i'),
  functionId: only('l'),
  counters: only('c'),
  balance: byAccount('b'),
  earned: byAccount('e'),
  accepted: byAccount('a'),
  sponsorship: (payer: Hash160, requester: Hash160): StorageKey => ({
    name: `p:${payer}:${requester}`,
    bytes: 1 + 2 * ACCOUNT_BYTES,
  }),
  source: (hash: Buffer): StorageKey => ({ name: `h:${hash.toString('hex')}`, bytes: 33 }),
  uris: (hash: Buffer): StorageKey => ({ name: `q:${hash.toString('hex')}`, bytes: 33 }),
  feed: byText('P'),
  round: (pair: string, place: number): StorageKey => byText('R', 2)(`${pair}:${place}`),
  chosen: byText('C'),
  feedSponsorship: (pair: string, payer: Hash160): StorageKey => ({
    name: `S:${payer}:${pair}`,
    bytes: 1 + Buffer.byteLength(pair) + ACCOUNT_BYTES,
  }),
  request: byId('r'),
  delivery: byId('d'),
  kept: byId('k'),
  draw: byId('z'),
  randomKey: byId('y'),
  function: byId('f'),
  upkeep: byId('t'),
  progress: byId('g'),
} as const;

const NOTHING: Pair = { high: 0n, low: 0n };

export function getPair(c: CallContext, key: StorageKey): Pair {
  const found = c.get<Pair>(key);
  if (found !== null) c.execution.use(GAS_UNITS.convert);
  return found ?? NOTHING;
}

export const putPair = (c: CallContext, key: StorageKey, pair: Pair): void =>
  c.put(key, pair, PACKED_BYTES);

export function getAccount(c: CallContext, key: StorageKey): Hash160 | null {
  c.execution.use(GAS_UNITS.convert);
  return c.get<Hash160>(key);
}

export const putAccount = (c: CallContext, key: StorageKey, account: Hash160): void =>
  c.put(key, account, ACCOUNT_BYTES);

export const getNumber = (c: CallContext, key: StorageKey): bigint => c.get<bigint>(key) ?? 0n;

export const putNumber = (c: CallContext, key: StorageKey, value: bigint): void =>
  c.put(key, value, integerBytes(value));

export const getProgress = (c: CallContext, id: bigint): Progress | null =>
  c.get<Progress>(Key.progress(id));

export const putProgress = (c: CallContext, id: bigint, progress: Progress): void =>
  c.put(Key.progress(id), progress, PACKED_BYTES);

export function loadSettings(c: CallContext): Settings {
  const settings = c.getRecord<Settings>(Key.settings);
  if (settings === null) throw new Error('bug: a gateway without settings');
  return settings;
}

export const payerOf = (request: Request): Hash160 => request.sponsor ?? request.requester;

/** Little-endian bytes of an account, as scripts hold it. */
export const accountBytes = (account: Hash160): Buffer => hashToLittleEndian(account);
