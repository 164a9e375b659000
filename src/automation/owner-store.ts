import type { Datoshi } from '../base/datoshi.js';
import type { Hash160, Hash256 } from '../base/hash.js';
import { assertInTransaction, type Database } from '../storage/database.js';
import type { OwnerStanding } from './cancel-risk.js';

/** A run that was under way when its upkeep was cancelled. */
export interface CancelledRun {
  readonly upkeepId: bigint;
  readonly owner: Hash160;
  readonly tx: Hash256;
  readonly cost: Datoshi;
  /** What of it the owner had not paid before. */
  readonly risk: Datoshi;
  /** Of the cancellation's block. */
  readonly atMs: number;
}

export type OwnerStore = ReturnType<typeof createOwnerStore>;

/** The one writer of `upkeep_owner` and `cancelled_run`: what owners paid, and what they cost. */
export function createOwnerStore(db: Database) {
  const addPaid = db.prepare(`INSERT INTO upkeep_owner (owner, paid) VALUES (@owner, @amount)
    ON CONFLICT (owner) DO UPDATE SET paid = paid + @amount`);
  const addLost = db.prepare(`INSERT INTO upkeep_owner (owner, lost, lost_ms)
    VALUES (@owner, @cost, @atMs) ON CONFLICT (owner) DO UPDATE SET lost = lost + @cost,
    lost_ms = max(lost_ms, @atMs)`);
  const addRun = db.prepare(`INSERT OR IGNORE INTO cancelled_run
    (upkeep_id, owner, tx, cost, risk, at_ms)
    VALUES (@upkeepId, @owner, @tx, @cost, @risk, @atMs)`);
  const standing = db.prepare('SELECT paid, lost, lost_ms FROM upkeep_owner WHERE owner = ?');
  const underWay = db
    .prepare(`SELECT COALESCE(SUM(sent_cost), 0) FROM upkeep INDEXED BY upkeep_sent_by_owner
      WHERE owner = ? AND tx IS NOT NULL`)
    .pluck();
  const lostSince = db
    .prepare('SELECT COALESCE(SUM(risk), 0) FROM cancelled_run WHERE at_ms > ?')
    .pluck();
  const sent = db
    .prepare('SELECT COALESCE(SUM(sent_risk), 0) FROM upkeep WHERE tx IS NOT NULL')
    .pluck();
  // What a FAULTed transaction lost is claimed with the next run, if there is one.
  const toClaim = db
    .prepare(`SELECT COALESCE(SUM(sent_risk), 0) FROM upkeep
      WHERE lost_tx IS NOT NULL AND tx IS NULL`)
    .pluck();

  return {
    paid(owner: Hash160, amount: Datoshi): void {
      assertInTransaction(db);
      addPaid.run({ owner, amount });
    },

    lost(run: CancelledRun): void {
      assertInTransaction(db);
      const values = { ...run, atMs: BigInt(Math.round(run.atMs)) };
      const { owner, cost, atMs } = values;
      if (addRun.run(values).changes === 1) addLost.run({ owner, cost, atMs });
    },

    standingOf(owner: Hash160): OwnerStanding {
      const row = standing.get(owner) as Record<string, bigint> | undefined;
      const paid = row?.paid ?? 0n;
      const lost = row?.lost ?? 0n;
      const lostMs = Number(row?.lost_ms ?? 0n);
      return { paid, lost, lostMs, underWay: underWay.get(owner) as bigint };
    },

    /** Lost since a block's time, or under way, to owners who had not paid as much before. */
    atRisk(sinceMs: number): Datoshi {
      const lost = lostSince.get(BigInt(Math.round(sinceMs))) as bigint;
      return lost + (sent.get() as bigint) + (toClaim.get() as bigint);
    },
  };
}
