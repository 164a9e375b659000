import { z } from 'zod';
import type { FeedConfig } from '../../config/feed-config.js';
import type { ApiSources } from '../api-sources.js';
import { Refusal } from '../problem.js';
import { jsonRoute, type Route } from '../route.js';
import {
  feedShape,
  feedsShape,
  feedWire,
  pollPageShape,
  pollWire,
  roundPageShape,
  roundWire,
} from '../shapes/price-shape.js';
import { cursorText, DEFAULT_PAGE, limitText, nextCursor, plainText } from '../shapes/values.js';

const READ = { kind: 'scope', scope: 'read', publicGroup: 'prices' } as const;
/** Each poll has its sources with it. */
const MAX_POLLS = 50;

const currency = () => plainText('a currency in capitals, such as GAS', /^[A-Z0-9]{1,20}$/);
const params = z.strictObject({ base: currency(), quote: currency() });

function feedOf(sources: ApiSources, { base, quote }: { base: string; quote: string }): FeedConfig {
  const pair = `${base}/${quote}`;
  const feed = sources.feeds.find((each) => each.pair === pair);
  if (feed !== undefined) return feed;
  throw new Refusal('NO_SUCH_PAIR', `no feed of this node is ${pair}; see /v1/prices`);
}

const shown = ({ reads }: ApiSources, feed: FeedConfig): z.input<typeof feedShape> =>
  feedWire(feed, reads.polls.latest(feed.pair), reads.rounds.latest(feed.pair));

const list = jsonRoute({
  method: 'GET',
  path: '/v1/prices',
  name: 'listPrices',
  group: 'prices',
  summary: 'All feeds, each with its newest poll and its newest round on the chain',
  access: READ,
  answer: feedsShape,
  problems: [],
  handle: ({ sources }) => ({ items: sources.feeds.map((feed) => shown(sources, feed)) }),
});

const show = jsonRoute({
  method: 'GET',
  path: '/v1/prices/{base}/{quote}',
  name: 'getPrice',
  group: 'prices',
  summary: 'One feed: sources accepted and rejected, and why; the newest round',
  access: READ,
  params,
  answer: feedShape,
  problems: ['NO_SUCH_PAIR'],
  handle: ({ sources, params: pair }) => shown(sources, feedOf(sources, pair)),
});

const polls = jsonRoute({
  method: 'GET',
  path: '/v1/prices/{base}/{quote}/polls',
  name: 'listPolls',
  group: 'prices',
  summary: 'What the node heard, poll by poll, newest first',
  access: READ,
  params,
  query: z.strictObject({ limit: limitText(MAX_POLLS), cursor: cursorText('polls') }),
  answer: pollPageShape,
  problems: ['NO_SUCH_PAIR'],
  handle({ sources, params: pair, query: { limit = MAX_POLLS, cursor = null } }) {
    const found = sources.reads.polls.before(cursor, feedOf(sources, pair).pair, limit);
    return { items: found.map(pollWire), next: nextCursor(found, limit, ({ id }) => id) };
  },
});

const rounds = jsonRoute({
  method: 'GET',
  path: '/v1/prices/{base}/{quote}/rounds',
  name: 'listRounds',
  group: 'prices',
  summary: 'Rounds on the chain, newest first',
  access: READ,
  params,
  query: z.strictObject({ limit: limitText(), cursor: cursorText('rounds') }),
  answer: roundPageShape,
  problems: ['NO_SUCH_PAIR'],
  handle({ sources, params: pair, query: { limit = DEFAULT_PAGE, cursor = null } }) {
    const found = sources.reads.rounds.before(cursor, feedOf(sources, pair).pair, limit);
    return { items: found.map(roundWire), next: nextCursor(found, limit, ({ round }) => round) };
  },
});

export const PRICE_ROUTES: readonly Route[] = [list, show, polls, rounds];
