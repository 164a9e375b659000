import { z } from 'zod';
import type { FeedConfig } from '../../config/feed-config.js';
import { formatChainPrice, formatDecimal } from '../../prices/decimal.js';
import type { StoredPoll } from '../../prices/poll-store.js';
import type { StoredRound } from '../../prices/round-store.js';
import {
  account,
  amount,
  block,
  count,
  cursor,
  id,
  isoOrNull,
  isoTime,
  price,
  time,
  txHash,
} from './values.js';

const VERDICTS = ['kept', 'failed', 'stale', 'future', 'unconverted', 'outlier'] as const;

const quoteShape = z.object({
  source: z.string(),
  group: z.string().meta({ description: 'sources of one venue are one opinion' }),
  isAccepted: z.boolean(),
  verdict: z.enum(VERDICTS),
  price: price().nullable().meta({ description: "in the pair's currency" }),
  at: time("the source's own time of it").nullable(),
  why: z.string().nullable().meta({ description: 'why it did not count' }),
});

export const pollShape = z.object({
  id: id('the poll'),
  at: time(),
  price: price().nullable().meta({ description: 'what the sources agreed on; null: nothing' }),
  priceAt: time('time of that price').nullable(),
  confidenceBps: count('spread of the sources, in basis points').nullable(),
  decision: z.enum(['publish', 'wait', 'none']),
  why: z.string(),
  sources: z.array(quoteShape),
});

export const roundShape = z.object({
  round: id('the round'),
  price: price(),
  priceAt: time('time of the price'),
  confidenceBps: count('in basis points'),
  payer: account('who was charged; null: the node paid').nullable(),
  feeDatoshi: amount(),
  block: block(),
  tx: txHash(),
  chargeDifference: z.string().nullable(),
});

export const feedShape = z.object({
  pair: z.string(),
  isPublished: z.boolean().meta({ description: 'false: it only converts other feeds' }),
  quorum: count('groups of sources that must agree'),
  agreementBps: count('how far apart they may be'),
  deviationBps: count('a move that is published'),
  breakerBps: count('a move that has to be confirmed'),
  heartbeatSeconds: z.number(),
  pollIntervalSeconds: z.number(),
  stalenessSeconds: z.number(),
  latestPoll: pollShape.nullable(),
  latestRound: roundShape.nullable(),
});

export const feedsShape = z.object({ items: z.array(feedShape) });
export const pollPageShape = z.object({ items: z.array(pollShape), next: cursor() });
export const roundPageShape = z.object({ items: z.array(roundShape), next: cursor() });

const decimalOrNull = (value: bigint | null): string | null =>
  value === null ? null : formatDecimal(value);

export const pollWire = (poll: StoredPoll): z.input<typeof pollShape> => ({
  id: String(poll.id),
  at: isoTime(poll.atMs),
  price: poll.price === null ? null : formatChainPrice(poll.price),
  priceAt: isoOrNull(poll.timestampMs),
  confidenceBps: poll.confidenceBps,
  decision: poll.decision,
  why: poll.why,
  sources: poll.quotes.map(({ source, group, verdict, value, timestampMs, why }) => ({
    ...{ source, group, verdict, why },
    isAccepted: verdict === 'kept',
    price: decimalOrNull(value),
    at: isoOrNull(timestampMs),
  })),
});

export const roundWire = (round: StoredRound): z.input<typeof roundShape> => ({
  round: String(round.round),
  price: formatChainPrice(round.price),
  priceAt: isoTime(round.timestampMs),
  confidenceBps: round.confidenceBps,
  payer: round.payer,
  feeDatoshi: String(round.fee),
  block: round.block,
  tx: round.tx,
  chargeDifference: round.chargeDifference,
});

export const feedWire = (
  feed: FeedConfig,
  poll: StoredPoll | null,
  round: StoredRound | null,
): z.input<typeof feedShape> => ({
  pair: feed.pair,
  isPublished: feed.isPublished,
  quorum: feed.quorum,
  agreementBps: feed.agreementBps,
  deviationBps: feed.deviationBps,
  breakerBps: feed.breakerBps,
  heartbeatSeconds: feed.heartbeatMs / 1_000,
  pollIntervalSeconds: feed.pollIntervalMs / 1_000,
  stalenessSeconds: feed.stalenessMs / 1_000,
  latestPoll: poll === null ? null : pollWire(poll),
  latestRound: round === null ? null : roundWire(round),
});
