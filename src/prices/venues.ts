import type { Venue } from '../config/feed-schema.js';
import type { ExactValue } from '../filters/exact-json.js';
import { decimalText, membersOf, valueAt } from './exact-values.js';
import { readTime } from './source-time.js';

/** What a ticker says: the last trade's price as it was written, and the venue's own time. */
export interface Ticker {
  readonly price: string;
  /** Null where the format has none. */
  readonly timestampMs: number | null;
}

/** Why a ticker cannot be used. */
export interface NoTicker {
  readonly failure: string;
}

export interface VenueApi {
  readonly origin: string;
  /** Path and query that the market's ticker is asked for at. */
  path(symbol: string, quote: string): string;
  read(body: ExactValue, symbol: string, quote: string): Ticker | NoTicker;
}

/** A venue that says no itself, with a status of success. */
const refused = (what: string): NoTicker => ({ failure: `the venue says: ${what}` });

function tickerOf(
  price: ExactValue | undefined,
  timestampMs: number | null,
  expectsTime: boolean,
): Ticker | NoTicker {
  const text = decimalText(price);
  if (text === null) return { failure: 'its answer has no price where its format has one' };
  if (timestampMs === null && expectsTime) {
    return { failure: 'its answer has no time where its format has one' };
  }
  return { price: text, timestampMs };
}

const timed = (price: ExactValue | undefined, timestampMs: number | null) =>
  tickerOf(price, timestampMs, true);
const untimed = (price: ExactValue | undefined) => tickerOf(price, null, false);

/** Null where the answer is about the market that was asked for. */
function otherMarket(told: ExactValue | undefined, symbol: string): NoTicker | null {
  if (told === symbol) return null;
  return { failure: `its answer is about ${JSON.stringify(decimalText(told))}, not ${symbol}` };
}

const messageAt = (body: ExactValue, ...path: string[]): string =>
  JSON.stringify(decimalText(valueAt(body, ...path)) ?? '').slice(0, 100);

/** GET /api/v3/ticker/24hr (developers.binance.com, Spot, market data endpoints). */
const binance: VenueApi = {
  origin: 'https://api.binance.com',
  path: (symbol) => `/api/v3/ticker/24hr?symbol=${symbol}`,
  read: (body, symbol) =>
    otherMarket(valueAt(body, 'symbol'), symbol) ??
    timed(valueAt(body, 'lastPrice'), readTime(valueAt(body, 'closeTime'), 'ms')),
};

/** GET /api/v2/ticker/{market}/ (bitstamp.net/api, Tickers). */
const bitstamp: VenueApi = {
  origin: 'https://www.bitstamp.net',
  path: (symbol) => `/api/v2/ticker/${symbol}/`,
  read: (body) => timed(valueAt(body, 'last'), readTime(valueAt(body, 'timestamp'), 's')),
};

/** GET /v5/market/tickers (bybit-exchange.github.io/docs/v5/market/tickers). */
const bybit: VenueApi = {
  origin: 'https://api.bybit.com',
  path: (symbol) => `/v5/market/tickers?category=spot&symbol=${symbol}`,
  read(body, symbol) {
    if (valueAt(body, 'retCode') !== 0) return refused(messageAt(body, 'retMsg'));
    const ticker = valueAt(body, 'result', 'list', 0) ?? null;
    return (
      otherMarket(valueAt(ticker, 'symbol'), symbol) ??
      timed(valueAt(ticker, 'lastPrice'), readTime(valueAt(body, 'time'), 'ms'))
    );
  },
};

/** GET /products/{product}/ticker (docs.cdp.coinbase.com, Exchange API, Get product ticker). */
const coinbase: VenueApi = {
  origin: 'https://api.exchange.coinbase.com',
  path: (symbol) => `/products/${symbol}/ticker`,
  read: (body) => timed(valueAt(body, 'price'), readTime(valueAt(body, 'time'), 'iso')),
};

/** GET /api/v3/simple/price (docs.coingecko.com, Coin Price by IDs). The symbol is a coin's id. */
const coingecko: VenueApi = {
  origin: 'https://api.coingecko.com',
  path: (symbol, quote) =>
    `/api/v3/simple/price?ids=${symbol}&vs_currencies=${quote.toLowerCase()}` +
    '&include_last_updated_at=true&precision=full',
  read(body, symbol, quote) {
    const coin = valueAt(body, symbol) ?? null;
    const time = readTime(valueAt(coin, 'last_updated_at'), 's');
    return timed(valueAt(coin, quote.toLowerCase()), time);
  },
};

/** GET /api/v4/spot/tickers (gate.com/docs/developers/apiv4, Spot). It tells no time. */
const gate: VenueApi = {
  origin: 'https://api.gateio.ws',
  path: (symbol) => `/api/v4/spot/tickers?currency_pair=${symbol}`,
  read(body, symbol) {
    const label = valueAt(body, 'label');
    if (label !== undefined) return refused(messageAt(body, 'label'));
    return (
      otherMarket(valueAt(body, 0, 'currency_pair'), symbol) ?? untimed(valueAt(body, 0, 'last'))
    );
  },
};

/** GET /0/public/Ticker (docs.kraken.com, Get Ticker Information). It tells no time. */
const kraken: VenueApi = {
  origin: 'https://api.kraken.com',
  path: (symbol) => `/0/public/Ticker?pair=${symbol}`,
  read(body) {
    const error = valueAt(body, 'error', 0);
    if (error !== undefined) return refused(JSON.stringify(decimalText(error)));
    // Kraken names the market its own way in the answer (XBTUSD: XXBTZUSD).
    const [market, ...others] = membersOf(valueAt(body, 'result'));
    if (market === undefined || others.length > 0) {
      return { failure: `its answer is about ${others.length === 0 ? 'no' : 'several'} markets` };
    }
    return untimed(valueAt(market[1], 'c', 0));
  },
};

/** GET /api/v1/market/orderbook/level1 (kucoin.com/docs, Spot Trading, Get Ticker). */
const kucoin: VenueApi = {
  origin: 'https://api.kucoin.com',
  path: (symbol) => `/api/v1/market/orderbook/level1?symbol=${symbol}`,
  read(body) {
    if (valueAt(body, 'code') !== '200000') return refused(messageAt(body, 'msg'));
    return timed(valueAt(body, 'data', 'price'), readTime(valueAt(body, 'data', 'time'), 'ms'));
  },
};

/** GET /api/v5/market/ticker (okx.com/docs-v5, Market Data, Get ticker). */
const okx: VenueApi = {
  origin: 'https://www.okx.com',
  path: (symbol) => `/api/v5/market/ticker?instId=${symbol}`,
  read(body, symbol) {
    if (valueAt(body, 'code') !== '0') return refused(messageAt(body, 'msg'));
    const ticker = valueAt(body, 'data', 0) ?? null;
    return (
      otherMarket(valueAt(ticker, 'instId'), symbol) ??
      timed(valueAt(ticker, 'last'), readTime(valueAt(ticker, 'ts'), 'ms'))
    );
  },
};

/** How each venue's public ticker is asked for and read. */
export const VENUE_APIS: Readonly<Record<Venue, VenueApi>> = {
  binance,
  bitstamp,
  bybit,
  coinbase,
  coingecko,
  gate,
  kraken,
  kucoin,
  okx,
};
