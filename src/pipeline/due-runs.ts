import { type ChainMoment, dueRun } from '../automation/occurrences.js';
import { triggerOf } from '../automation/upkeep-events.js';
import type { UpkeepRow, UpkeepStore } from '../automation/upkeep-store.js';
import type { WatchStore } from '../automation/watch-store.js';
import type { Clock } from '../base/clock.js';
import type { Datoshi } from '../base/datoshi.js';
import { type Database, inRepeatableTransaction } from '../storage/database.js';
import type { Log } from '../telemetry/log.js';
import type { ReadyRun } from './plan-runs.js';
import type { UpkeepPort } from './upkeep-port.js';

export interface ConditionLimits {
  /** Of one condition, each time it is asked. */
  readonly maxGas: Datoshi;
  /** Asked with each block; with more of them it takes several blocks until all were. */
  readonly perBlock: number;
}

export interface DueRunsParts {
  readonly db: Database;
  readonly upkeeps: UpkeepStore;
  readonly watches: WatchStore;
  readonly clock: Clock;
  readonly log: Log;
  readonly upkeepChain: UpkeepPort;
  readonly conditionLimits: ConditionLimits;
}

export interface FoundRun {
  readonly row: UpkeepRow;
  readonly run: ReadyRun;
}

/** Finds what is to be run now: claims, occurrences of time and events, and conditions. */
export function createDueRuns(parts: DueRunsParts) {
  const { db, upkeeps, watches, clock, conditionLimits } = parts;
  let lastAsked = 0n;
  let askedWith = { block: -1, count: 0 };

  /** Conditions are asked in turn: all of them each block, or as many as may be. */
  function nextConditions({ block }: ChainMoment, busy: ReadonlySet<bigint>): UpkeepRow[] {
    if (askedWith.block !== block) askedWith = { block, count: 0 };
    const perBlock = conditionLimits.perBlock - askedWith.count;
    if (perBlock <= 0) return [];
    const nowMs = clock.nowMs();
    const first = upkeeps.conditions(lastAsked, nowMs, perBlock);
    const again = first.length < perBlock && lastAsked > 0n;
    const rest = again ? upkeeps.conditions(0n, nowMs, perBlock - first.length) : [];
    const asked = new Map([...first, ...rest].map((row) => [row.id, row]));
    askedWith.count += asked.size;
    lastAsked = [...asked.keys()].at(-1) ?? 0n;
    return [...asked.values()].filter(({ id }) => !busy.has(id));
  }

  async function metConditions(now: ChainMoment, busy: ReadonlySet<bigint>): Promise<FoundRun[]> {
    const rows = nextConditions(now, busy);
    if (rows.length === 0) return [];
    const conditions = rows.map((row) => {
      const trigger = triggerOf(row);
      return { target: row.target, method: trigger?.kind === 'when' ? trigger.method : '' };
    });
    const answers = await parts.upkeepChain.conditions(conditions, conditionLimits.maxGas);
    const found: FoundRun[] = [];
    rows.forEach((row, at) => {
      const answer = answers[at];
      if (answer?.kind === 'failed') noteFailed(row, answer.reason);
      const isMet = answer?.kind === 'said' && answer.isMet;
      // The chain may have moved on while they were asked.
      const isNews = now.block > (row.lastDue ?? row.registered.block);
      if (isMet && isNews) found.push({ row, run: runOf(row, now.block) });
    });
    return found;
  }

  function noteFailed(row: UpkeepRow, failure: string): void {
    const reason = `its condition fails, and so counts as false: ${failure}`;
    if (row.reason === reason) return;
    inRepeatableTransaction(db, () => {
      if (upkeeps.get(row.id)?.state === 'waiting') upkeeps.note(row.id, { reason });
    });
  }

  function occurrenceOf(row: UpkeepRow, now: ChainMoment): FoundRun[] {
    const trigger = triggerOf(row);
    if (trigger === null) return [];
    const seen = trigger.kind === 'on' ? watches.seenBy(row.id) : [];
    const { registered, lastDue } = row;
    const due = dueRun(trigger, { registered, lastDue }, now, seen);
    return due === null ? [] : [{ row, run: runOf(row, due.due) }];
  }

  return {
    /**
     * At most `limit` runs, those that wait longest first, and conditions in turn with them; none
     * of those that are `busy`.
     */
    async find(now: ChainMoment, limit: number, busy: ReadonlySet<bigint>): Promise<FoundRun[]> {
      const met = await metConditions(now, busy);
      const nowMs = clock.nowMs();
      const lost = upkeeps.withLosses(nowMs, limit);
      const claims = lost.map((row) => ({ row, run: claimOf(row) }));
      const due = upkeeps.due(now, nowMs, limit + busy.size);
      const occurrences = due.flatMap((row) => occurrenceOf(row, now));
      const found = new Map<bigint, FoundRun>();
      for (const each of [...claims, ...inTurn(occurrences, met)]) {
        const { id } = each.row;
        if (!busy.has(id) && !found.has(id)) found.set(id, each);
      }
      return [...found.values()].slice(0, limit);
    },
  };
}

/** One of each, and then what is left of the longer: neither keeps the other from its turn. */
function inTurn<T>(first: readonly T[], second: readonly T[]): T[] {
  const most = Math.max(first.length, second.length);
  return Array.from({ length: most }, (_, at) => [
    ...first.slice(at, at + 1),
    ...second.slice(at, at + 1),
  ]).flat();
}

const runOf = ({ id, owner, maxFee }: UpkeepRow, due: number): ReadyRun => ({
  upkeepId: id,
  owner,
  maxFee,
  due,
  deliver: true,
  lostTx: null,
});

/** What brought a transaction down is not called again for the same occurrence. */
function claimOf(row: UpkeepRow): ReadyRun {
  const { lostTx, lostDue } = row;
  if (lostTx === null || lostDue === null) {
    throw new Error(`bug: upkeep ${row.id} has nothing to claim`);
  }
  return { ...runOf(row, lostDue), deliver: false, lostTx };
}
