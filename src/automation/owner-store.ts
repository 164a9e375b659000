import type { Datoshi } from '../base/datoshi.js';
import type { Hash160, Hash256 } from '../base/hash.js';
import { assertInTransaction, type Database } from '../storage/database.js';
import type { OwnerStanding } from './cancel-risk.js';

/** A run whose part of its transaction's fees nobody was charged for, nor will be. */
export interface LostRun {
  readonly upkeepId: bigint;
  readonly owner: Hash160;
  readonly tx: Hash256;
  readonly cost: Datoshi;
  /** What of it the owner had not paid before. */
  readonly risk: Datoshi;
  /** Since 1970. */
  readonly atMs: number;
  /** Whether its owner cancelled in front of it: no other may have had a part in that. */
  readonly isBlamed: boolean;
}

export type OwnerStore = ReturnType<typeof createOwnerStore>;

/** The one writer of `upkeep_owner` and `lost_run`: what owners paid, and what they cost. */
export function createOwnerStore(db: Database) {
  const addPaid = db.prepare(`INSERT INTO upkeep_owner (owner, paid) VALUES (@owner, @amount)
    ON CONFLICT (owner) DO UPDATE SET paid = paid + @amount`);
  const addLost = db.prepare(`INSERT INTO upkeep_owner (owner, lost, lost_ms)
    VALUES (@owner, @cost, @blamedMs) ON CONFLICT (owner) DO UPDATE SET lost = lost + @cost,
    lost_ms = max(lost_ms, @blamedMs)`);
  const addRun = db.prepare(`INSERT OR IGNORE INTO lost_run
    (upkeep_id, owner, tx, cost, risk, at_ms)
    VALUES (@upkeepId, @owner, @tx, @cost, @risk, @atMs)`);
  const standing = db.prepare('SELECT paid, lost, lost_ms FROM upkeep_owner WHERE owner = ?');
  const underWay = db
    .prepare(`SELECT COALESCE(SUM(sent_cost), 0) FROM upkeep INDEXED BY upkeep_sent_by_owner
      WHERE owner = ? AND tx IS NOT NULL`)
    .pluck();
  const unclaimed = db
    .prepare(`SELECT COALESCE(SUM(lost_cost), 0) FROM upkeep INDEXED BY upkeep_lost_by_owner
      WHERE owner = ? AND lost_tx IS NOT NULL`)
    .pluck();
  const lostSince = db
    .prepare('SELECT COALESCE(SUM(risk), 0) FROM lost_run WHERE at_ms > ?')
    .pluck();
  const sent = db
    .prepare('SELECT COALESCE(SUM(sent_risk), 0) FROM upkeep WHERE tx IS NOT NULL')
    .pluck();
  // What a FAULTed transaction cost is claimed, if its upkeep is not cancelled before.
  const toClaim = db
    .prepare(`SELECT COALESCE(SUM(lost_risk), 0) FROM upkeep
      WHERE lost_tx IS NOT NULL AND lost_ms > ?`)
    .pluck();

  return {
    paid(owner: Hash160, amount: Datoshi): void {
      assertInTransaction(db);
      addPaid.run({ owner, amount });
    },

    lost(run: LostRun): void {
      assertInTransaction(db);
      const { isBlamed, ...kept } = run;
      const values = { ...kept, atMs: BigInt(Math.round(run.atMs)) };
      const { owner, cost, atMs } = values;
      const blamedMs = isBlamed ? atMs : 0n;
      if (addRun.run(values).changes === 1) addLost.run({ owner, cost, blamedMs });
    },

    standingOf(owner: Hash160): OwnerStanding {
      const row = standing.get(owner) as Record<string, bigint> | undefined;
      const paid = row?.paid ?? 0n;
      const lost = row?.lost ?? 0n;
      const lostMs = Number(row?.lost_ms ?? 0n);
      const open = (underWay.get(owner) as bigint) + (unclaimed.get(owner) as bigint);
      return { paid, lost, lostMs, underWay: open };
    },

    /**
     * Lost since a block's time, be it to be claimed yet, or under way, to owners who had not paid
     * as much before.
     */
    atRisk(sinceMs: number): Datoshi {
      const since = BigInt(Math.round(sinceMs));
      const lost = (lostSince.get(since) as bigint) + (toClaim.get(since) as bigint);
      return lost + (sent.get() as bigint);
    },
  };
}
