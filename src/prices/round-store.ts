import type { Datoshi } from '../base/datoshi.js';
import type { Hash160, Hash256 } from '../base/hash.js';
import { assertInTransaction, type Database } from '../storage/database.js';

/** A round that is on the chain, as its event told of it. */
export interface PublishedRound {
  readonly pair: string;
  readonly round: bigint;
  /** With 8 decimals. */
  readonly price: bigint;
  readonly timestampMs: number;
  readonly confidenceBps: number;
  /** Whose credit paid for it; null: nobody's but the node's. */
  readonly payer: Hash160 | null;
  readonly fee: Datoshi;
  readonly block: number;
  readonly tx: Hash256;
}

/** A round as it is kept. */
export interface StoredRound extends PublishedRound {
  /** How its charge differs from what was predicted, and why; null where it does not. */
  readonly chargeDifference: string | null;
}

/** Rounds of a pair that are kept: the chain has all of them. */
export const MAX_ROUNDS_PER_PAIR = 10_000;

const LAST_ROUND = (1n << 63n) - 1n;

export type RoundStore = ReturnType<typeof createRoundStore>;

/** The one writer of `price_round`. */
export function createRoundStore(db: Database) {
  const insert = db.prepare(`INSERT INTO price_round
    (pair, round, price, timestamp_ms, confidence_bps, payer, fee, block, tx)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`);
  const note = db.prepare(
    'UPDATE price_round SET charge_difference = ? WHERE pair = ? AND round = ?',
  );
  const drop = db.prepare('DELETE FROM price_round WHERE pair = ? AND round <= ?');
  const latest = db.prepare('SELECT * FROM price_round WHERE pair = ? ORDER BY round DESC LIMIT 1');
  const before = db.prepare(`SELECT * FROM price_round WHERE pair = ? AND round < ?
    ORDER BY round DESC LIMIT ? + 0`);
  const asOf = db.prepare(`SELECT * FROM price_round WHERE pair = ? AND block <= ?
    ORDER BY round DESC LIMIT 1`);
  const fees = db.prepare(`SELECT COUNT(*) AS rounds, COALESCE(SUM(fee), 0) AS fees
    FROM price_round WHERE pair = ?`);

  return {
    add(round: PublishedRound): void {
      assertInTransaction(db);
      const { pair, price, timestampMs, confidenceBps, payer, fee, block, tx } = round;
      insert.run(pair, round.round, price, timestampMs, confidenceBps, payer, fee, block, tx);
      drop.run(pair, round.round - BigInt(MAX_ROUNDS_PER_PAIR));
    },

    /** Tells how the charge of a round differs from what was predicted. */
    noteCharge(pair: string, round: bigint, difference: string): void {
      assertInTransaction(db);
      note.run(difference, pair, round);
    },

    latest(pair: string): StoredRound | null {
      const row = latest.get(pair) as Row | undefined;
      return row === undefined ? null : roundFrom(row);
    },

    /** Rounds of a pair that are kept, newest first; before one where it is named. */
    before(round: bigint | null, pair: string, limit: number): StoredRound[] {
      return (before.all(pair, round ?? LAST_ROUND, limit) as Row[]).map(roundFrom);
    },

    /** The latest round of a pair in blocks up to one, that included. */
    asOf(pair: string, block: number): PublishedRound | null {
      const row = asOf.get(pair, block) as Row | undefined;
      return row === undefined ? null : roundFrom(row);
    },

    /** Rounds of a pair that are kept, and what they cost. */
    fees(pair: string): { readonly rounds: number; readonly fees: Datoshi } {
      const row = fees.get(pair) as { rounds: bigint; fees: bigint };
      return { rounds: Number(row.rounds), fees: row.fees };
    },
  };
}

type Row = Record<string, bigint | string | null>;

const roundFrom = (row: Row): StoredRound => ({
  pair: row.pair as string,
  round: row.round as bigint,
  price: row.price as bigint,
  timestampMs: Number(row.timestamp_ms),
  confidenceBps: Number(row.confidence_bps),
  payer: row.payer as Hash160 | null,
  fee: row.fee as bigint,
  block: Number(row.block),
  tx: row.tx as Hash256,
  chargeDifference: row.charge_difference as string | null,
});
