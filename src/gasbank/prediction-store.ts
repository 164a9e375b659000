import type { Datoshi } from '../base/datoshi.js';
import type { Hash256 } from '../base/hash.js';
import { assertInTransaction, type Database } from '../storage/database.js';

/** What the gateway is expected to tell of an answer, from before its transaction was signed. */
export interface Prediction {
  readonly requestId: bigint;
  readonly delivered: boolean;
  readonly fee: Datoshi;
  readonly lost: Datoshi;
  readonly premium: Datoshi;
  /** The fee if maxFee had no end. */
  readonly uncutFee: Datoshi;
}

export type PredictionStore = ReturnType<typeof createPredictionStore>;

/** The one writer of `prediction`. */
export function createPredictionStore(db: Database) {
  const insert = db.prepare(`INSERT INTO prediction
    (tx, request_id, delivered, fee, lost, premium, uncut_fee) VALUES (?, ?, ?, ?, ?, ?, ?)`);
  const ofTx = db
    .prepare(`SELECT request_id, delivered, fee, lost, premium, uncut_fee FROM prediction
      WHERE tx = ? ORDER BY request_id`)
    .raw();

  return {
    add(tx: Hash256, predictions: readonly Prediction[]): void {
      assertInTransaction(db);
      for (const { requestId, delivered, fee, lost, premium, uncutFee } of predictions) {
        insert.run(tx, requestId, delivered ? 1n : 0n, fee, lost, premium, uncutFee);
      }
    },

    /** Empty for a transaction of somebody else. */
    of(tx: Hash256): Prediction[] {
      const rows = ofTx.all(tx) as [bigint, bigint, Datoshi, Datoshi, Datoshi, Datoshi][];
      return rows.map(([requestId, delivered, fee, lost, premium, uncutFee]) => {
        return { requestId, delivered: delivered === 1n, fee, lost, premium, uncutFee };
      });
    },
  };
}
