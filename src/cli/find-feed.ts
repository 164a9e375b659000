import { shorten } from '../base/bytes.js';
import { NodeError } from '../base/node-error.js';
import type { FeedConfig } from '../config/feed-config.js';
import { loadFeeds } from '../config/load-feeds.js';
import type { NodeConfig } from '../config/node-config.js';

export interface FoundFeed {
  readonly feed: FeedConfig;
  /** All feeds of the configuration, those that convert others first. */
  readonly feeds: readonly FeedConfig[];
}

/** A feed of the configuration, in capitals or not. Throws a NodeError NO_SUCH_FEED. */
export function findFeed({ prices }: NodeConfig, named: string): FoundFeed {
  const feeds = loadFeeds(prices.feedPaths);
  const feed = feeds.find(({ pair }) => pair === named.toUpperCase());
  if (feed !== undefined) return { feed, feeds };
  const known = feeds.map(({ pair }) => pair);
  throw new NodeError('NO_SUCH_FEED', `there is no feed of ${shorten(named, 40)}`, {
    hint:
      known.length === 0
        ? 'name files of feeds in prices.feeds of the configuration'
        : `declare it, or name one of ${shorten(known.join(', '), 300)}`,
  });
}
