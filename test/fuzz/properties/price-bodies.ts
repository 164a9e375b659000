import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { systemClock } from '../../../src/base/clock.js';
import { VENUES, type Venue } from '../../../src/config/feed-schema.js';
import type { FetchedAnswer } from '../../../src/net/fetch-result.js';
import { createSourceAsker } from '../../../src/prices/ask-source.js';
import { breakages, writeJson } from '../broken-text.js';
import type { FuzzProperty } from '../fuzz-property.js';
import { mutate, mutations } from '../mutate-json.js';

/** The market that each venue's fixture is about. */
const MARKETS: Readonly<Record<Venue, readonly [symbol: string, quote: string]>> = {
  binance: ['BNBBTC', 'BTC'],
  bitstamp: ['btcusd', 'USD'],
  bybit: ['BTCUSDT', 'USDT'],
  coinbase: ['BTC-USD', 'USD'],
  coingecko: ['bitcoin', 'USD'],
  gate: ['BTC3L_USDT', 'USDT'],
  kraken: ['XBTUSD', 'USD'],
  kucoin: ['BTC-USDT', 'USDT'],
  okx: ['LTC-USD-SWAP', 'USD'],
};
const MAX_FAILURE_CHARS = 400;
const fixtureOf = (venue: Venue): string =>
  readFileSync(new URL(`../../prices/fixtures/${venue}.json`, import.meta.url), 'utf8');

/** What the node hears of a venue that sends this body. */
async function hear(venue: Venue, body: Buffer, status: number) {
  const [symbol, quote] = MARKETS[venue];
  const answer: FetchedAnswer = {
    kind: 'response',
    ...{ url: 'https://a.example/', redirects: 0, address: '192.0.2.1' },
    ...{ status, headers: {}, body, reused: false },
  };
  const source = {
    ...{ name: 's', group: 's', quote, conversion: null, timeoutMs: 60_000, retries: 0 },
    place: { kind: 'venue', venue, symbol, origin: null },
  } as const;
  const asker = createSourceAsker(source, {
    fetch: { fetch: async () => answer },
    filters: { evaluate: () => Promise.reject(new Error('a venue needs no filter')) },
    clock: systemClock,
    random: () => 0.5,
  });
  return asker.ask(new AbortController().signal);
}

async function assertHeard(venue: Venue, body: Buffer, status = 200): Promise<void> {
  const heard = await hear(venue, body, status);
  if ('failure' in heard) {
    assert.match(heard.failure, /^[\x20-\x7e…]{10,}$/);
    assert.ok(heard.failure.length <= MAX_FAILURE_CHARS, `${heard.failure.length} characters`);
    return;
  }
  assert.equal(status, 200);
  assert.ok(heard.value > 0n, `the price is ${heard.value}`);
  assert.ok(Number.isSafeInteger(heard.timestampMs), `the time is ${heard.timestampMs}`);
}

const venues = fc.constantFrom(...VENUES);
const statuses = fc.oneof(
  { weight: 9, arbitrary: fc.constant(200) },
  fc.constantFrom(204, 304, 500),
);

export const PROPERTIES: readonly FuzzProperty[] = [
  {
    name: 'with something wrong in a ticker are a price above 0 with a time, or say why not',
    runs: 800,
    make: () =>
      fc.asyncProperty(
        ...([venues, mutations, breakages, statuses] as const),
        (venue, changes, breakage, status) => {
          const wrong = mutate(JSON.parse(fixtureOf(venue)), changes);
          return assertHeard(venue, Buffer.from(breakage(writeJson(wrong))), status);
        },
      ),
  },
  {
    name: 'of a ticker with a character wrong, digits as they were written, are so as well',
    runs: 500,
    make: () =>
      fc.asyncProperty(venues, breakages, (venue, breakage) =>
        assertHeard(venue, Buffer.from(breakage(fixtureOf(venue)))),
      ),
  },
  {
    name: 'of any bytes are so as well',
    runs: 300,
    make: () =>
      fc.asyncProperty(
        venues,
        fc.uint8Array({ maxLength: 200 }),
        fc.nat(500),
        (venue, bytes, at) => {
          const whole = Buffer.from(fixtureOf(venue));
          const spoiled = Buffer.concat([whole.subarray(0, at), bytes, whole.subarray(at)]);
          return assertHeard(venue, at % 3 === 0 ? Buffer.from(bytes) : spoiled);
        },
      ),
  },
];
