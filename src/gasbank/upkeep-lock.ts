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
  /** Cancelled; a run of it, whose target did that, may still be charged. */
  readonly isGone: boolean;
  /** Block of its last run, before the first that of its registration. */
  readonly lastRunBlock: number;
}

/** An upkeep's locks around one of its events. */
export interface LockStep {
  /** Before the event; of a registration, after it. */
  readonly upkeep: UpkeepLock;
  readonly after: UpkeepLock;
  /** What the event sets aside for a run, or, of `UpkeepCancelled`, gives back. */
  readonly amount: Datoshi;
}

/**
 * What an event does to an upkeep's locks; `before` is null before its registration alone, and
 * `later` are the same transaction's later events of the same upkeep.
 *
 * Runs are charged after all targets were called. So where a run comes after the cancellation, its
 * target made that: it gave back what had been locked for the run after it, which only the run's
 * own event tells of. Neither is booked then. What was locked by `UpkeepFunded` is given back.
 */
export function followLock(
  before: UpkeepLock | null,
  event: UpkeepEvent,
  later: readonly UpkeepEvent[],
  block: number,
): LockStep | null {
  if (event.name === 'UpkeepRegistered') {
    const { id, owner, maxFee } = event;
    const made = { id, owner, maxFee, locks: 1, isGone: false, lastRunBlock: block };
    return { upkeep: made, after: made, amount: maxFee };
  }
  if (before === null) return null;
  const runs = later.filter((each) => each.name === 'UpkeepPerformed');
  switch (event.name) {
    case 'UpkeepFunded': {
      const after = { ...before, locks: before.locks + 1 };
      return { upkeep: before, after, amount: event.amount };
    }
    case 'UpkeepPerformed': {
      const isGivenBack = before.isGone && runs.length === 0;
      const amount = isGivenBack ? 0n : event.locked;
      const locks = Math.max(before.locks - 1, 0) + (amount > 0n ? 1 : 0);
      return { upkeep: before, after: { ...before, locks, lastRunBlock: block }, amount };
    }
    case 'UpkeepCancelled': {
      const isOfLastRun = (runs.at(-1)?.locked ?? 0n) > 0n;
      const made = runs.filter(({ locked }) => locked > 0n).length;
      const isBooked = !isOfLastRun && before.locks + made - runs.length > 0;
      const after = { ...before, locks: before.locks - (isBooked ? 1 : 0), isGone: true };
      return { upkeep: before, after, amount: isBooked ? before.maxFee : 0n };
    }
  }
}
