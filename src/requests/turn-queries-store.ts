import type { Hash160 } from '../base/hash.js';
import type { Database } from '../storage/database.js';

/** States in which requests wait for the node to work on them. */
export type WaitingState = 'received' | 'resolved' | 'overdue';

export interface DueRequest {
  readonly id: bigint;
  readonly requester: Hash160;
}

/** With the condition of the index as it stands there. */
const WAITING = `FROM request INDEXED BY request_in_turn
  WHERE (state = 'received' OR state = 'resolved' OR state = 'overdue') AND state = ?`;

/** What requesters have waiting, one by one: each look reads what it gives, and no backlog. */
export function createTurnQueries(db: Database) {
  const nextAfter = db
    .prepare(`SELECT requester ${WAITING} AND requester > ? ORDER BY requester LIMIT 1`)
    .raw();
  const fresh = db
    .prepare(`SELECT id ${WAITING} AND requester = ? AND due_ms = 0 ORDER BY id LIMIT ? + 0`)
    .raw();
  const putOff = db
    .prepare(`SELECT id ${WAITING} AND requester = ? AND due_ms > 0 AND due_ms <= ?
      ORDER BY due_ms, id LIMIT ? + 0`)
    .raw();

  return {
    /** Who has something waiting and comes next in the order of accounts; '' is before all. */
    nextRequester(state: WaitingState, after: Hash160 | ''): Hash160 | null {
      const row = nextAfter.get(state, after) as [Hash160] | undefined;
      return row?.[0] ?? null;
    },

    /** One requester's oldest that are due, be they new or to be tried again. */
    oldestOf(
      state: WaitingState,
      requester: Hash160,
      nowMs: number,
      limit: number,
    ): readonly DueRequest[] {
      const rows = [
        ...fresh.all(state, requester, limit),
        ...putOff.all(state, requester, Math.round(nowMs), limit),
      ] as [bigint][];
      const ids = rows.map(([id]) => id).sort((a, b) => (a < b ? -1 : 1));
      return ids.slice(0, limit).map((id) => ({ id, requester }));
    },
  };
}
