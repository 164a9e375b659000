import type { FeedValues, SourceValues, TIME_FORMATS, Venue } from './feed-schema.js';

/** Where a source's price and time stand, and where it is asked. */
export type SourcePlace =
  | {
      readonly kind: 'venue';
      readonly venue: Venue;
      readonly symbol: string;
      /** Instead of the venue's own, such as a mirror or its API for another country. */
      readonly origin: string | null;
    }
  | {
      readonly kind: 'url';
      readonly url: string;
      /** RFC 9535; selects the one value. */
      readonly pricePath: string;
      readonly timePath: string | null;
      readonly timeFormat: (typeof TIME_FORMATS)[number];
    };

export interface SourceConfig {
  /** Unique in its feed. */
  readonly name: string;
  /** Sources of one venue are one opinion. */
  readonly group: string;
  readonly place: SourcePlace;
  /** Currency that its prices are in. */
  readonly quote: string;
  /** Pair whose price turns this source's into the pair's currency; null where it is that. */
  readonly conversion: string | null;
  readonly timeoutMs: number;
  /** Tries after the first. */
  readonly retries: number;
}

/** One feed, as the program uses it. */
export interface FeedConfig {
  /** Where it was read from, absolute. */
  readonly file: string;
  readonly pair: string;
  /** False: it only converts other feeds. */
  readonly isPublished: boolean;
  readonly quorum: number;
  readonly agreementBps: number;
  readonly deviationBps: number;
  readonly breakerBps: number;
  readonly heartbeatMs: number;
  readonly pollIntervalMs: number;
  readonly stalenessMs: number;
  readonly sources: readonly SourceConfig[];
}

/** Gives a file's values the program's names; they passed the checks of check-feed. */
export function feedConfig(file: string, values: FeedValues): FeedConfig {
  return {
    file,
    pair: values.pair,
    isPublished: values.publish,
    quorum: values.quorum,
    agreementBps: values.agreement,
    deviationBps: values.deviation,
    breakerBps: values.breaker,
    heartbeatMs: values.heartbeat,
    pollIntervalMs: values.pollInterval,
    stalenessMs: values.staleness,
    sources: values.sources.map((source) => sourceConfig(values.pair, source)),
  };
}

function sourceConfig(pair: string, source: SourceValues): SourceConfig {
  return {
    name: nameOf(source),
    group: groupOf(source),
    place: placeOf(source),
    quote: source.quote,
    conversion: conversionOf(pair, source.quote),
    timeoutMs: source.timeout,
    retries: source.retries,
  };
}

function placeOf(source: SourceValues): SourcePlace {
  const { venue, symbol, url, price } = source;
  if (venue !== undefined && symbol !== undefined) {
    return { kind: 'venue', venue, symbol, origin: source.api ?? null };
  }
  if (url === undefined || price === undefined) throw new Error('bug: an unchecked source');
  const { timeFormat } = source;
  return { kind: 'url', url, pricePath: price, timePath: source.time ?? null, timeFormat };
}

/** The name that a source goes by: its own, else that of its venue or host. */
export const nameOf = ({ name, venue, url }: SourceValues): string =>
  name ?? venue ?? (url === undefined ? '' : new URL(url).hostname);

export const groupOf = (source: SourceValues): string =>
  source.group ?? source.venue ?? nameOf(source);

/** The pair that turns a quote currency into that of the pair. */
export function conversionOf(pair: string, quote: string): string | null {
  const [, own] = pair.split('/');
  return quote === own ? null : `${quote}/${own}`;
}
