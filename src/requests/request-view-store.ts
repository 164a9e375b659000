import type { Hash256 } from '../base/hash.js';
import { createLogReader } from '../evidence/evidence-store.js';
import type { Database } from '../storage/database.js';
import { parseRandomSubject } from './asked-for.js';
import { nextStepOf } from './next-step.js';
import { isEnded, REQUEST_STATES, type RequestState } from './request-machine.js';
import { type RawRow, REQUEST_COLUMNS, type RequestRow, rowFrom } from './request-row.js';
import type {
  RequestExplanation,
  RequestQuery,
  RequestStepView,
  RequestView,
} from './request-view.js';

export const DEFAULT_LIST_LIMIT = 50;
export const MAX_LIST_LIMIT = 1_000;

/** Named one by one they are found by the index on the state: those that ended are many. */
const OPEN_STATES = REQUEST_STATES.filter((state) => !isEnded(state));
const OPEN_LIST = OPEN_STATES.map((state) => `'${state}'`).join(', ');

export type RequestViews = ReturnType<typeof createRequestViews>;

/** Reads requests for people. Works on a database that is opened for reading only. */
export function createRequestViews(db: Database) {
  const byId = db.prepare(`SELECT ${REQUEST_COLUMNS} FROM request WHERE id = ?`).raw();
  const latest = db.prepare('SELECT id FROM request ORDER BY id DESC LIMIT 1');
  const stepsOf = db.prepare('SELECT * FROM request_step WHERE request_id = ? ORDER BY seq');
  const logsOf = createLogReader(db);
  const counts = db.prepare(`SELECT state, COUNT(*) AS count FROM request
    WHERE state IN (${OPEN_LIST}) GROUP BY state
    UNION ALL SELECT state, SUM(count) FROM request_ended GROUP BY state`);
  const openDeadlines = db.prepare(`SELECT id, deadline FROM request
    WHERE state IN (${OPEN_LIST}) ORDER BY deadline, id`);
  const oldest = db.prepare(`SELECT MIN(created_time_ms) AS at FROM request
    WHERE state IN (${OPEN_LIST})`);
  const draws = db.prepare(`SELECT MIN(subject) AS subject, COUNT(*) AS count FROM request
    WHERE kind = 'random' AND state IN (${OPEN_LIST})
    GROUP BY substr(subject, 1, instr(subject, ',')) ORDER BY MIN(id)`);
  const oldestIn = OPEN_STATES.map((state) => {
    const query = `SELECT MIN(created_time_ms) FROM request WHERE state = '${state}'`;
    return [state, db.prepare(query).pluck()] as const;
  });
  const troubles = db
    .prepare(`SELECT ${REQUEST_COLUMNS} FROM request
      WHERE state IN ('stuck', 'overdue') OR (state = 'received' AND attempts > 0)
        OR (state = 'resolved' AND faults > 0) ORDER BY id DESC LIMIT ? + 0`)
    .raw();

  return {
    list(query: RequestQuery): RequestView[] {
      const conditions: string[] = [];
      const values: unknown[] = [];
      const where = (condition: string, value: unknown): void => {
        if (value === undefined) return;
        conditions.push(condition);
        values.push(value);
      };
      // The index on the state would have all that ever ended sorted: those are found by their ids.
      const { state, requester, payer } = query;
      const isOwned = requester !== undefined || payer !== undefined;
      const isRare = state !== undefined && !isEnded(state) && !isOwned;
      where(isRare ? 'state = ?' : '+state = ?', state);
      where('kind = ?', query.kind);
      where('requester = ?', requester);
      where(requester === undefined ? 'payer = ?' : '+payer = ?', payer);
      where('id < ?', query.beforeId);
      where('id >= ?', query.fromId);
      const filter = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
      const limit = Math.min(Math.max(query.limit ?? DEFAULT_LIST_LIMIT, 1), MAX_LIST_LIMIT);
      const rows = db
        .prepare(`SELECT ${REQUEST_COLUMNS} FROM request ${filter} ORDER BY id DESC LIMIT ? + 0`)
        .raw()
        .all(...values, limit);
      return (rows as RawRow[]).map((row) => viewOf(rowFrom(row)));
    },

    /** Id of the newest request; 0 before the first. */
    latestId: (): bigint => (latest.get() as { id: bigint } | undefined)?.id ?? 0n,

    explain(id: bigint): RequestExplanation | null {
      const row = byId.get(id) as RawRow | undefined;
      if (row === undefined) return null;
      const steps = (stepsOf.all(id) as StepRow[]).map(stepOf);
      return { ...viewOf(rowFrom(row)), steps, logs: logsOf(id) };
    },

    countByState(): Partial<Record<RequestState, number>> {
      const rows = counts.all() as { state: RequestState; count: bigint }[];
      return Object.fromEntries(rows.map((row) => [row.state, Number(row.count)]));
    },

    /** Those that have not ended, with the last block in which each can be answered. */
    openDeadlines(): { readonly id: bigint; readonly deadline: number }[] {
      const rows = openDeadlines.all() as { id: bigint; deadline: bigint }[];
      return rows.map(({ id, deadline }) => ({ id, deadline: Number(deadline) }));
    },

    /** How many requests for numbers have not ended, by the key that they were made under. */
    openDraws(): { readonly keyId: bigint; readonly count: number }[] {
      const rows = draws.all() as { subject: string; count: bigint }[];
      return rows.map(({ subject, count }) => {
        return { keyId: parseRandomSubject(subject).keyId, count: Number(count) };
      });
    },

    /** Block time of the oldest request that has not ended, or null. */
    oldestOpenMs(): number | null {
      const { at } = oldest.get() as { at: bigint | null };
      return at === null ? null : Number(at);
    },

    /** Block time of the oldest request in each open state that has any. */
    oldestByState(): Partial<Record<RequestState, number>> {
      const found = oldestIn.map(
        ([state, query]) => [state, query.get() as bigint | null] as const,
      );
      return Object.fromEntries(
        found.flatMap(([state, at]) => (at === null ? [] : [[state, Number(at)]])),
      );
    },

    /** The newest requests that are in trouble, with the reason in each. */
    inTrouble(limit: number): RequestView[] {
      return (troubles.all(limit) as RawRow[]).map((row) => viewOf(rowFrom(row)));
    },
  };
}

function viewOf(row: RequestRow): RequestView {
  return {
    id: row.id,
    kind: row.kind,
    requester: row.requester,
    payer: row.payer,
    state: row.state,
    subject: row.subject,
    filter: row.filter,
    maxFeeDatoshi: row.maxFee,
    createdBlock: row.createdBlock,
    createdTx: row.createdTx,
    createdTimeMs: row.createdTimeMs,
    deadlineBlock: row.deadline,
    attempts: row.attempts,
    code: row.code,
    resultBytes: row.result === null ? null : row.result.length,
    delivered: row.delivered,
    feeDatoshi: row.fee,
    lostDatoshi: row.lost,
    premiumDatoshi: row.premium,
    endedBlock: row.endedBlock,
    endedTx: row.endedTx,
    reason: row.reason,
    next: nextStepOf(row),
  };
}

type StepRow = Readonly<Record<string, bigint | string | null>>;

function stepOf(row: StepRow): RequestStepView {
  return {
    atMs: Number(row.at_ms),
    block: row.block === null ? null : Number(row.block),
    tx: row.tx as Hash256 | null,
    what: row.what as string,
    why: row.why as string | null,
    feeDatoshi: row.fee as bigint | null,
  };
}
