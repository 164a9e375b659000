import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { VENUES, type Venue } from '../../src/config/feed-schema.js';
import { readExactJson } from '../../src/filters/exact-json.js';
import { VENUE_APIS } from '../../src/prices/venues.js';

interface Documented {
  /** Where the venue documents the answer that is the fixture. */
  readonly documented: string;
  readonly symbol: string;
  readonly quote: string;
  readonly url: string;
  readonly price: string;
  readonly timestampMs: number | null;
  /** How the venue says no with a status of success, where it does. */
  readonly refusal?: readonly [string, RegExp];
}

const DOCUMENTED: Readonly<Record<Venue, Documented>> = {
  binance: {
    documented: 'https://developers.binance.com/docs/binance-spot-api-docs/rest-api',
    symbol: 'BNBBTC',
    quote: 'BTC',
    url: 'https://api.binance.com/api/v3/ticker/24hr?symbol=BNBBTC',
    price: '4.00000200',
    timestampMs: 1_499_869_899_040,
  },
  bitstamp: {
    documented: 'https://www.bitstamp.net/api/#tag/Tickers/operation/GetMarketTicker',
    symbol: 'btcusd',
    quote: 'USD',
    url: 'https://www.bitstamp.net/api/v2/ticker/btcusd/',
    price: '2211.00',
    timestampMs: 1_643_640_186_000,
  },
  bybit: {
    documented: 'https://bybit-exchange.github.io/docs/v5/market/tickers',
    symbol: 'BTCUSDT',
    quote: 'USDT',
    url: 'https://api.bybit.com/v5/market/tickers?category=spot&symbol=BTCUSDT',
    price: '20533.13',
    timestampMs: 1_673_859_087_947,
    refusal: [
      '{"retCode":10001,"retMsg":"Not supported symbols","result":{},"time":1672376592395}',
      /the venue says: "Not supported symbols"/,
    ],
  },
  coinbase: {
    documented: 'https://docs.cdp.coinbase.com/api-reference/exchange-api/rest-api/products',
    symbol: 'BTC-USD',
    quote: 'USD',
    url: 'https://api.exchange.coinbase.com/products/BTC-USD/ticker',
    price: '6268.48',
    timestampMs: Date.UTC(2020, 2, 20, 0, 22, 57, 833),
  },
  coingecko: {
    documented: 'https://docs.coingecko.com/reference/simple-price',
    symbol: 'bitcoin',
    quote: 'USD',
    url:
      'https://api.coingecko.com/api/v3/simple/price?ids=bitcoin&vs_currencies=usd' +
      '&include_last_updated_at=true&precision=full',
    price: '67187.3358936566',
    timestampMs: 1_711_356_300_000,
  },
  gate: {
    documented: 'https://www.gate.com/docs/developers/apiv4/#retrieve-ticker-information',
    symbol: 'BTC3L_USDT',
    quote: 'USDT',
    url: 'https://api.gateio.ws/api/v4/spot/tickers?currency_pair=BTC3L_USDT',
    price: '2.46140352',
    timestampMs: null,
    refusal: ['{"label":"INVALID_CURRENCY_PAIR","message":"x"}', /says: "INVALID_CURRENCY_PAIR"/],
  },
  kraken: {
    documented: 'https://docs.kraken.com/api/docs/rest-api/get-ticker-information',
    symbol: 'XBTUSD',
    quote: 'USD',
    url: 'https://api.kraken.com/0/public/Ticker?pair=XBTUSD',
    price: '30303.20000',
    timestampMs: null,
    refusal: ['{"error":["EQuery:Unknown asset pair"]}', /says: "EQuery:Unknown asset pair"/],
  },
  kucoin: {
    documented: 'https://www.kucoin.com/docs-new/rest/spot-trading/market-data/get-ticker',
    symbol: 'BTC-USDT',
    quote: 'USDT',
    url: 'https://api.kucoin.com/api/v1/market/orderbook/level1?symbol=BTC-USDT',
    price: '67269',
    timestampMs: 1_729_172_965_609,
    refusal: ['{"code":"400100","msg":"symbol not exists"}', /says: "symbol not exists"/],
  },
  okx: {
    documented: 'https://www.okx.com/docs-v5/en/#order-book-trading-market-data-get-ticker',
    symbol: 'LTC-USD-SWAP',
    quote: 'USD',
    url: 'https://www.okx.com/api/v5/market/ticker?instId=LTC-USD-SWAP',
    price: '9999.99',
    timestampMs: 1_597_026_383_085,
    refusal: ['{"code":"51001","msg":"Instrument ID does not exist","data":[]}', /does not exist/],
  },
};

const fixture = (venue: Venue): string =>
  readFileSync(new URL(`./fixtures/${venue}.json`, import.meta.url), 'utf8');

describe('the tickers of venues', () => {
  for (const venue of VENUES) {
    const api = VENUE_APIS[venue];
    const { symbol, quote, url, price, timestampMs, refusal } = DOCUMENTED[venue];
    const read = (text: string, market = symbol) => api.read(readExactJson(text), market, quote);

    it(`are read as ${venue} documents them, digit by digit`, () => {
      assert.equal(api.origin + api.path(symbol, quote), url);
      assert.deepEqual(read(fixture(venue)), { price, timestampMs });
    });

    it(`are nothing where ${venue} sends something else`, () => {
      for (const text of ['{}', '[]', 'null', '"x"', '5', '{"error":"x"}', '[{}]']) {
        assert.ok('failure' in read(text), text);
      }
      const body = fixture(venue);
      assert.ok(
        'failure' in read(body.replaceAll(JSON.stringify(price), 'null')) ||
          !body.includes(`"${price}"`),
      );
      if (refusal === undefined) return;
      const told = read(refusal[0]);
      assert.match('failure' in told ? told.failure : '', refusal[1]);
    });
  }

  it('count for the market that was asked for, where they name it', () => {
    for (const venue of ['binance', 'bybit', 'gate', 'okx', 'coingecko'] as const) {
      const told = VENUE_APIS[venue].read(readExactJson(fixture(venue)), 'OTHER', 'USD');
      assert.ok('failure' in told, venue);
    }
  });
});
