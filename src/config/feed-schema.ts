import { z } from 'zod';
import { duration, flag, integer, oneOf, percentBps, quote } from './value-kinds.js';
import { expectedBy, listOf, valueSchema } from './value-schema.js';

/** Venues whose ticker the node can read. */
export const VENUES = [
  'binance',
  'bitstamp',
  'bybit',
  'coinbase',
  'coingecko',
  'gate',
  'kraken',
  'kucoin',
  'okx',
] as const;
export type Venue = (typeof VENUES)[number];

/** Bytes of a pair; the gateway refuses longer ones. */
export const MAX_PAIR_BYTES = 32;
export const MAX_SOURCES = 32;
/** Characters of a path; those of a request's filter are fewer. */
const MAX_PATH_CHARS = 256;
const MAX_URL_CHARS = 1_024;

const matching = (expected: string, pattern: RegExp, maxChars: number) =>
  valueSchema<string>({
    expected,
    read(text) {
      if (text.length > maxChars || !pattern.test(text)) throw new RangeError(`got ${quote(text)}`);
      return text;
    },
    write: String,
  });

const pair = () =>
  matching(
    `a pair such as GAS/USD, in capitals, at most ${MAX_PAIR_BYTES} characters`,
    /^[A-Z0-9]{1,20}\/[A-Z0-9]{1,20}$/,
    MAX_PAIR_BYTES,
  );

const currency = () => matching('a currency such as USD or USDT', /^[A-Z0-9]{1,20}$/, 20);

/** Names stand in logs and as labels of metrics. */
const name = () =>
  matching('a name of small letters, digits, "-", "_" and "."', /^[a-z0-9][a-z0-9._-]*$/, 40);

const symbol = () =>
  matching(
    "the market's name at the venue, such as GASUSDT or BTC-USD",
    /^[A-Za-z0-9][A-Za-z0-9_:-]*$/,
    40,
  );

const jsonPath = () => matching('an RFC 9535 JSONPath such as $.data.price', /^\$/, MAX_PATH_CHARS);

/** Whether the host may be asked, and by http, is the guard's to say. */
const sourceUrl = () =>
  valueSchema<string>({
    expected: 'a URL that begins with https:// (or http://, for hosts in http.allow)',
    read(text) {
      const url = URL.canParse(text) && text.length <= MAX_URL_CHARS ? new URL(text) : null;
      if (url === null || !/^https?:$/.test(url.protocol) || url.hash !== '') {
        throw new RangeError(/[@?]/.test(text) ? 'it is no such URL' : `got ${quote(text)}`);
      }
      if (url.username + url.password !== '') throw new RangeError('the URL holds a password');
      return url.href;
    },
    write: String,
  });

const origin = () =>
  valueSchema<string>({
    expected: 'an origin such as https://api.binance.us, without a path',
    read(text) {
      const url = URL.canParse(text) && text.length <= MAX_URL_CHARS ? new URL(text) : null;
      const isPlain = url !== null && text.replace(/\/$/, '') === url.origin;
      if (!isPlain || !/^https?:$/.test(url.protocol)) throw new RangeError(`got ${quote(text)}`);
      return url.origin;
    },
    write: String,
  });

/** How a source writes its own time. */
export const TIME_FORMATS = ['ms', 's', 'iso'] as const;

const source = z.strictObject({
  name: name().optional(),
  venue: oneOf(...VENUES).optional(),
  symbol: symbol().optional(),
  api: origin().optional(),
  url: sourceUrl().optional(),
  price: jsonPath().optional(),
  time: jsonPath().optional(),
  timeFormat: oneOf(...TIME_FORMATS).prefault('ms'),
  group: name().optional(),
  quote: currency(),
  timeout: duration('50ms', '1m').prefault('5s'),
  retries: integer(0, 5, 'a number of tries').prefault('2'),
});

/** One feed, key by key. Unknown keys are refused. Defaults are those of the design. */
export const feedSchema = z.strictObject({
  pair: pair(),
  publish: flag().prefault('true'),
  quorum: integer(1, MAX_SOURCES, 'a number of groups').prefault('3'),
  agreement: percentBps('0.01%', '50%').prefault('1%'),
  deviation: percentBps('0.01%', '50%').prefault('0.5%'),
  breaker: percentBps('0.1%', '1000%').prefault('10%'),
  heartbeat: duration('1s', '7d').prefault('1h'),
  pollInterval: duration('100ms', '1h').prefault('30s'),
  staleness: duration('1s', '7d').prefault('5m'),
  sources: listOf(source, 1, MAX_SOURCES),
});

export type FeedValues = z.output<typeof feedSchema>;
export type SourceValues = FeedValues['sources'][number];

/** The keys of a feed and of a source with what they accept, for the documentation. */
export const feedKeys = (): readonly { readonly key: string; readonly accepted: string }[] =>
  [feedSchema, source].flatMap((schema, at) =>
    Object.entries(schema.shape).map(([key, value]) => ({
      key: at === 0 ? key : `sources[].${key}`,
      accepted: key === 'sources' ? 'a list of sources' : expectedBy(value as z.ZodType),
    })),
  );
