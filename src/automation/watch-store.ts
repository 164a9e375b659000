import type { Hash160 } from '../base/hash.js';
import { assertInTransaction, type Database } from '../storage/database.js';
import { MAX_CATCHUP } from './trigger.js';

/** An event that upkeeps wait for. */
export interface WatchedEvent {
  readonly contract: Hash160;
  readonly event: string;
}

/** What a block held of it. */
export interface SeenEvent extends WatchedEvent {
  readonly block: number;
}

export type WatchStore = ReturnType<typeof createWatchStore>;

const WATCHING = "kind = 'on' AND state IN ('waiting', 'sent', 'unfunded', 'paused')";

/** The one writer of `upkeep_seen` and `upkeep_watch`. */
export function createWatchStore(db: Database) {
  const contracts = db.prepare(`SELECT watch_contract AS contract
    FROM upkeep INDEXED BY upkeep_watches
    WHERE ${WATCHING} GROUP BY watch_contract ORDER BY MIN(id) LIMIT ? + 0`);
  const contractOf = db.prepare('SELECT watch_contract FROM upkeep WHERE id = ?').pluck();
  const firstSince = db
    .prepare(`SELECT registered_block FROM upkeep INDEXED BY upkeep_watch_since
      WHERE ${WATCHING} ORDER BY registered_block LIMIT 1`)
    .pluck();
  const events = db.prepare(`SELECT DISTINCT watch_contract AS contract, watch_event AS event
    FROM upkeep INDEXED BY upkeep_watches WHERE ${WATCHING}`);
  const add = db.prepare(`INSERT OR IGNORE INTO upkeep_seen (upkeep_id, block)
    SELECT id, @block FROM upkeep WHERE ${WATCHING} AND watch_contract = @contract
      AND watch_event = @event AND registered_block < @block
      AND @block > COALESCE(last_due, 0)`);
  const nextOf = db.prepare(`UPDATE upkeep SET next_due = @block WHERE ${WATCHING}
    AND watch_contract = @contract AND watch_event = @event AND registered_block < @block
    AND @block > COALESCE(last_due, 0) AND next_due IS NULL`);
  const drop = db.prepare('DELETE FROM upkeep_seen WHERE upkeep_id = ? AND block <= ?');
  const dropOld = db.prepare(`DELETE FROM upkeep_seen WHERE upkeep_id IN (SELECT id FROM upkeep
      WHERE ${WATCHING} AND watch_contract = @contract AND watch_event = @event)
    AND block < (SELECT s.block FROM upkeep_seen AS s WHERE s.upkeep_id = upkeep_seen.upkeep_id
      ORDER BY s.block DESC LIMIT 1 OFFSET ${MAX_CATCHUP})`);
  const seen = db.prepare('SELECT block FROM upkeep_seen WHERE upkeep_id = ? ORDER BY block');
  const height = db.prepare('SELECT height FROM upkeep_watch').pluck();
  const setHeight = db.prepare(`INSERT INTO upkeep_watch (only_row, height) VALUES (1, ?)
    ON CONFLICT (only_row) DO UPDATE SET height = excluded.height`);

  return {
    /** Contracts that are watched: of those that were asked for first, at most `limit`. */
    contracts: (limit: number): Hash160[] =>
      (contracts.all(limit) as { contract: Hash160 }[]).map(({ contract }) => contract),

    /** The contract whose events an upkeep waits for; null of other triggers. */
    contractOf: (id: bigint): Hash160 | null =>
      (contractOf.get(id) as Hash160 | null | undefined) ?? null,

    events: (): WatchedEvent[] => events.all() as WatchedEvent[],

    /** The last block that was looked through, or that came before anybody waited for an event. */
    height(): number | null {
      const known = height.get() as bigint | undefined;
      const first = firstSince.get() as bigint | undefined;
      if (first === undefined) return null;
      return Math.max(Number(known ?? 0n), Number(first));
    },

    /**
     * All up to `height` was looked through, and held these. Of each upkeep as many are kept as can
     * still be run.
     */
    note(found: readonly SeenEvent[], height: number): void {
      assertInTransaction(db);
      for (const at of found) {
        add.run(at);
        nextOf.run(at);
        dropOld.run({ contract: at.contract, event: at.event });
      }
      setHeight.run(height);
    },

    /** Blocks with its event that were not run yet, in ascending order. */
    seenBy: (id: bigint): number[] =>
      (seen.all(id) as { block: bigint }[]).map(({ block }) => Number(block)),

    /** Those up to a block are run or skipped. */
    drop(id: bigint, upTo: number): void {
      assertInTransaction(db);
      drop.run(id, upTo);
    },
  };
}
