import type { Datoshi } from '../base/datoshi.js';
import type { Hash160 } from '../base/hash.js';
import { type GatewayEvent, isUpkeepEvent } from '../chain/gateway-events.js';
import { assertInTransaction, type Database } from '../storage/database.js';
import { followLock, type LockStep, type UpkeepLock } from './upkeep-lock.js';

export type UpkeepLockStore = ReturnType<typeof createUpkeepLockStore>;

/**
 * The one writer of `upkeep_lock`: events of upkeeps name neither what is locked nor, some, whose
 * credit it is of. An upkeep that is gone stays on record: its last run may be charged after that.
 */
export function createUpkeepLockStore(db: Database) {
  const select = db.prepare('SELECT * FROM upkeep_lock WHERE id = ?');
  const write = db.prepare(`INSERT INTO upkeep_lock
    (id, owner, max_fee, locks, is_gone, last_run_block) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET locks = excluded.locks, is_gone = excluded.is_gone,
      last_run_block = excluded.last_run_block`);

  function find(id: bigint): UpkeepLock | null {
    const row = select.get(id) as Record<string, bigint | string> | undefined;
    return row === undefined ? null : lockFrom(row);
  }

  return {
    find,

    /**
     * Follows the events of one transaction, all of them. For each place, what the event does to
     * its upkeep's locks; null where it is about none, or one that is not known.
     */
    follow(events: readonly GatewayEvent[], block: number): (LockStep | null)[] {
      return events.map((event, place) => {
        if (!isUpkeepEvent(event)) return null;
        assertInTransaction(db);
        const later = events.slice(place + 1).filter(isUpkeepEvent);
        const ofSame = later.filter(({ id }) => id === event.id);
        const step = followLock(find(event.id), event, ofSame, block);
        if (step === null) return null;
        const { id, owner, maxFee, locks, isGone, lastRunBlock } = step.after;
        write.run(id, owner, maxFee, BigInt(locks), isGone ? 1n : 0n, BigInt(lastRunBlock));
        return step;
      });
    },
  };
}

const lockFrom = (row: Record<string, bigint | string>): UpkeepLock => ({
  id: row.id as bigint,
  owner: row.owner as Hash160,
  maxFee: row.max_fee as Datoshi,
  locks: Number(row.locks),
  isGone: row.is_gone === 1n,
  lastRunBlock: Number(row.last_run_block),
});
