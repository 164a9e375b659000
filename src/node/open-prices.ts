import type { EventFeed } from '../api/event-feed.js';
import type { FeedStatus } from '../api/node-status.js';
import type { FeedConfig } from '../config/feed-config.js';
import type { FilterPool } from '../filters/filter-pool.js';
import type { GuardedFetch } from '../net/guarded-fetch.js';
import { formatChainPrice } from '../prices/decimal.js';
import { createDueRounds, type DueRounds } from '../prices/due-rounds.js';
import type { FeedPoll } from '../prices/feed-round.js';
import { pollFeeds } from '../prices/poll-feeds.js';
import { createPollStore } from '../prices/poll-store.js';
import { createRoundStore, type RoundStore } from '../prices/round-store.js';
import type { Database } from '../storage/database.js';
import type { NodeOptions } from './node-options.js';
import { outsideOf } from './outside.js';

/** The node's price feeds. */
export interface NodePrices {
  readonly feeds: readonly FeedConfig[];
  readonly rounds: RoundStore;
  /** What is to be published. */
  readonly due: DueRounds;
  /** How old the round is that each published feed has on the chain; null: it has none. */
  ages(): readonly {
    readonly pair: string;
    readonly ageMs: number | null;
    readonly heartbeatMs: number;
  }[];
  /** How each feed stands on the chain, and by its last poll. */
  status(): FeedStatus[];
  /** Polls the feeds until the signal. Rejects on bugs only. */
  run(signal: AbortSignal): Promise<void>;
}

const RANDOM_STEPS = 2 ** 32;

export function openPrices(
  options: NodeOptions,
  parts: {
    readonly db: Database;
    readonly fetch: GuardedFetch;
    readonly filters: FilterPool;
    readonly events: Pick<EventFeed, 'publish'>;
  },
  feeds: readonly FeedConfig[],
): NodePrices {
  const { clock, log, metrics } = options;
  const store = createPollStore(parts.db);
  const rounds = createRoundStore(parts.db);

  /** Spreads waits; nothing secret hangs on it. */
  const random = (): number => outsideOf(options).random(4).readUInt32LE() / RANDOM_STEPS;
  const due = createDueRounds();
  const polled = new Map<string, Pick<FeedStatus, 'hasQuorum' | 'isHeld' | 'why'>>();

  /** What waits is not due any more, whatever it was. */
  function offer({ pair, decision, aggregation }: FeedPoll, feed: FeedConfig): void {
    const { result } = aggregation;
    if (!feed.isPublished || decision.kind !== 'publish' || result.kind === 'none') {
      return due.withdraw(pair);
    }
    const { price, timestampMs, confidenceBps } = result;
    const after = rounds.latest(pair)?.round ?? null;
    due.offer({ pair, price, timestampMs, confidenceBps, why: decision.why, after });
  }

  function tell({ pair, decision, aggregation, memory }: FeedPoll): void {
    // What is published now was seen again: the breaker holds it no more.
    const isHeld = memory.jump !== null && decision.kind !== 'publish';
    const hasQuorum = decision.kind !== 'none';
    polled.set(pair, { hasQuorum, isHeld, why: decision.why });
    metrics.pricePoll(pair, { hasQuorum, isHeld });
    for (const { source, verdict } of aggregation.sources) {
      metrics.priceSource({ pair, source, rejected: verdict === 'kept' ? null : verdict });
    }
    const { result, sources } = aggregation;
    const accepted = sources.filter(({ verdict }) => verdict === 'kept').length;
    parts.events.publish({
      ...{ event: 'poll', pair, decision: decision.kind, accepted },
      price: result.kind === 'none' ? null : formatChainPrice(result.price),
      rejected: sources.length - accepted,
    });
  }

  return {
    feeds,
    rounds,
    due,
    ages: () =>
      feeds
        .filter(({ isPublished }) => isPublished)
        .map(({ pair, heartbeatMs }) => {
          const last = rounds.latest(pair);
          const ageMs = last === null ? null : clock.nowMs() - last.timestampMs;
          return { pair, ageMs, heartbeatMs };
        }),
    status: () =>
      feeds.map(({ pair, isPublished, heartbeatMs }) => {
        const last = rounds.latest(pair);
        const found = polled.get(pair) ?? { hasQuorum: null, isHeld: false, why: null };
        return {
          ...{ pair, isPublished, heartbeatMs, ...found },
          latest: last && { round: last.round, price: formatChainPrice(last.price) },
          ageMs: last && Math.max(0, clock.nowMs() - last.timestampMs),
        };
      }),
    async run(signal) {
      const outcome: { bug: { readonly error: unknown } | null } = { bug: null };
      const own = new AbortController();
      await pollFeeds(
        {
          ...parts,
          store,
          clock,
          log,
          feeds,
          random,
          lastRound: rounds.latest,
          onPoll(poll, feed) {
            tell(poll);
            offer(poll, feed);
          },
          onBug(error) {
            outcome.bug ??= { error };
            log.error('a price feed met a fault of the node', { error });
            own.abort();
          },
        },
        AbortSignal.any([signal, own.signal]),
      );
      if (outcome.bug !== null) throw outcome.bug.error;
    },
  };
}
