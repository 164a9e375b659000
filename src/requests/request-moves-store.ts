import type { Datoshi } from '../base/datoshi.js';
import type { Hash256 } from '../base/hash.js';
import type { ResponseCode } from '../base/outcome.js';
import type { Database, Statement } from '../storage/database.js';
import {
  isEnded,
  nextRequestState,
  REQUEST_EVENTS,
  REQUEST_STATES,
  type RequestEvent,
  type RequestKind,
  type RequestState,
} from './request-machine.js';

/** What a step writes beside the state; a key that is absent stays as it is. */
export interface RequestChange {
  readonly reason: string;
  readonly attempts?: number;
  readonly dueMs?: number;
  readonly code?: ResponseCode | null;
  readonly result?: Buffer | null;
  readonly faults?: number;
  readonly lostTx?: Hash256 | null;
  readonly tx?: Hash256 | null;
  readonly delivered?: boolean;
  readonly fee?: Datoshi;
  readonly lost?: Datoshi;
  readonly premium?: Datoshi;
  readonly endedBlock?: number;
  readonly endedTx?: Hash256;
}

/** A request that has moved. */
export interface MovedRequest {
  readonly kind: RequestKind;
  readonly state: RequestState;
}

/** An event of the table of transitions as SQL. */
interface Transition {
  /** The next state. */
  readonly next: string;
  /** The condition that there is one. */
  readonly from: string;
  /** The next state where it is one and the same from all others, else null. */
  readonly only: RequestState | null;
}

/**
 * The table of transitions as SQL, by event. One statement moves a request, instead of two that
 * read it and write it.
 */
const TRANSITIONS = Object.fromEntries(
  REQUEST_EVENTS.map((event) => {
    const pairs = REQUEST_STATES.flatMap((state) => {
      const next = nextRequestState(state, event);
      return next === null ? [] : [{ state, next }];
    });
    const cases = pairs.map(({ state, next }) => `WHEN '${state}' THEN '${next}'`);
    // Not IN: of more than two that it lists SQLite makes a table, each time.
    const from = `(${pairs.map(({ state }) => `state = '${state}'`).join(' OR ')})`;
    const [first = null, ...others] = new Set(pairs.map(({ next }) => next));
    const only = others.length === 0 ? first : null;
    const next = only === null ? `CASE state ${cases.join(' ')} END` : `'${only}'`;
    return [event, { next, from, only }];
  }),
) as Record<RequestEvent, Transition>;

/** Kinds that are remembered, of the requests that were looked at last. */
const MAX_KINDS = 4_096;

/** Moves rows of `request` within the caller's transaction, for the request store. */
export function createRequestMoves(db: Database) {
  const kinds = new Map<bigint, RequestKind>();
  const statements = new Map<string, Statement>();

  function prepared(event: RequestEvent, change: RequestChange, isTold: boolean): Statement {
    const columns = Object.keys(change) as (keyof RequestChange)[];
    const key = `${isTold} ${event} ${columns.join()}`;
    const known = statements.get(key);
    if (known !== undefined) return known;
    const sets = columns.map((column) => `, ${COLUMN_OF[column]} = ?`).join('');
    const { next, from, only } = TRANSITIONS[event];
    // An end is counted when its block is written, known or not.
    const isUntold = only !== null && isEnded(only) && !columns.includes('endedBlock');
    const ends = isUntold ? ', ended_block = NULL' : '';
    const text = `UPDATE request SET state = ${next}${sets}${ends} WHERE id = ? AND ${from}`;
    const statement = db.prepare(isTold ? `${text} RETURNING kind, state` : text);
    statements.set(key, statement);
    return statement;
  }

  return {
    /** A request's kind never changes: whoever has read it spares the move to tell it. */
    noteKind(id: bigint, kind: RequestKind): void {
      kinds.set(id, kind);
      if (kinds.size <= MAX_KINDS) return;
      for (const [oldest] of kinds) return void kinds.delete(oldest);
    },

    /** Null, with nothing changed, when the event cannot happen in the state by now. */
    move(id: bigint, event: RequestEvent, change: RequestChange): MovedRequest | null {
      const values = Object.values(change).map(storable);
      const kind = kinds.get(id);
      const state = TRANSITIONS[event].only;
      // For what a statement tells of its rows SQLite makes a table, each time.
      if (kind === undefined || state === null) {
        const row = prepared(event, change, true).get(...values, id);
        return (row as MovedRequest | undefined) ?? null;
      }
      const { changes } = prepared(event, change, false).run(...values, id);
      return changes === 1 ? { kind, state } : null;
    },
  };
}

const COLUMN_OF: Readonly<Record<keyof RequestChange, string>> = {
  reason: 'reason',
  attempts: 'attempts',
  dueMs: 'due_ms',
  code: 'code',
  result: 'result',
  faults: 'faults',
  lostTx: 'lost_tx',
  tx: 'tx',
  delivered: 'delivered',
  fee: 'fee',
  lost: 'lost',
  premium: 'premium',
  endedBlock: 'ended_block',
  endedTx: 'ended_tx',
};

function storable(value: unknown): unknown {
  if (typeof value === 'boolean') return value ? 1n : 0n;
  return typeof value === 'number' ? BigInt(Math.round(value)) : value;
}
