import type { Hash160 } from '../../../../src/base/hash.js';
import type { CallContext } from '../machine.js';
import { type Item, item, textItem } from '../vm-item.js';
import { atMost } from './charging.js';
import { account, callerOf, text, whole } from './checks.js';
import { requireOwner } from './keys.js';
import {
  type FeedSponsorship,
  getAccount,
  getPair,
  Key,
  loadSettings,
  putAccount,
  putPair,
} from './records.js';

/* contracts/gateway/feeds.go */

export function pairOf(c: CallContext, given: Item): string {
  const pair = text(c, given, 32, 'pair is longer than 32 bytes', 'pair is not UTF-8');
  if (pair === '') c.refuse('pair is empty');
  return pair;
}

export function sponsorFeed(c: CallContext, [given, limit, all]: readonly Item[]): undefined {
  const settings = loadSettings(c);
  const payer = callerOf(c, settings.executor);
  const pair = pairOf(c, given ?? null);
  const maxFeePerRound = whole(c, limit ?? null, 'maxFeePerRound is not from 0 to 2^63-1');
  const allowance = whole(c, all ?? null, 'allowance of sponsorFeed is not from 0 to 2^63-1');
  if (settings.paused && allowance !== 0n) {
    c.refuse('the gateway is paused: it takes no new sponsors of feeds');
  }
  c.putRecord(Key.feedSponsorship(pair, payer), {
    maxFeePerRound,
    allowance,
  } satisfies FeedSponsorship);
  c.notify('FeedSponsored', textItem(pair), payer, maxFeePerRound, allowance);
}

export function chooseFeedSponsor(c: CallContext, [given, payer]: readonly Item[]): undefined {
  requireOwner(c);
  const pair = pairOf(c, given ?? null);
  if (payer === null || payer === undefined) {
    c.remove(Key.chosen(pair));
    c.notify('FeedSponsorChosen', textItem(pair), null);
    return;
  }
  const chosen = account(
    c,
    payer,
    'payer of chooseFeedSponsor is neither null nor a Hash160 (20 bytes)',
  );
  if (c.getRecord(Key.feedSponsorship(pair, chosen)) === null) {
    c.refuse('payer of chooseFeedSponsor never offered to sponsor this feed');
  }
  putAccount(c, Key.chosen(pair), chosen);
  c.notify('FeedSponsorChosen', textItem(pair), chosen);
}

export const feedSponsorOf = (c: CallContext, [pair]: readonly Item[]): Hash160 | null =>
  getAccount(c, Key.chosen(pairOf(c, pair ?? null)));

export function feedSponsorshipOf(c: CallContext, [given, payer]: readonly Item[]): Item {
  const pair = pairOf(c, given ?? null);
  const who = account(c, payer ?? null, 'payer of feedSponsorshipOf is not a Hash160 (20 bytes)');
  const found = c.getRecord<FeedSponsorship>(Key.feedSponsorship(pair, who));
  return item([found?.maxFeePerRound ?? 0n, found?.allowance ?? 0n]);
}

/** Takes what a round cost of the feed's sponsor, as far as his limits and his credit reach. */
export function chargeSponsorOf(
  c: CallContext,
  pair: string,
  cost: bigint,
): { readonly payer: Hash160 | null; readonly fee: bigint } {
  const payer = getAccount(c, Key.chosen(pair));
  if (payer === null) return { payer: null, fee: 0n };
  const key = Key.feedSponsorship(pair, payer);
  const found = c.getRecord<FeedSponsorship>(key);
  if (found === null) throw new Error('bug: a chosen sponsor that never offered');
  const balance = Key.balance(payer);
  const { high, low } = getPair(c, balance);
  const fee = atMost(atMost(cost, found.maxFeePerRound), atMost(found.allowance, low));
  putPair(c, balance, { high, low: low - fee });
  c.putRecord(key, { ...found, allowance: found.allowance - fee });
  return { payer, fee };
}
