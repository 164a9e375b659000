import type { Hash160 } from '../base/hash.js';
import type { Database } from '../storage/database.js';

/** States in which requests wait for the node to work on them. */
const WAITING_STATES = ['received', 'resolved', 'overdue'] as const;
export type WaitingState = (typeof WAITING_STATES)[number];

export interface DueRequest {
  readonly id: bigint;
  readonly requester: Hash160;
}

/** What requesters have waiting, one by one: each look reads what it gives, and no backlog. */
export function createTurnQueries(db: Database) {
  const queries = Object.fromEntries(
    WAITING_STATES.map((state) => [state, prepareQueries(db, state)]),
  ) as Record<WaitingState, ReturnType<typeof prepareQueries>>;

  function oldestOf(
    state: WaitingState,
    requester: Hash160,
    nowMs: number,
    limit: number,
  ): readonly DueRequest[] {
    const { fresh, putOff } = queries[state];
    const rows = [
      ...fresh.all(requester, limit),
      ...putOff.all(requester, Math.round(nowMs), limit),
    ] as [bigint][];
    const ids = rows.map(([id]) => id).sort((a, b) => (a < b ? -1 : 1));
    return ids.slice(0, limit).map((id) => ({ id, requester }));
  }

  return {
    /** Who has something waiting and comes next in the order of accounts; '' is before all. */
    nextRequester(state: WaitingState, after: Hash160 | ''): Hash160 | null {
      const row = queries[state].nextAfter.get(after) as [Hash160] | undefined;
      return row?.[0] ?? null;
    },

    /** Whether more than so many of one requester are due: where most are new, none is read. */
    hasMoreThan(state: WaitingState, requester: Hash160, nowMs: number, count: number): boolean {
      if (queries[state].freshBeyond.get(requester, count) !== undefined) return true;
      return oldestOf(state, requester, nowMs, count + 1).length > count;
    },

    /** One requester's oldest that are due, be they new or to be tried again. */
    oldestOf,
  };
}

/** The state is in their text: given as a value, SQLite would plan them anew each time. */
function prepareQueries(db: Database, state: WaitingState) {
  const waiting = `FROM request INDEXED BY request_in_turn WHERE state = '${state}'`;
  const prepare = (query: string) => db.prepare(query).raw();
  return {
    nextAfter: prepare(`SELECT requester ${waiting} AND requester > ? ORDER BY requester LIMIT 1`),
    fresh: prepare(`SELECT id ${waiting} AND requester = ? AND due_ms = 0 ORDER BY id LIMIT ? + 0`),
    freshBeyond: prepare(`SELECT 1 ${waiting} AND requester = ? AND due_ms = 0
      ORDER BY id LIMIT 1 OFFSET ? + 0`),
    putOff: prepare(`SELECT id ${waiting} AND requester = ? AND due_ms > 0 AND due_ms <= ?
      ORDER BY due_ms, id LIMIT ? + 0`),
  };
}
