import type { Datoshi } from '../base/datoshi.js';
import type { Hash160, Hash256 } from '../base/hash.js';
import { assertInTransaction, type Database } from '../storage/database.js';

/** What the gateway is expected to tell of a price round, from before it was signed. */
export interface RoundPrediction {
  /** A transaction has one round of a pair at most. */
  readonly pair: string;
  /** The feed's sponsor; null: nobody pays but the node. */
  readonly payer: Hash160 | null;
  readonly fee: Datoshi;
}

export type RoundPredictionStore = ReturnType<typeof createRoundPredictionStore>;

/** The one writer of `round_prediction`. */
export function createRoundPredictionStore(db: Database) {
  const insert = db.prepare(
    'INSERT INTO round_prediction (tx, pair, payer, fee) VALUES (?, ?, ?, ?)',
  );
  const ofTx = db.prepare('SELECT pair, payer, fee FROM round_prediction WHERE tx = ?');

  return {
    add(tx: Hash256, predictions: readonly RoundPrediction[]): void {
      assertInTransaction(db);
      for (const { pair, payer, fee } of predictions) insert.run(tx, pair, payer, fee);
    },

    /** In the order of their pairs; empty for a transaction of somebody else. */
    of: (tx: Hash256): RoundPrediction[] => ofTx.all(tx) as RoundPrediction[],
  };
}
