import { latestCron, nextCron } from './cron-schedule.js';
import type { Trigger } from './trigger.js';

/** A moment of the chain: occurrences are measured by it alone, whatever the node's clock says. */
export interface ChainMoment {
  /** Index of the latest block. */
  readonly block: number;
  /** That block's time in milliseconds since 1970. */
  readonly timeMs: number;
}

/** What the occurrences of an upkeep are counted from. */
export interface UpkeepPast {
  /** The block that it was registered in. */
  readonly registered: ChainMoment;
  /** `due` of its last run that the chain settled; null before the first. */
  readonly lastDue: number | null;
}

/** An occurrence to run now. */
export interface DueRun {
  /** Milliseconds for cron, a block's index for all others. */
  readonly due: number;
  /** Occurrences that came due after it, and wait for their turn. */
  readonly waiting: number;
}

/**
 * First occurrence after the last run, due yet or not: from then on `dueRun` has something.
 * Of conditions and events nothing can be known beforehand: null.
 */
export function nextOccurrence(trigger: Trigger, past: UpkeepPast): number | null {
  switch (trigger.kind) {
    case 'cron':
      return nextCron(trigger.schedule, lastOf(trigger, past));
    case 'every': {
      const { block } = past.registered;
      const periods = Math.floor((lastOf(trigger, past) - block) / trigger.blocks) + 1;
      return block + Math.max(periods, 1) * trigger.blocks;
    }
    case 'when':
    case 'on':
      return null;
  }
}

/**
 * The occurrence to run now; null where none is due. Missed ones are skipped to the latest, but for
 * as many of the last as `catchup` says, which run before it, oldest first. `seen` are the
 * occurrences of a condition or an event, as blocks in ascending order. What it says depends on
 * trigger, last run and chain time only: no stop of the node changes it.
 */
export function dueRun(
  trigger: Trigger,
  past: UpkeepPast,
  now: ChainMoment,
  seen: readonly number[] = [],
): DueRun | null {
  const most = (trigger.catchup ?? 0) + 1;
  const latest = latestOccurrences(trigger, past, now, seen, most);
  const due = latest[0];
  return due === undefined ? null : { due, waiting: latest.length - 1 };
}

/** The last `most` occurrences that are due and not run, in ascending order. */
function latestOccurrences(
  trigger: Trigger,
  past: UpkeepPast,
  now: ChainMoment,
  seen: readonly number[],
  most: number,
): readonly number[] {
  const after = lastOf(trigger, past);
  const found: number[] = [];
  switch (trigger.kind) {
    case 'cron': {
      let at = latestCron(trigger.schedule, now.timeMs);
      while (at !== null && at > after && found.length < most) {
        found.unshift(at);
        at = latestCron(trigger.schedule, at - 1);
      }
      return found;
    }
    case 'every': {
      const { block } = past.registered;
      const periods = Math.floor((now.block - block) / trigger.blocks);
      for (let period = periods; period >= 1 && found.length < most; period--) {
        const at = block + period * trigger.blocks;
        if (at <= after) break;
        found.unshift(at);
      }
      return found;
    }
    case 'when':
    case 'on':
      return seen.filter((at) => at > after && at <= now.block).slice(-most);
  }
}

/** Occurrences up to this are run, or belong to the time before the upkeep. */
function lastOf({ kind }: Trigger, { registered, lastDue }: UpkeepPast): number {
  const begun = kind === 'cron' ? registered.timeMs : registered.block;
  return Math.max(begun, lastDue ?? begun);
}

/** The next occurrences as they would be with a run for each; empty for conditions and events. */
export function upcoming(trigger: Trigger, past: UpkeepPast, count: number): number[] {
  const found: number[] = [];
  let at = nextOccurrence(trigger, past);
  while (at !== null && found.length < count) {
    found.push(at);
    at = nextOccurrence(trigger, { ...past, lastDue: at });
  }
  return found;
}
