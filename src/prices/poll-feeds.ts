import { setMaxListeners } from 'node:events';
import type { Clock } from '../base/clock.js';
import { messageOf } from '../base/node-error.js';
import { conversionsOf } from '../config/check-feed.js';
import type { FeedConfig } from '../config/feed-config.js';
import { type Database, inRepeatableTransaction } from '../storage/database.js';
import type { Log } from '../telemetry/log.js';
import { type AskParts, createSourceAsker, type Heard, type SourceAsker } from './ask-source.js';
import { type ChainRound, NO_MEMORY } from './decide-publication.js';
import { createFeedRounds, type FeedPoll } from './feed-round.js';
import { type PollStore, pollsKept } from './poll-store.js';

export interface PollParts extends AskParts {
  readonly db: Database;
  readonly store: PollStore;
  readonly clock: Clock;
  readonly log: Log;
  readonly feeds: readonly FeedConfig[];
  /** The pair's round on the chain, as far as the node has read it. */
  readonly lastRound: (pair: string) => ChainRound | null;
  /** Told of each poll, once it is kept. */
  readonly onPoll: (poll: FeedPoll, feed: FeedConfig) => void;
  readonly onBug: (error: unknown) => void;
}

/** The first polls of the feeds are over: what converts has a price, where there is one. */
interface Start {
  readonly ready: Promise<void>;
  done(): void;
}

/**
 * Asks the sources of all feeds, each feed at its own pace, until the signal: at multiples of its
 * interval, so that feeds of one pace are ready together and share a transaction. A feed waits at
 * first for those that convert it.
 */
export async function pollFeeds(parts: PollParts, signal: AbortSignal): Promise<void> {
  const { feeds } = parts;
  const poll = createPoll(parts);
  const starts = new Map(feeds.map(({ pair }) => [pair, createStart()]));

  async function run(feed: FeedConfig): Promise<void> {
    await Promise.all(conversionsOf(feed).map((pair) => starts.get(pair)?.ready));
    while (!signal.aborted) {
      await poll(feed, signal);
      starts.get(feed.pair)?.done();
      const restMs = feed.pollIntervalMs - (parts.clock.nowMs() % feed.pollIntervalMs);
      await parts.clock.sleep(restMs, signal).catch(() => {});
    }
  }

  await Promise.all(
    feeds.map((feed) =>
      run(feed)
        .catch((error) => {
          if (!signal.aborted) parts.onBug(error);
        })
        .finally(() => starts.get(feed.pair)?.done()),
    ),
  );
}

function createStart(): Start {
  let done: () => void = () => {};
  const ready = new Promise<void>((resolve) => {
    done = resolve;
  });
  return { ready, done };
}

/** One poll of a feed: its sources asked at once, decided, and kept. */
function createPoll(parts: PollParts) {
  const { db, store, clock, log, feeds } = parts;
  const rounds = createFeedRounds(feeds);
  const kept = pollsKept(feeds.length);
  const askers = new Map<FeedConfig, readonly SourceAsker[]>(
    feeds.map((feed) => [feed, feed.sources.map((source) => createSourceAsker(source, parts))]),
  );
  const withoutQuorum = new Set<string>();

  function tellOfQuorum({ pair, decision }: FeedPoll): void {
    const isMissing = decision.kind === 'none';
    if (isMissing === withoutQuorum.has(pair)) return;
    if (isMissing) {
      withoutQuorum.add(pair);
      log.error('price feed has no quorum', { pair, reason: decision.why });
    } else {
      withoutQuorum.delete(pair);
      log.info('price feed has a quorum again', { pair });
    }
  }

  return async function poll(feed: FeedConfig, signal: AbortSignal): Promise<void> {
    const heard = await askAll(askers.get(feed) ?? [], signal);
    if (heard === null) return;
    const memory = store.memory(feed.pair) ?? NO_MEMORY;
    const last = parts.lastRound(feed.pair);
    const decided = rounds.decide(feed, heard, last, memory, clock.nowMs());
    try {
      inRepeatableTransaction(db, () => store.add(decided, kept));
    } catch (error) {
      log.warn('a poll of a price feed was not kept', {
        pair: feed.pair,
        reason: messageOf(error),
      });
      return;
    }
    tellOfQuorum(decided);
    parts.onPoll(decided, feed);
  };
}

/** What all sources said; null once the signal is aborted. */
export async function askAll(
  askers: readonly SourceAsker[],
  signal: AbortSignal,
): Promise<Heard[] | null> {
  // One signal is listened to by all sources of all feeds: that is no leak.
  setMaxListeners(0, signal);
  try {
    return await Promise.all(askers.map(({ ask }) => ask(signal)));
  } catch (error) {
    if (signal.aborted) return null;
    throw error;
  }
}
