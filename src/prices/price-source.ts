import { shorten } from '../base/bytes.js';
import type { FetchResult } from '../net/fetch-result.js';
import type { GuardedFetch } from '../net/guarded-fetch.js';
import { formatChainPrice } from './decimal.js';
import type { PublishedRound, RoundStore } from './round-store.js';

type Fetching = Pick<GuardedFetch, 'fetch'>;

/** A price as it is answered. */
export type AnsweredPrice = Pick<
  PublishedRound,
  'pair' | 'price' | 'timestampMs' | 'confidenceBps' | 'round'
>;

/** The price of a pair in capitals; or why there is none. */
export type FindPrice = (pair: string) => Promise<AnsweredPrice | { readonly missing: string }>;

const PRICE_URL = /^price:(.*)$/is;

/** The pair of a URL such as price:GAS/USD; null of any other URL. */
export const pairOfUrl = (url: string): string | null => PRICE_URL.exec(url)?.[1] ?? null;

/**
 * A published round as requests and functions get it: JSON with `price` in steps of 1e-8, the same
 * as `text`, when it was so (ms), how sure it is, and its number at the gateway.
 */
export const roundJson = (round: AnsweredPrice): string => {
  const { pair, price, timestampMs, confidenceBps } = round;
  // By hand, since JSON.stringify has no integers beyond 2^53.
  return (
    `{"pair":${JSON.stringify(pair)},"price":${price},"decimals":8,` +
    `"text":"${formatChainPrice(price)}","timestamp":${timestampMs},` +
    `"confidenceBps":${confidenceBps},"round":${round.round}}`
  );
};

/**
 * Answers fetches of price: URLs with the pair's latest round as of a block, and passes all others
 * on. Standing where fetches are recorded, prices are in the evidence like whatever came from the
 * web, and are given again when the work is done again.
 */
export const withPrices = (
  inner: Fetching,
  rounds: Pick<RoundStore, 'asOf'>,
  block: number,
): Fetching =>
  withFoundPrices(inner, async (pair) => {
    const missing = `no round of ${shorten(pair, 40)} up to block ${block}`;
    return rounds.asOf(pair, block) ?? { missing };
  });

/** Answers fetches of price: URLs with what is found, and passes all others on. */
export const withFoundPrices = (inner: Fetching, find: FindPrice): Fetching => ({
  async fetch(request, signal) {
    const pair = pairOfUrl(request.url);
    if (pair === null) return inner.fetch(request, signal);
    const found = await find(pair.toUpperCase());
    if (!('missing' in found)) return answered(request.url, 200, roundJson(found));
    return answered(request.url, 404, JSON.stringify({ error: found.missing }));
  },
});

function answered(url: string, status: number, json: string): FetchResult {
  const headers = { 'content-type': 'application/json' };
  const body = Buffer.from(json);
  const from = { url, redirects: 0, address: 'the chain', reused: false };
  return { kind: 'response', status, headers, body, ...from };
}
