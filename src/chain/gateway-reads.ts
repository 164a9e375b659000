import { fromHex } from '../base/bytes.js';
import type { Datoshi } from '../base/datoshi.js';
import type { Hash160, Hash256 } from '../base/hash.js';
import { contractRead } from './contract-read.js';
import { asSha256 } from './gateway-events.js';
import { asFeedSponsorship, asPublishedPrice, asUpkeep } from './gateway-records.js';
import { type Decode, fieldsOf, orNull } from './item-fields.js';
import { utf8 } from './script.js';
import type { StackItem } from './stack-item.js';
import {
  asBoolean,
  asBytes,
  asBytesOrNull,
  asCount,
  asHash160,
  asHash160OrNull,
  asHash256,
  asInteger,
  asItems,
  asText,
  isNull,
} from './stack-item-values.js';

export type { FeedSponsorship, PublishedPrice, RegisteredUpkeep } from './gateway-records.js';

/** The gateway's policy. Lists are by kind: oracle, http, function, random, price, upkeep. */
export interface GatewayPolicy {
  readonly premiums: readonly Datoshi[];
  readonly minimums: readonly Datoshi[];
  /** Blocks. */
  readonly requestLifetime: number;
  readonly resultLifetime: number;
  readonly networkFeeCeiling: Datoshi;
  readonly updateDelay: number;
  readonly lowerUpdateDelay: number;
  /** Block from which the lower delay holds; 0 when none waits. */
  readonly lowerFrom: number;
}

/** A request that is neither answered nor expired. */
export interface PendingRequest {
  readonly kind: number;
  readonly requester: Hash160;
  readonly payer: Hash160;
  /** Empty when the result is to be kept. */
  readonly callback: string;
  readonly userData: StackItem;
  /** Of the kind oracle with a callback, else null. */
  readonly url: string | null;
  readonly maxFee: Datoshi;
  /** Last block in which it can be answered. */
  readonly deadline: number;
  /** Block in which it was asked. */
  readonly asked: number;
  readonly premium: Datoshi;
  readonly networkFeeCeiling: Datoshi;
  readonly resultLifetime: number;
}

/** An answer that no callback took. */
export interface KeptResult {
  readonly requester: Hash160;
  readonly code: number;
  readonly result: Buffer;
  /** Block of the answer. */
  readonly answered: number;
  /** Last block before anyone may drop it. */
  readonly keptUntil: number;
}

export interface Overlap {
  readonly account: Hash160;
  /** Last block in which the account before this one may answer. */
  readonly until: number;
}

export interface Sponsorship {
  readonly maxFeePerRequest: Datoshi;
  readonly allowance: Datoshi;
}

export interface ProposedUpdate {
  readonly nefHash: Hash256;
  readonly manifestHash: Hash256;
  /** First block in which it may be made. */
  readonly from: number;
}

/** The key that random requests are made under. */
export interface GatewayRandomKey {
  /** 0 before there is one. */
  readonly keyId: bigint;
  /** A compressed point of G2, 96 bytes; null before there is one. */
  readonly publicKey: Buffer | null;
}

/** A function that requests can name. */
export interface RegisteredFunction {
  readonly owner: Hash160;
  readonly name: string;
  /** SHA-256 of its code, 64 hex digits. */
  readonly codeHash: string;
}

/** Where the code with a certain SHA-256 is. */
export interface RegisteredCode {
  /** Checked against the hash by the gateway; empty when nobody gave it. */
  readonly source: Buffer;
  /** Given by anybody: what they lead to counts only if it has the hash. */
  readonly uris: readonly string[];
}

/** Reads of the gateway's safe methods, for `readTogether`; shapes as in gateway.abi.json. */
export const gatewayReads = (gateway: Hash160) => ({
  version: () => contractRead(gateway, 'version', [], asCount),
  executor: () => contractRead(gateway, 'executor', [], asHash160),
  owner: () => contractRead(gateway, 'owner', [], asHash160),
  isPaused: () => contractRead(gateway, 'isPaused', [], asBoolean),
  pendingCount: () => contractRead(gateway, 'pendingCount', [], asCount),
  /** Null when revoked. */
  nodeAccount: () => contractRead(gateway, 'nodeAccount', [], asHash160OrNull),
  overlap: () => contractRead(gateway, 'overlap', [], orNull(asOverlap)),
  policy: () => contractRead(gateway, 'policy', [], asPolicy),
  creditOf: (account: Hash160) => contractRead(gateway, 'creditOf', [account], asInteger),
  reservedOf: (account: Hash160) => contractRead(gateway, 'reservedOf', [account], asInteger),
  earnedOf: (account: Hash160) => contractRead(gateway, 'earnedOf', [account], asInteger),
  /** Null when it is not pending. */
  requestOf: (id: bigint) => contractRead(gateway, 'requestOf', [id], orNull(asRequest)),
  /** Null when none is kept. */
  resultOf: (id: bigint) => contractRead(gateway, 'resultOf', [id], orNull(asResult)),
  randomKey: () => contractRead(gateway, 'randomKey', [], asRandomKey),
  /** Null when there is no such key. */
  randomKeyOf: (keyId: bigint) => contractRead(gateway, 'randomKeyOf', [keyId], asBytesOrNull),
  /** Null when there is none. */
  functionOf: (functionId: bigint) =>
    contractRead(gateway, 'functionOf', [functionId], orNull(asFunction)),
  /** Of a SHA-256, 64 hex digits; null when it is not known. */
  codeOf: (codeHash: string) =>
    contractRead(gateway, 'codeOf', [fromHex(codeHash)], orNull(asCode)),
  sponsorOf: (requester: Hash160) =>
    contractRead(gateway, 'sponsorOf', [requester], asHash160OrNull),
  sponsorshipOf: (payer: Hash160, requester: Hash160) =>
    contractRead(gateway, 'sponsorshipOf', [payer, requester], asSponsorship),
  /** Null when the feed has no round. */
  latestPrice: (pair: string) =>
    contractRead(gateway, 'latestPrice', [utf8(pair)], orNull(asPublishedPrice)),
  /** Null when there is no such round, or it is not kept any more. */
  priceAt: (pair: string, round: bigint) =>
    contractRead(gateway, 'priceAt', [utf8(pair), round], orNull(asPublishedPrice)),
  /** With 8 decimals, from a time in ms until the block's. Fails where the rounds don't reach. */
  twap: (pair: string, sinceTimestamp: number) =>
    contractRead(gateway, 'twap', [utf8(pair), sinceTimestamp], asInteger),
  /** Null when nobody was chosen to pay. */
  feedSponsorOf: (pair: string) =>
    contractRead(gateway, 'feedSponsorOf', [utf8(pair)], asHash160OrNull),
  feedSponsorshipOf: (pair: string, payer: Hash160) =>
    contractRead(gateway, 'feedSponsorshipOf', [utf8(pair), payer], asFeedSponsorship),
  /** Null when there is none. */
  upkeepOf: (id: bigint) => contractRead(gateway, 'upkeepOf', [id], orNull(asUpkeep)),
  proposedUpdate: () => contractRead(gateway, 'proposedUpdate', [], orNull(asUpdate)),
});

const asAmounts: Decode<Datoshi[]> = (item, what) =>
  asItems(item, what).map((each, at) => asInteger(each, `${what}[${at}]`));

const asPolicy: Decode<GatewayPolicy> = (item, what) => {
  const field = fieldsOf(item, what, 8);
  return {
    premiums: field(0, 'premiums', asAmounts),
    minimums: field(1, 'minimums', asAmounts),
    requestLifetime: field(2, 'requestLifetime', asCount),
    resultLifetime: field(3, 'resultLifetime', asCount),
    networkFeeCeiling: field(4, 'networkFeeCeiling', asInteger),
    updateDelay: field(5, 'updateDelay', asCount),
    lowerUpdateDelay: field(6, 'lowerUpdateDelay', asCount),
    lowerFrom: field(7, 'lowerFrom', asCount),
  };
};

/** Without a callback the contract has no delivery record, and its text fields are null. */
const asTextOrEmpty: Decode<string> = (item, what) => (isNull(item) ? '' : asText(item, what));

const asRequest: Decode<PendingRequest> = (item, what) => {
  const field = fieldsOf(item, what, 12);
  const url = field(5, 'url', asBytesOrNull);
  return {
    kind: field(0, 'kind', asCount),
    requester: field(1, 'requester', asHash160),
    payer: field(2, 'payer', asHash160),
    callback: field(3, 'callback', asTextOrEmpty),
    userData: field(4, 'userData', (each) => each),
    url: url === null ? null : url.toString('utf8'),
    maxFee: field(6, 'maxFee', asInteger),
    deadline: field(7, 'deadline', asCount),
    asked: field(8, 'asked', asCount),
    premium: field(9, 'premium', asInteger),
    networkFeeCeiling: field(10, 'networkFeeCeiling', asInteger),
    resultLifetime: field(11, 'resultLifetime', asCount),
  };
};

const asResult: Decode<KeptResult> = (item, what) => {
  const field = fieldsOf(item, what, 5);
  return {
    requester: field(0, 'requester', asHash160),
    code: field(1, 'code', asCount),
    result: field(2, 'result', asBytes),
    answered: field(3, 'answered', asCount),
    keptUntil: field(4, 'keptUntil', asCount),
  };
};

const asOverlap: Decode<Overlap> = (item, what) => {
  const field = fieldsOf(item, what, 2);
  return { account: field(0, 'account', asHash160), until: field(1, 'until', asCount) };
};

const asSponsorship: Decode<Sponsorship> = (item, what) => {
  const field = fieldsOf(item, what, 2);
  return {
    maxFeePerRequest: field(0, 'maxFeePerRequest', asInteger),
    allowance: field(1, 'allowance', asInteger),
  };
};

const asRandomKey: Decode<GatewayRandomKey> = (item, what) => {
  const field = fieldsOf(item, what, 2);
  return {
    keyId: field(0, 'keyId', asInteger),
    publicKey: field(1, 'publicKey', asBytesOrNull),
  };
};

const asFunction: Decode<RegisteredFunction> = (item, what) => {
  const field = fieldsOf(item, what, 3);
  return {
    owner: field(0, 'owner', asHash160),
    name: field(1, 'name', asText),
    codeHash: field(2, 'codeHash', asSha256),
  };
};

const asTexts: Decode<string[]> = (item, what) =>
  asItems(item, what).map((each, at) => asText(each, `${what}[${at}]`));

const asCode: Decode<RegisteredCode> = (item, what) => {
  const field = fieldsOf(item, what, 2);
  return { source: field(0, 'source', asBytes), uris: field(1, 'uris', asTexts) };
};

const asUpdate: Decode<ProposedUpdate> = (item, what) => {
  const field = fieldsOf(item, what, 3);
  return {
    nefHash: field(0, 'nefHash', asHash256),
    manifestHash: field(1, 'manifestHash', asHash256),
    from: field(2, 'from', asCount),
  };
};
