import { assertInTransaction, type Database } from '../storage/database.js';
import type { FeedMemory } from './decide-publication.js';
import type { FeedPoll } from './feed-round.js';
import type { JudgedSource, Verdict } from './quote.js';

/** A source in a poll that was kept. */
export interface StoredQuote extends JudgedSource {
  /** As it was heard, before conversion; null where nothing was. */
  readonly heardValue: bigint | null;
  readonly heardMs: number | null;
}

/** A poll that was kept. */
export interface StoredPoll {
  readonly id: bigint;
  readonly pair: string;
  readonly atMs: number;
  /** What was agreed on, in 1e-18; null where nothing was. */
  readonly value: bigint | null;
  /** With 8 decimals. */
  readonly price: bigint | null;
  readonly timestampMs: number | null;
  readonly confidenceBps: number | null;
  readonly decision: 'publish' | 'wait' | 'none';
  readonly why: string;
  readonly quotes: readonly StoredQuote[];
}

/** Polls of all pairs together that are kept, and of one pair. */
export const MAX_POLLS = 50_000;
export const MAX_POLLS_PER_PAIR = 2_880;
const LAST_ID = (1n << 63n) - 1n;
/** Polls that are dropped with each that is added, at most. */
const DROPS_AT_ONCE = 16;

/** How many polls of each pair are kept. */
export const pollsKept = (pairs: number): number =>
  Math.max(2, Math.min(MAX_POLLS_PER_PAIR, Math.floor(MAX_POLLS / Math.max(1, pairs))));

export type PollStore = ReturnType<typeof createPollStore>;

/** The one writer of `price_poll`, `price_quote` and `price_feed`. */
export function createPollStore(db: Database) {
  const insert = db.prepare(`INSERT INTO price_poll
    (pair, at_ms, value, price, timestamp_ms, confidence_bps, decision, why)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)`);
  const insertQuote = db.prepare(`INSERT INTO price_quote (poll, place, source, venue_group,
    verdict, heard_value, heard_ms, value, timestamp_ms, why)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`);
  const drop = db.prepare(`DELETE FROM price_poll WHERE id IN (SELECT id FROM price_poll
    WHERE pair = @pair AND id <= (SELECT id FROM price_poll WHERE pair = @pair
      ORDER BY id DESC LIMIT 1 OFFSET @kept) ORDER BY id LIMIT ${DROPS_AT_ONCE})`);
  const remember = db.prepare(`INSERT INTO price_feed
    (pair, deviating_polls, jump_value, jump_seen_ms) VALUES (?, ?, ?, ?)
    ON CONFLICT (pair) DO UPDATE SET deviating_polls = excluded.deviating_polls,
      jump_value = excluded.jump_value, jump_seen_ms = excluded.jump_seen_ms`);
  const memoryOf = db.prepare('SELECT * FROM price_feed WHERE pair = ?');
  const latest = db.prepare('SELECT * FROM price_poll WHERE pair = ? ORDER BY id DESC LIMIT 1');
  const since = db.prepare(`SELECT * FROM price_poll
    WHERE id > @after AND (@pair IS NULL OR pair = @pair) ORDER BY id LIMIT @limit + 0`);
  const before = db.prepare(`SELECT * FROM price_poll WHERE pair = ? AND id < ?
    ORDER BY id DESC LIMIT ? + 0`);
  const quotes = db.prepare('SELECT * FROM price_quote WHERE poll = ? ORDER BY place');

  const withQuotes = (row: Row): StoredPoll => ({
    ...pollFrom(row),
    quotes: (quotes.all(row.id) as Row[]).map(quoteFrom),
  });

  return {
    /** Adds a poll with what its feed remembers, and drops what is beyond `kept` of its pair. */
    add({ pair, atMs, heard, aggregation, decision, memory }: FeedPoll, kept: number): bigint {
      assertInTransaction(db);
      const { result, sources } = aggregation;
      const agreed = result.kind === 'agreed' ? result : null;
      const { lastInsertRowid: id } = insert.run(
        pair,
        Math.round(atMs),
        agreed?.value.toString() ?? null,
        agreed?.price ?? null,
        agreed?.timestampMs ?? null,
        agreed?.confidenceBps ?? null,
        decision.kind,
        decision.why,
      );
      for (const [place, source] of sources.entries()) {
        const said = heard[place];
        const word = said === undefined || 'failure' in said ? null : said;
        insertQuote.run(
          ...[id, place, source.source, source.group, source.verdict],
          ...[word?.value.toString() ?? null, roundedOrNull(word?.timestampMs)],
          ...[source.value?.toString() ?? null, roundedOrNull(source.timestampMs), source.why],
        );
      }
      const { deviatingPolls, jump } = memory;
      const seenMs = jump === null ? null : Math.round(jump.seenMs);
      remember.run(pair, deviatingPolls, jump?.value.toString() ?? null, seenMs);
      drop.run({ pair, kept });
      return BigInt(id);
    },

    memory(pair: string): FeedMemory | null {
      const row = memoryOf.get(pair) as Row | undefined;
      if (row === undefined) return null;
      const { deviating_polls: polls, jump_value: value, jump_seen_ms: seenMs } = row;
      const jump = value === null ? null : { value: BigInt(String(value)), seenMs: Number(seenMs) };
      return { deviatingPolls: Number(polls), jump };
    },

    /** The newest poll of a pair. */
    latest(pair: string): StoredPoll | null {
      const row = latest.get(pair) as Row | undefined;
      return row === undefined ? null : withQuotes(row);
    },

    /** Polls of a pair, newest first; before one where it is named. */
    before(id: bigint | null, pair: string, limit: number): StoredPoll[] {
      return (before.all(pair, id ?? LAST_ID, limit) as Row[]).map(withQuotes);
    },

    /** Polls after one, oldest first; of all pairs where none is named. */
    after(id: bigint, pair: string | null, limit: number): StoredPoll[] {
      return (since.all({ after: id, pair, limit }) as Row[]).map(withQuotes);
    },
  };
}

type Row = Record<string, bigint | string | null>;

const roundedOrNull = (ms: number | null | undefined): number | null =>
  ms === null || ms === undefined ? null : Math.round(ms);
const numberOrNull = (value: Row[string] | undefined): number | null =>
  value === null || value === undefined ? null : Number(value);
const bigintOrNull = (value: Row[string] | undefined): bigint | null =>
  value === null || value === undefined ? null : BigInt(value);

const pollFrom = (row: Row): Omit<StoredPoll, 'quotes'> => ({
  id: row.id as bigint,
  pair: row.pair as string,
  atMs: Number(row.at_ms),
  value: bigintOrNull(row.value),
  price: bigintOrNull(row.price),
  timestampMs: numberOrNull(row.timestamp_ms),
  confidenceBps: numberOrNull(row.confidence_bps),
  decision: row.decision as StoredPoll['decision'],
  why: row.why as string,
});

const quoteFrom = (row: Row): StoredQuote => ({
  source: row.source as string,
  group: row.venue_group as string,
  verdict: row.verdict as Verdict,
  heardValue: bigintOrNull(row.heard_value),
  heardMs: numberOrNull(row.heard_ms),
  value: bigintOrNull(row.value),
  timestampMs: numberOrNull(row.timestamp_ms),
  why: row.why as string | null,
});
