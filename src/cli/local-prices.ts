import type { Clock } from '../base/clock.js';
import { messageOf, NodeError } from '../base/node-error.js';
import type { NodeConfig } from '../config/node-config.js';
import { formatChainPrice } from '../prices/decimal.js';
import type { AnsweredPrice, FindPrice } from '../prices/price-source.js';
import type { PublishedRound } from '../prices/round-store.js';
import { outcomeOf, pollToShow } from './feed-poll.js';
import { findFeed } from './find-feed.js';
import { durationText } from './human-time.js';
import { withBooks } from './open-books.js';

/** A price that a function asked for on its author's machine. */
export interface LocalPrice {
  readonly pair: string;
  /** As a decimal number; null where there is none. */
  readonly text: string | null;
  /** The node's database has the rounds of the chain; sources were asked for this run alone. */
  readonly from: 'database' | 'sources' | null;
  /** Of the chain, in decimal digits; null unless it is from the database. */
  readonly round: string | null;
  /** Where it is from, or why there is none. */
  readonly told: string;
}

type Found = LocalPrice & { readonly answer: Awaited<ReturnType<FindPrice>> };

/**
 * Prices as `ctx.price` has them in a trial: as a block has them where one is named (`block`),
 * else the latest round in the node's database, else what the sources of the configured feed agree
 * on now. A pair is looked up once, so that a run sees one price of it.
 */
export function createLocalPrices(config: NodeConfig, clock: Clock, block: number | null) {
  const asked = new Map<string, Promise<Found>>();

  async function lookUp(pair: string): Promise<Found> {
    try {
      const round = await storedRound(config, pair, block);
      if (round !== null) return ofDatabase(round, clock.nowMs());
      if (block === null) return await ofSources(config, pair, clock);
      return none(pair, `the node's database has no round of it up to block ${block}`);
    } catch (error) {
      if (!(error instanceof NodeError)) throw error;
      return none(pair, `${messageOf(error)}; ${error.hint ?? ''}`);
    }
  }

  const find: FindPrice = async (pair) => {
    const found = asked.get(pair) ?? lookUp(pair);
    asked.set(pair, found);
    return (await found).answer;
  };

  return {
    find,
    /** What was asked for, in that order. */
    seen: async (): Promise<LocalPrice[]> =>
      (await Promise.all(asked.values())).map(({ answer: _, ...price }) => price),
  };
}

/** Null where the node has no database, or that none. */
async function storedRound(
  config: NodeConfig,
  pair: string,
  block: number | null,
): Promise<PublishedRound | null> {
  const { createRoundStore } = await import('../prices/round-store.js');
  try {
    return await withBooks(config, (db) => {
      const rounds = createRoundStore(db);
      return block === null ? rounds.latest(pair) : rounds.asOf(pair, block);
    });
  } catch (error) {
    if (error instanceof NodeError && error.code === 'DB_OPEN') return null;
    throw error;
  }
}

function ofDatabase(round: PublishedRound, nowMs: number): Found {
  const age = durationText(nowMs - round.timestampMs);
  const told = `round ${round.round} in the node's database, of block ${round.block}, ${age} old`;
  return { ...foundOf(round), from: 'database', round: `${round.round}`, told, answer: round };
}

/** As the next round would be, if it were published now. */
async function ofSources(config: NodeConfig, named: string, clock: Clock): Promise<Found> {
  const found = findFeed(config, named);
  const poll = await pollToShow(config, found, { now: true }, clock);
  const { result, sources } = outcomeOf(found.feed, poll).aggregation;
  const { pair } = found.feed;
  if (result.kind === 'none') return none(pair, `its sources agree on none: ${result.why}`);
  const { price, timestampMs, confidenceBps } = result;
  const answer = { pair, price, timestampMs, confidenceBps, round: (poll.last?.round ?? 0n) + 1n };
  const counted = sources.filter(({ verdict }) => verdict === 'kept').length;
  const told = `asked now, ${counted} of ${sources.length} sources count; not on the chain`;
  return { ...foundOf(answer), from: 'sources', round: null, told, answer };
}

const foundOf = ({ pair, price }: AnsweredPrice) => ({ pair, text: formatChainPrice(price) });

const none = (pair: string, why: string): Found => ({
  pair,
  text: null,
  from: null,
  round: null,
  told: why,
  answer: { missing: why },
});
