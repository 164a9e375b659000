import { utf8Text } from '../base/bytes.js';
import type { Clock } from '../base/clock.js';
import { NodeError } from '../base/node-error.js';
import type { SourceConfig, SourcePlace } from '../config/feed-config.js';
import { readExactJson } from '../filters/exact-json.js';
import { type Dialect, type FilterOutcome, Refusal } from '../filters/filter-outcome.js';
import { startOwnDeadline } from '../net/deadline.js';
import { type FetchedAnswer, type FetchResult, printable } from '../net/fetch-result.js';
import type { FetchRequest } from '../net/request.js';
import { afterFailure, type Circuit, CLOSED, mayAsk } from './circuit.js';
import { parseDecimal } from './decimal.js';
import { decimalText } from './exact-values.js';
import { answeredAt, readTime } from './source-time.js';
import { type NoTicker, type Ticker, VENUE_APIS } from './venues.js';

/** What a source said, or why there is nothing. */
export type Heard = { readonly value: bigint; readonly timestampMs: number } | NoTicker;

/** What asking needs of the outside. */
export interface AskParts {
  readonly fetch: {
    fetch(request: FetchRequest, signal?: AbortSignal): Promise<FetchResult>;
  };
  readonly filters: {
    evaluate(
      dialect: Dialect,
      path: string,
      body: Buffer,
      signal?: AbortSignal,
    ): Promise<FilterOutcome>;
  };
  readonly clock: Clock;
  /** In [0, 1); spreads retries and rests. */
  readonly random: () => number;
}

export interface SourceAsker {
  /** Asks once, with its retries, within its timeout. Rejects with the signal's reason only. */
  ask(signal: AbortSignal): Promise<Heard>;
  /** How it is doing: polls that failed in a row, and until when it is left alone. */
  circuit(): Circuit;
}

/** A ticker has some hundred bytes; it is read on the main thread. */
const MAX_TICKER_BYTES = 64 * 1024;
const FIRST_BACKOFF_MS = 200;
const MAX_RETRY_AFTER_S = 3_600;
const TRANSIENT = new Set(['dns', 'connect', 'timeout', 'interrupted']);
const COME_AGAIN = new Set([408, 425, 429]);

/** What the last answer was, to be told "as before" by the source. */
interface Remembered {
  readonly etag: string | undefined;
  readonly lastModified: string | undefined;
  readonly ticker: Ticker;
}

/** A failed try: whether another may help, and what the source asked for. */
interface FailedTry extends NoTicker {
  readonly mayPass: boolean;
  readonly retryAfterMs?: number;
}

type Tried = { readonly value: bigint; readonly timestampMs: number } | FailedTry;

/**
 * Builds what asks one source: through the guarded fetch, at most its timeout in all, again after
 * trouble that may pass, with what it knows of the last answer (If-None-Match, If-Modified-Since),
 * and not at all for a while when it keeps failing.
 */
export function createSourceAsker(source: SourceConfig, parts: AskParts): SourceAsker {
  const { clock } = parts;
  let circuit = CLOSED;
  let remembered: Remembered | null = null;

  async function once(signal: AbortSignal): Promise<Tried> {
    const askedMs = clock.nowMs();
    const result = await parts.fetch.fetch(requestOf(source, remembered), signal);
    if (result.kind === 'failed') {
      return { failure: result.reason, mayPass: TRANSIENT.has(result.failure) };
    }
    const ticker = await tickerOf(result, signal);
    if ('failure' in ticker) return ticker;
    const value = parseDecimal(ticker.price);
    if (value === null) {
      const told = printable(JSON.stringify(ticker.price.slice(0, 40)));
      return { failure: `its price is ${told}: expected a positive decimal`, mayPass: false };
    }
    return { value, timestampMs: ticker.timestampMs ?? answeredAt(result.headers, askedMs) };
  }

  async function tickerOf(answer: FetchedAnswer, signal: AbortSignal): Promise<Ticker | FailedTry> {
    if (answer.status === 304 && remembered !== null) return remembered.ticker;
    if (answer.status !== 200) return failedStatus(answer);
    const ticker = await readAnswer(source, answer.body, parts, signal);
    if ('failure' in ticker) return { ...ticker, mayPass: false };
    const { etag, 'last-modified': lastModified } = answer.headers;
    const isKnown = etag !== undefined || lastModified !== undefined;
    remembered = isKnown ? { etag, lastModified, ticker } : null;
    return ticker;
  }

  async function tries(signal: AbortSignal): Promise<Tried> {
    for (let attempt = 0; ; attempt++) {
      const tried = await once(signal);
      const isLast = attempt >= source.retries || signal.aborted;
      if (!('failure' in tried) || !tried.mayPass || isLast) return tried;
      if (tried.retryAfterMs !== undefined) return tried;
      const backoffMs = FIRST_BACKOFF_MS * 2 ** attempt * (0.5 + parts.random());
      await clock.sleep(backoffMs, signal).catch(() => {});
      if (signal.aborted) return tried;
    }
  }

  return {
    circuit: () => circuit,
    async ask(signal) {
      if (!mayAsk(circuit, clock.nowMs())) return { failure: restingText(circuit) };
      const deadline = startOwnDeadline(clock, source.timeoutMs, signal);
      const tried = await tries(deadline.signal);
      deadline.stop();
      signal.throwIfAborted();
      if (!('failure' in tried)) {
        circuit = CLOSED;
        return tried;
      }
      circuit = afterFailure(circuit, clock.nowMs(), parts.random(), tried.retryAfterMs);
      const isLate = deadline.expired();
      return { failure: isLate ? lateText(source, tried.failure) : printable(tried.failure) };
    },
  };
}

const restingText = ({ failures, restsUntilMs }: Circuit): string =>
  `it failed ${failures} times, and is asked again from ` +
  `${new Date(restsUntilMs ?? 0).toISOString()} on`;

const lateText = ({ timeoutMs }: SourceConfig, last: string): string =>
  printable(`no answer within ${timeoutMs} ms (${last})`);

function requestOf({ place, quote }: SourceConfig, known: Remembered | null): FetchRequest {
  const headers: Record<string, string> = { accept: 'application/json' };
  if (known?.etag !== undefined) headers['if-none-match'] = known.etag;
  else if (known?.lastModified !== undefined) headers['if-modified-since'] = known.lastModified;
  return { url: urlOf(place, quote), headers };
}

function urlOf(place: SourcePlace, quote: string): string {
  if (place.kind === 'url') return place.url;
  const api = VENUE_APIS[place.venue];
  return (place.origin ?? api.origin) + api.path(place.symbol, quote);
}

function failedStatus({ status, headers }: FetchedAnswer): FailedTry {
  const mayPass = status >= 500 || COME_AGAIN.has(status);
  const failure = `it answered with status ${status}`;
  const wanted = headers['retry-after'];
  if (!mayPass || wanted === undefined || !/^\d{1,9}$/.test(wanted)) return { failure, mayPass };
  const retryAfterMs = Math.min(Number(wanted), MAX_RETRY_AFTER_S) * 1_000;
  return { failure, mayPass, retryAfterMs };
}

async function readAnswer(
  { place, quote }: SourceConfig,
  body: Buffer,
  parts: AskParts,
  signal: AbortSignal,
): Promise<Ticker | NoTicker> {
  if (place.kind === 'url') return readByPaths(place, body, parts, signal);
  if (body.length > MAX_TICKER_BYTES) {
    return { failure: `its answer has ${body.length} bytes, at most ${MAX_TICKER_BYTES}` };
  }
  const text = utf8Text(body);
  if (text === null) return { failure: 'its answer is not valid UTF-8' };
  try {
    return VENUE_APIS[place.venue].read(readExactJson(text), place.symbol, quote);
  } catch (error) {
    if (error instanceof Refusal) return { failure: `its answer is no JSON: ${error.message}` };
    throw error;
  }
}

/** Strangers' documents are searched in the filter threads, with their limits. */
async function readByPaths(
  place: SourcePlace & { kind: 'url' },
  body: Buffer,
  parts: AskParts,
  signal: AbortSignal,
): Promise<Ticker | NoTicker> {
  const select = async (path: string) => {
    const outcome = await evaluate(parts, path, body, signal);
    if (outcome.kind !== 'matched') return { failure: `${path}: ${outcome.reason}` };
    const matches = readExactJson(outcome.json.toString());
    if (!Array.isArray(matches) || matches.length !== 1) {
      const count = Array.isArray(matches) ? matches.length : 0;
      return { failure: `${path} selects ${count} values of its answer, expected one` };
    }
    return { value: matches[0] };
  };
  const price = await select(place.pricePath);
  if ('failure' in price && price.failure !== undefined) return { failure: price.failure };
  const text = decimalText(price.value);
  if (text === null) return { failure: `${place.pricePath} selects no number and no text` };
  if (place.timePath === null) return { price: text, timestampMs: null };
  const time = await select(place.timePath);
  if ('failure' in time && time.failure !== undefined) return { failure: time.failure };
  const timestampMs = readTime(time.value, place.timeFormat);
  if (timestampMs !== null) return { price: text, timestampMs };
  return { failure: `${place.timePath} selects no time in the format ${place.timeFormat}` };
}

async function evaluate(
  { filters }: AskParts,
  path: string,
  body: Buffer,
  signal: AbortSignal,
): Promise<FilterOutcome> {
  try {
    return await filters.evaluate('rfc9535', path, body, signal);
  } catch (error) {
    if (!(error instanceof NodeError)) throw error;
    return { kind: 'busy', reason: error.message };
  }
}
