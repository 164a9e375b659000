import type { Clock } from '../base/clock.js';
import { NodeError } from '../base/node-error.js';
import { conversionsOf } from '../config/check-feed.js';
import type { FeedConfig } from '../config/feed-config.js';
import type { NodeConfig } from '../config/node-config.js';
import { aggregate } from '../prices/aggregate.js';
import {
  type ChainRound,
  decidePublication,
  type FeedMemory,
  NO_MEMORY,
} from '../prices/decide-publication.js';
import type { JudgedSource } from '../prices/quote.js';
import type { StoredRound } from '../prices/round-store.js';
import type { FoundFeed } from './find-feed.js';
import { withBooks } from './open-books.js';

/** A poll of a feed, of the node or of this command, with what is decided about it. */
export interface ShownPoll {
  readonly atMs: number;
  readonly from: 'node' | 'now';
  readonly sources: readonly JudgedSource[];
  readonly last: StoredRound | null;
  readonly memory: FeedMemory;
}

/** The newest poll of the node, or, when told to ask now, one made for this command alone. */
export const pollToShow = (
  config: NodeConfig,
  found: FoundFeed,
  { now }: { readonly now?: boolean },
  clock: Clock,
): Promise<ShownPoll> => (now === true ? pollNow(config, found, clock) : lastPoll(config, found));

/** The newest poll of a running or stopped node. Throws a NodeError PRICES_NONE. */
async function lastPoll(config: NodeConfig, { feed }: FoundFeed): Promise<ShownPoll> {
  const { createPollStore } = await import('../prices/poll-store.js');
  const { createRoundStore } = await import('../prices/round-store.js');
  return withBooks(config, (db) => {
    const store = createPollStore(db);
    const poll = store.latest(feed.pair);
    if (poll === null) {
      throw new NodeError('PRICES_NONE', `the node has not polled ${feed.pair} yet`, {
        retryable: true,
        hint: 'start the node with this feed, or ask the sources now with --now',
      });
    }
    return {
      atMs: poll.atMs,
      from: 'node' as const,
      sources: poll.quotes,
      last: createRoundStore(db).latest(feed.pair),
      memory: store.memory(feed.pair) ?? NO_MEMORY,
    };
  });
}

/**
 * Asks the sources of a feed, and of those that convert it, once. What the node remembers is read
 * where it has a database, and nothing is written.
 */
async function pollNow(
  config: NodeConfig,
  { feed, feeds }: FoundFeed,
  clock: Clock,
): Promise<ShownPoll> {
  const { createFeedRounds } = await import('../prices/feed-round.js');
  const { askAll } = await import('../prices/poll-feeds.js');
  const { createSourceAsker } = await import('../prices/ask-source.js');
  const { createFilterPool } = await import('../filters/filter-pool.js');
  const { openFetching } = await import('./open-fetching.js');
  const known = await lastPoll(config, { feed, feeds }).catch(nothingStored);
  const { workers, timeoutMs } = config.filters;
  const filters = createFilterPool({ workers: Math.min(workers, 2), timeoutMs, clock });
  const { fetch, close } = await openFetching(config, clock, undefined);
  const parts = { fetch, filters, clock, random: () => 0.5 };
  const rounds = createFeedRounds(feeds);
  try {
    // A thread that starts takes longer than some sources are given.
    await filters.ready();
    for (const each of withConversions(feed, feeds)) {
      const askers = each.sources.map((source) => createSourceAsker(source, parts));
      const heard = (await askAll(askers, new AbortController().signal)) ?? [];
      const { aggregation, atMs } = rounds.decide(each, heard, null, NO_MEMORY, clock.nowMs());
      if (each !== feed) continue;
      const { last, memory } = known ?? NOTHING_KNOWN;
      return { atMs, from: 'now', sources: aggregation.sources, last, memory };
    }
    throw new Error('bug: a feed that is not among the feeds');
  } finally {
    close();
    await filters.close();
  }
}

const NOTHING_KNOWN = { last: null, memory: NO_MEMORY };

function nothingStored(error: unknown): null {
  if (error instanceof NodeError && ['DB_OPEN', 'PRICES_NONE'].includes(error.code)) return null;
  throw error;
}

/** The feeds that a feed hangs on, in their order, and itself last. */
function withConversions(feed: FeedConfig, feeds: readonly FeedConfig[]): FeedConfig[] {
  const needed = new Set<string>([feed.pair]);
  // Those that convert stand first, so one pass from the end finds all.
  for (const each of [...feeds].reverse()) {
    if (needed.has(each.pair)) for (const pair of conversionsOf(each)) needed.add(pair);
  }
  return feeds.filter(({ pair }) => needed.has(pair));
}

/** What a poll comes to with the feed as it is configured now. */
export function outcomeOf(feed: FeedConfig, poll: ShownPoll) {
  const fresh = poll.sources.map(
    (source): JudgedSource =>
      source.verdict === 'outlier' ? { ...source, verdict: 'kept', why: null } : source,
  );
  const aggregation = aggregate(fresh, feed);
  const { result } = aggregation;
  const last: ChainRound | null = poll.last;
  const decision =
    result.kind === 'none'
      ? result
      : decidePublication(result, last, poll.memory, feed, poll.atMs).decision;
  return { aggregation, decision };
}
