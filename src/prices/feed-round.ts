import type { FeedConfig } from '../config/feed-config.js';
import { type Aggregation, aggregate } from './aggregate.js';
import type { Heard } from './ask-source.js';
import {
  type ChainRound,
  decidePublication,
  type FeedMemory,
  type PublicationDecision,
} from './decide-publication.js';
import { judgeSources } from './judge-sources.js';
import type { ConversionRate } from './quote.js';

/** What came of one poll of a feed. */
export interface FeedPoll {
  readonly pair: string;
  readonly atMs: number;
  /** What the sources said, in the feed's order, before conversion. */
  readonly heard: readonly Heard[];
  readonly aggregation: Aggregation;
  /** `none`: the sources agree on nothing. */
  readonly decision: PublicationDecision | { readonly kind: 'none'; readonly why: string };
  readonly memory: FeedMemory;
}

export type FeedRounds = ReturnType<typeof createFeedRounds>;

/**
 * Makes of what sources said what is decided, feed by feed. It remembers what each feed agreed on
 * last, since others are converted by it: while that is no older than its own feed's staleness.
 */
export function createFeedRounds(feeds: readonly FeedConfig[]) {
  const stalenessOf = new Map(feeds.map(({ pair, stalenessMs }) => [pair, stalenessMs]));
  const agreed = new Map<string, ConversionRate>();

  function rateOf(pair: string, nowMs: number): ConversionRate | null {
    const rate = agreed.get(pair);
    if (rate === undefined) return null;
    return nowMs - rate.timestampMs <= (stalenessOf.get(pair) ?? 0) ? rate : null;
  }

  return {
    rateOf,

    /** Decides one poll. `last` is the pair's round on the chain. */
    decide(
      feed: FeedConfig,
      heard: readonly Heard[],
      last: ChainRound | null,
      memory: FeedMemory,
      nowMs: number,
    ): FeedPoll {
      const sources = feed.sources.map(({ name, group, conversion }, at) => ({
        source: name,
        group,
        conversion,
        heard: heard[at] ?? { failure: 'it was not asked' },
      }));
      const judged = judgeSources(sources, (pair) => rateOf(pair, nowMs), feed.stalenessMs, nowMs);
      const aggregation = aggregate(judged, feed);
      const { result } = aggregation;
      const poll = { pair: feed.pair, atMs: nowMs, heard, aggregation };
      if (result.kind === 'none') {
        agreed.delete(feed.pair);
        // Two polls in a row are two with a price: one without begins anew. A jump waits on.
        return { ...poll, decision: result, memory: { ...memory, deviatingPolls: 0 } };
      }
      agreed.set(feed.pair, result);
      return { ...poll, ...decidePublication(result, last, memory, feed, nowMs) };
    },
  };
}
