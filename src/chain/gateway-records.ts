import type { Datoshi } from '../base/datoshi.js';
import type { Hash160 } from '../base/hash.js';
import { type Decode, fieldsOf } from './item-fields.js';
import type { StackItem } from './stack-item.js';
import { asBoolean, asCount, asHash160, asInteger, asItems, asText } from './stack-item-values.js';

/* Upkeeps and prices as the gateway's reads tell them; shapes as in gateway.abi.json. */

/** An upkeep, also one that is cancelled as long as it may be charged. */
export interface RegisteredUpkeep {
  readonly owner: Hash160;
  readonly target: Hash160;
  readonly method: string;
  /** What the method is called with. */
  readonly args: readonly StackItem[];
  readonly trigger: string;
  readonly maxFee: Datoshi;
  readonly premium: Datoshi;
  readonly networkFeeCeiling: Datoshi;
  /** Block of the registration. */
  readonly registered: number;
  /** Milliseconds for cron, else a block; that of the registration before the first run. */
  readonly lastDue: number;
  /** Block of the last run; that of the registration before the first. */
  readonly lastRun: number;
  /** Whether one maxFee is locked for the next run. */
  readonly isFunded: boolean;
}

/** A round of a feed. */
export interface PublishedPrice {
  readonly price: bigint;
  readonly decimals: number;
  /** Milliseconds, of the sources. */
  readonly timestamp: number;
  readonly confidenceBps: number;
  /** From 1 on. */
  readonly round: bigint;
}

/** What somebody will pay for the rounds of a feed. */
export interface FeedSponsorship {
  readonly maxFeePerRound: Datoshi;
  readonly allowance: Datoshi;
}

export const asUpkeep: Decode<RegisteredUpkeep> = (item, what) => {
  const field = fieldsOf(item, what, 12);
  return {
    owner: field(0, 'owner', asHash160),
    target: field(1, 'target', asHash160),
    method: field(2, 'method', asText),
    args: field(3, 'args', (each, name) => asItems(each, name)),
    trigger: field(4, 'trigger', asText),
    maxFee: field(5, 'maxFee', asInteger),
    premium: field(6, 'premium', asInteger),
    networkFeeCeiling: field(7, 'networkFeeCeiling', asInteger),
    registered: field(8, 'registered', asCount),
    lastDue: field(9, 'lastDue', asCount),
    lastRun: field(10, 'lastRun', asCount),
    isFunded: field(11, 'funded', asBoolean),
  };
};

export const asPublishedPrice: Decode<PublishedPrice> = (item, what) => {
  const field = fieldsOf(item, what, 5);
  return {
    price: field(0, 'price', asInteger),
    decimals: field(1, 'decimals', asCount),
    timestamp: field(2, 'timestamp', asCount),
    confidenceBps: field(3, 'confidenceBps', asCount),
    round: field(4, 'round', asInteger),
  };
};

export const asFeedSponsorship: Decode<FeedSponsorship> = (item, what) => {
  const field = fieldsOf(item, what, 2);
  return {
    maxFeePerRound: field(0, 'maxFeePerRound', asInteger),
    allowance: field(1, 'allowance', asInteger),
  };
};
