import type { Datoshi } from '../base/datoshi.js';
import type { Hash160 } from '../base/hash.js';
import type { UpkeepEvent } from '../chain/gateway-events.js';

/** What of an owner's credit is locked for the runs of one upkeep. */
export interface UpkeepLock {
  readonly id: bigint;
  readonly owner: Hash160;
  /** What each of its locks holds. */
  readonly maxFee: Datoshi;
  /** One for the next run; more while runs of one transaction are still to be charged. */
  readonly locks: number;
  /** Cancelled, with a lock that may still be charged. */
  readonly isEnding: boolean;
  /** Block of its last run, before the first that of its registration. */
  readonly lastRunBlock: number;
}

/**
 * What the end of an upkeep gives back: the lock of one that had been cancelled before and was not
 * charged since. One that is gone at once has no lock, or one that belongs to a run whose charge is
 * still to come: its target cancelled it.
 */
export const refundOf = ({ maxFee, locks, isEnding }: UpkeepLock): Datoshi =>
  isEnding && locks > 0 ? maxFee : 0n;

/** An upkeep's locks after one of its events; `before` is null before its registration alone. */
export function lockAfter(
  before: UpkeepLock | null,
  event: UpkeepEvent,
  block: number,
): UpkeepLock | null {
  if (event.name === 'UpkeepRegistered') {
    const { id, owner, maxFee } = event;
    return { id, owner, maxFee, locks: 1, isEnding: false, lastRunBlock: block };
  }
  if (before === null) return null;
  switch (event.name) {
    case 'UpkeepFunded':
      return { ...before, locks: before.locks + 1 };
    case 'UpkeepEnding':
      return { ...before, isEnding: true };
    case 'UpkeepPerformed': {
      const next = event.locked > 0n ? 1 : 0;
      return { ...before, locks: Math.max(before.locks - 1, 0) + next, lastRunBlock: block };
    }
    case 'UpkeepCancelled': {
      const given = refundOf(before) > 0n ? 1 : 0;
      return { ...before, locks: before.locks - given, isEnding: false };
    }
  }
}
