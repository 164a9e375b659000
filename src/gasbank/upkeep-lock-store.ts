import type { Datoshi } from '../base/datoshi.js';
import type { Hash160 } from '../base/hash.js';
import { type GatewayEvent, isUpkeepEvent } from '../chain/gateway-events.js';
import { assertInTransaction, type Database } from '../storage/database.js';
import { lockAfter, type UpkeepLock } from './upkeep-lock.js';

export type UpkeepLockStore = ReturnType<typeof createUpkeepLockStore>;

/**
 * The one writer of `upkeep_lock`: events of upkeeps name neither what is locked nor, some, whose
 * credit it is of. An upkeep that is gone stays on record: its last run may be charged after that.
 */
export function createUpkeepLockStore(db: Database) {
  const select = db.prepare('SELECT * FROM upkeep_lock WHERE id = ?');
  const write = db.prepare(`INSERT INTO upkeep_lock
    (id, owner, max_fee, locks, is_ending, last_run_block) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET locks = excluded.locks, is_ending = excluded.is_ending,
      last_run_block = excluded.last_run_block`);

  function find(id: bigint): UpkeepLock | null {
    const row = select.get(id) as Record<string, bigint | string> | undefined;
    return row === undefined ? null : lockFrom(row);
  }

  return {
    find,

    /**
     * Follows the events of one transaction. For each place, the upkeep as it was before the event
     * (of a registration: as it is after); null where it is about none, or one that is not known.
     */
    follow(events: readonly GatewayEvent[], block: number): (UpkeepLock | null)[] {
      return events.map((event) => {
        if (!isUpkeepEvent(event)) return null;
        assertInTransaction(db);
        const before = find(event.id);
        const after = lockAfter(before, event, block);
        if (after === null) return null;
        const { id, owner, maxFee, locks, isEnding, lastRunBlock } = after;
        const ending = isEnding ? 1n : 0n;
        write.run(id, owner, maxFee, BigInt(locks), ending, BigInt(lastRunBlock));
        return before ?? after;
      });
    },
  };
}

const lockFrom = (row: Record<string, bigint | string>): UpkeepLock => ({
  id: row.id as bigint,
  owner: row.owner as Hash160,
  maxFee: row.max_fee as Datoshi,
  locks: Number(row.locks),
  isEnding: row.is_ending === 1n,
  lastRunBlock: Number(row.last_run_block),
});
