import type { Datoshi } from '../base/datoshi.js';
import type { FeedConfig } from '../config/feed-config.js';
import { type ChainRound, type FeedMemory, NO_MEMORY, type Reason } from './decide-publication.js';
import { fromChainPrice } from './decimal.js';
import { createFeedRounds } from './feed-round.js';
import { centiBpsFrom } from './median.js';
import type { RecordedPoll } from './recorded-polls.js';

/** How a feed would have done on recorded quotes. */
export interface BacktestResult {
  readonly pair: string;
  readonly polls: number;
  readonly fromMs: number;
  readonly toMs: number;
  /** Rounds that would have been published, by why. */
  readonly updates: Readonly<Record<Reason, number>>;
  readonly updatesTotal: number;
  /** Per day of the recording, in hundredths. */
  readonly centiUpdatesPerDay: bigint;
  readonly gasPerDayDatoshi: Datoshi;
  /** Polls at which the sources agreed on nothing. */
  readonly pollsWithoutQuorum: number;
  /** Polls at which a jump was held by the breaker. */
  readonly pollsHeld: number;
  /** Largest distance of the chain's price from the market's, in hundredths of a basis point. */
  readonly worstCentiBps: bigint;
  readonly worstAtMs: number | null;
}

const DAY_MS = 86_400_000n;

/** One feed on its way through a recording. */
interface Track {
  readonly feed: FeedConfig;
  last: ChainRound | null;
  memory: FeedMemory;
  readonly sum: {
    polls: number;
    fromMs: number;
    toMs: number;
    without: number;
    held: number;
    worst: bigint;
    worstAtMs: number | null;
  };
  readonly updates: Record<Reason, number>;
}

/**
 * Replays recorded polls, in the order of their times, against feeds as they are configured now: a
 * round that is decided is on the chain by the next poll, and costs `feePerRound`. Polls of pairs
 * without a feed are left out.
 */
export function backtest(
  feeds: readonly FeedConfig[],
  polls: Iterable<RecordedPoll>,
  feePerRound: Datoshi,
): BacktestResult[] {
  const rounds = createFeedRounds(feeds);
  const tracks = new Map(feeds.map((feed) => [feed.pair, newTrack(feed)]));
  for (const poll of polls) {
    const track = tracks.get(poll.pair);
    if (track !== undefined) step(track, poll, rounds);
  }
  return [...tracks.values()]
    .filter(({ sum }) => sum.polls > 0)
    .map((track) => resultOf(track, feePerRound));
}

const newTrack = (feed: FeedConfig): Track => ({
  feed,
  last: null,
  memory: NO_MEMORY,
  sum: { polls: 0, fromMs: 0, toMs: 0, without: 0, held: 0, worst: 0n, worstAtMs: null },
  updates: { first: 0, deviation: 0, heartbeat: 0, 'confirmed jump': 0 },
});

function step(track: Track, poll: RecordedPoll, rounds: ReturnType<typeof createFeedRounds>): void {
  const { feed, sum, updates } = track;
  const heard = feed.sources.map(
    ({ name }) => poll.quotes.get(name) ?? { failure: 'it is not in the recording' },
  );
  const decided = rounds.decide(feed, heard, track.last, track.memory, poll.atMs);
  if (sum.polls === 0) sum.fromMs = poll.atMs;
  sum.polls += 1;
  sum.toMs = poll.atMs;
  track.memory = decided.memory;
  const { result } = decided.aggregation;
  if (result.kind === 'none') {
    sum.without += 1;
    return;
  }
  // Before this poll's round is on the chain, the market is as far away as it gets.
  if (track.last !== null) {
    const far = centiBpsFrom(fromChainPrice(track.last.price), result.value);
    if (far > sum.worst) [sum.worst, sum.worstAtMs] = [far, poll.atMs];
  }
  const { decision } = decided;
  if (decision.kind === 'publish') {
    updates[decision.reason] += 1;
    track.last = { price: result.price, timestampMs: result.timestampMs };
  } else if (decision.kind === 'wait' && decision.reason === 'breaker') sum.held += 1;
}

function resultOf({ feed, sum, updates }: Track, feePerRound: Datoshi): BacktestResult {
  const updatesTotal = Object.values(updates).reduce((total, count) => total + count, 0);
  const spanMs = BigInt(Math.max(1, sum.toMs - sum.fromMs));
  const total = feed.isPublished ? updatesTotal : 0;
  return {
    pair: feed.pair,
    polls: sum.polls,
    fromMs: sum.fromMs,
    toMs: sum.toMs,
    updates,
    updatesTotal,
    centiUpdatesPerDay: (BigInt(updatesTotal) * 100n * DAY_MS) / spanMs,
    gasPerDayDatoshi: (BigInt(total) * feePerRound * DAY_MS) / spanMs,
    pollsWithoutQuorum: sum.without,
    pollsHeld: sum.held,
    worstCentiBps: sum.worst,
    worstAtMs: sum.worstAtMs,
  };
}
