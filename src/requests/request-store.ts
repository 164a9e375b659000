import type { Datoshi } from '../base/datoshi.js';
import type { Hash160, Hash256 } from '../base/hash.js';
import { assertInTransaction, type Database, type Statement } from '../storage/database.js';
import type { RequestEvent, RequestKind, RequestState } from './request-machine.js';
import { createRequestMoves, type RequestChange } from './request-moves-store.js';
import { type RawRow, REQUEST_COLUMNS, type RequestRow, rowFrom } from './request-row.js';
import { createTurnQueries, type DueRequest } from './turn-queries-store.js';

export type { RequestChange } from './request-moves-store.js';
export type { RequestRow } from './request-row.js';

/** A request as its event told it. */
export interface NewRequest {
  readonly id: bigint;
  readonly kind: RequestKind;
  readonly requester: Hash160;
  readonly payer: Hash160;
  /** The url (`oracle`), the spec (`http`), or what `askedFor` makes of the others. */
  readonly subject: string;
  /** Of a `function` its args. */
  readonly filter: string;
  readonly maxFee: Datoshi;
  readonly deadline: number;
  readonly block: number;
  readonly blockTimeMs: number;
  readonly tx: Hash256;
}

export type RequestBrief = Pick<RequestRow, 'state' | 'kind' | 'maxFee' | 'createdTimeMs'>;

/** A line of a request's history, written with the change that it tells of. */
export interface RequestStep {
  readonly atMs: number;
  readonly block?: number;
  readonly tx?: Hash256;
  readonly what: string;
  readonly why?: string;
  readonly fee?: Datoshi;
}

/** How many lines one request's history keeps; later repetitions replace the last line. */
export const MAX_STEPS = 200;

export type RequestStore = ReturnType<typeof createRequestStore>;

/** Told of where a request stands from now on, within the transaction: it may yet be undone. */
export type OnRequestMoved = (id: bigint, kind: RequestKind, state: RequestState) => void;

/** The one writer of `request` and `request_step`. Writing happens inside a step's transaction. */
export function createRequestStore(
  db: Database,
  onMoved: OnRequestMoved = () => {},
  longestWaitMs: LongestWait = () => LONGEST_WAIT_MS,
) {
  const prepared = createStatements((sql) => db.prepare(sql));
  const byId = db.prepare(`SELECT ${REQUEST_COLUMNS} FROM request WHERE id = ?`).raw();
  const insert = db.prepare(`INSERT INTO request (id, kind, requester, payer, subject, filter,
    max_fee, deadline, created_block, created_tx, created_time_ms, state, reason)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'received', ?)`);
  const briefById = db
    .prepare('SELECT state, kind, max_fee, created_time_ms FROM request WHERE id = ?')
    .raw();
  // Not by REPLACE, which keeps a journal of what the statement changes.
  const insertStep = db.prepare(`INSERT INTO request_step
    (request_id, seq, at_ms, block, tx, what, why, fee) VALUES (?,
    (SELECT MIN(COALESCE(MAX(seq), 0) + 1, ${MAX_STEPS}) FROM request_step WHERE request_id = ?),
    ?, ?, ?, ?, ?, ?) ON CONFLICT (request_id, seq) DO UPDATE SET at_ms = excluded.at_ms,
    block = excluded.block, tx = excluded.tx, what = excluded.what, why = excluded.why,
    fee = excluded.fee`);
  const moves = createRequestMoves(db);

  function addStep(id: bigint, step: RequestStep): void {
    insertStep.run(
      id,
      id,
      Math.round(step.atMs),
      step.block ?? null,
      step.tx ?? null,
      step.what,
      step.why ?? null,
      step.fee ?? null,
    );
  }

  function get(id: bigint): RequestRow | null {
    const raw = byId.get(id) as RawRow | undefined;
    if (raw === undefined) return null;
    const row = rowFrom(raw);
    moves.noteKind(id, row.kind);
    return row;
  }

  function brief(id: bigint): RequestBrief | null {
    const row = briefById.get(id) as RawRow | undefined;
    if (row === undefined) return null;
    const [state, kind, maxFee, createdMs] = row as [RequestState, RequestKind, Datoshi, bigint];
    moves.noteKind(id, kind);
    return { state, kind, maxFee, createdTimeMs: Number(createdMs) };
  }

  return {
    get,
    /** What most steps need to know, without the reading of a whole row. */
    brief,

    add(request: NewRequest, reason: string, step: RequestStep): void {
      assertInTransaction(db);
      insert.run(
        request.id,
        request.kind,
        request.requester,
        request.payer,
        request.subject,
        request.filter,
        request.maxFee,
        request.deadline,
        request.block,
        request.tx,
        request.blockTimeMs,
        reason,
      );
      addStep(request.id, step);
      moves.noteKind(request.id, request.kind);
      onMoved(request.id, request.kind, 'received');
    },

    /**
     * Moves a request by an event and writes what came with it. Returns false, and changes nothing,
     * when the event cannot happen in the state in which the request stands by now.
     */
    move(id: bigint, event: RequestEvent, change: RequestChange, step: RequestStep): boolean {
      assertInTransaction(db);
      const moved = moves.move(id, event, change);
      if (moved === null) return false;
      addStep(id, step);
      onMoved(id, moved.kind, moved.state);
      return true;
    },

    /** Changes why a request waits, and until when, without moving it. */
    hold(id: bigint, reason: string, dueMs: number, step: RequestStep | null): void {
      assertInTransaction(db);
      prepared('UPDATE request SET reason = ?, due_ms = ? WHERE id = ?').run(
        reason,
        Math.round(dueMs),
        id,
      );
      if (step !== null) addStep(id, step);
    },

    /** Adds to a request's history without changing it. */
    note(id: bigint, step: RequestStep): void {
      assertInTransaction(db);
      addStep(id, step);
    },

    ...createQueue(db, longestWaitMs),
    ...createTurnQueries(db),
  };
}

/** Statements by their text: those of a changing shape are prepared once each. */
function createStatements(prepare: (sql: string) => Statement): (sql: string) => Statement {
  const statements = new Map<string, Statement>();
  return (sql) => {
    const known = statements.get(sql) ?? prepare(sql);
    statements.set(sql, known);
    return known;
  };
}

/**
 * For how long anything is put off at the most, while so many wait in its state. What is said to be
 * put off for longer was put off by a clock that was ahead, and has since been set back.
 */
export type LongestWait = (waiting: number) => number;
/** Longer than any configuration has it. */
export const LONGEST_WAIT_MS = 7_200_000;
/** Where nothing was put off so wrongly, it is looked for again after this time. */
const LOOK_AGAIN_MS = 1_000;

/**
 * What is to be done, and in which order. States are in the text of a statement: given as a value,
 * SQLite would plan it anew each time, since an index holds certain states.
 */
function createQueue(db: Database, longestWaitMs: LongestWait) {
  const prepared = createStatements((sql) => db.prepare(sql).raw());
  /** By state, when it was last seen that a wrong clock put nothing off. */
  const lookedMs = new Map<RequestState, number>();

  const count = (state: RequestState): number => {
    const row = prepared(`SELECT COUNT(*) AS count FROM request WHERE state = '${state}'`).get();
    return Number((row as [bigint])[0]);
  };

  /** Two ranges of an index: what is due by now, and then what a wrong clock put off. */
  function dueRows(state: RequestState, nowMs: number, limit: number): RawRow[] {
    const now = Math.round(nowMs);
    const read = (range: string, bound: number, most: number) =>
      prepared(`SELECT id, requester FROM request WHERE state = '${state}' AND due_ms ${range} ?
        ORDER BY due_ms, id LIMIT ? + 0`).all(bound, most) as RawRow[];
    const rows = read('<=', now, limit);
    const sinceMs = Math.abs(now - (lookedMs.get(state) ?? Number.NEGATIVE_INFINITY));
    if (rows.length === limit || sinceMs < LOOK_AGAIN_MS) return rows;
    const putOff = read('>', now + longestWaitMs(count(state)), limit - rows.length);
    if (putOff.length === 0) lookedMs.set(state, now);
    return [...rows, ...putOff];
  }

  return {
    /** Whether more than so many are due: none of them is read. */
    areMoreDueThan(state: RequestState, nowMs: number, count: number): boolean {
      const text = `SELECT 1 FROM request WHERE state = '${state}' AND due_ms <= ?
        ORDER BY due_ms, id LIMIT 1 OFFSET ? + 0`;
      return prepared(text).get(Math.round(nowMs), count) !== undefined;
    },

    /** In the order in which they fell due, those that are. */
    dueIds(state: RequestState, nowMs: number, limit: number): DueRequest[] {
      const rows = dueRows(state, nowMs, limit);
      return rows.map(([id, requester]) => ({ id, requester }) as DueRequest);
    },

    /** Why the answer that was found last is what it is; null when none was. */
    foundBecause(id: bigint): string | null {
      const row = prepared(`SELECT why FROM request_step
        WHERE request_id = ? AND what = 'resolved' ORDER BY seq DESC LIMIT 1`).get(id);
      return (row as [string] | undefined)?.[0] ?? null;
    },

    count,

    byTransaction(tx: Hash256): RequestRow[] {
      const text = `SELECT ${REQUEST_COLUMNS} FROM request WHERE tx = ? ORDER BY id`;
      return (prepared(text).all(tx) as RawRow[]).map(rowFrom);
    },

    /** Those that no block from `height + 1` on can answer any more, and that are not in flight. */
    pastDeadline(height: number): bigint[] {
      // Left to itself SQLite reads all that is open, with each block.
      const rows = prepared(`SELECT id FROM request INDEXED BY request_open_by_deadline
        WHERE (state = 'received' OR state = 'resolved' OR state = 'stuck') AND deadline <= ?
        ORDER BY id`).all(height);
      return (rows as [bigint][]).map(([id]) => id);
    },
  };
}
