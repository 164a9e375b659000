import type { Gauge } from 'prom-client';
import type { Makers } from './metrics.js';

/** What one source did in one poll of a feed. */
export interface SourcePoll {
  readonly pair: string;
  readonly source: string;
  /** Why it did not count (failed, stale, future, unconverted, outlier); null where it did. */
  readonly rejected: string | null;
}

export interface PriceMetrics {
  priceSource(poll: SourcePoll): void;
  /** Whether the sources of a feed agreed at its last poll. */
  priceQuorum(pair: string, hasQuorum: boolean): void;
  /** Age of the round that is on the chain; null while there is none. */
  priceAge(pair: string, ageMs: number | null): void;
}

export function priceMetrics(make: Makers): PriceMetrics {
  const rejections = make.counter(
    'dodona_price_rejections_total',
    'Words of sources that did not count, by why: failed, stale, future, unconverted, outlier.',
    ['pair', 'source', 'why'],
  );
  const up = make.gauge(
    'dodona_price_source_up',
    '1 while what the source says counts, 0 while it does not.',
    ['pair', 'source'],
  );
  const quorum = make.gauge('dodona_price_quorum', '1 while the sources of a feed agree.', [
    'pair',
  ]);
  const age: Gauge<'pair'> = make.gauge(
    'dodona_price_age_seconds',
    'Age of the round that is on the chain.',
    ['pair'],
  );
  return {
    priceSource({ pair, source, rejected }) {
      up.set({ pair, source }, rejected === null ? 1 : 0);
      if (rejected !== null) rejections.inc({ pair, source, why: rejected });
    },
    priceQuorum: (pair, hasQuorum) => quorum.set({ pair }, hasQuorum ? 1 : 0),
    priceAge(pair, ageMs) {
      if (ageMs !== null) age.set({ pair }, Math.max(0, ageMs) / 1_000);
    },
  };
}
