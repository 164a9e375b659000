import type { Datoshi } from '../base/datoshi.js';
import type { Hash160, Hash256 } from '../base/hash.js';
import type { ResponseCode } from '../base/outcome.js';
import type { RequestKind, RequestState } from './request-machine.js';

export interface RequestRow {
  readonly id: bigint;
  readonly kind: RequestKind;
  readonly requester: Hash160;
  readonly payer: Hash160;
  readonly subject: string;
  readonly filter: string;
  readonly maxFee: Datoshi;
  readonly deadline: number;
  readonly createdBlock: number;
  readonly createdTx: Hash256;
  readonly createdTimeMs: number;
  readonly state: RequestState;
  readonly reason: string;
  /** How often resolving was tried. */
  readonly attempts: number;
  /** Not to be worked on before this time. */
  readonly dueMs: number;
  readonly code: ResponseCode | null;
  readonly result: Buffer | null;
  /** How often an answer's transaction FAULTed in a block. */
  readonly faults: number;
  /** A transaction for this request alone that FAULTed and was not claimed yet. */
  readonly lostTx: Hash256 | null;
  /** The transaction in flight for it. */
  readonly tx: Hash256 | null;
  readonly delivered: boolean | null;
  readonly fee: Datoshi | null;
  readonly lost: Datoshi | null;
  readonly premium: Datoshi | null;
  readonly endedBlock: number | null;
  readonly endedTx: Hash256 | null;
}

/** A row of `request` as SQLite gives it: REQUEST_COLUMNS in their order. */
export type RawRow = readonly (bigint | string | Buffer | null)[];

/** In this order they are read: rows by name take twice the time (measured). */
export const REQUEST_COLUMNS = `id, kind, requester, payer, subject, filter, max_fee, deadline,
  created_block, created_tx, created_time_ms, state, reason, attempts, due_ms, code, result, faults,
  lost_tx, tx, delivered, fee, lost, premium, ended_block, ended_tx`;

const numberOrNull = (value: unknown): number | null => (value === null ? null : Number(value));

/** A row of `request` in its typed shape. */
export function rowFrom(row: RawRow): RequestRow {
  return {
    id: row[0] as bigint,
    kind: row[1] as RequestKind,
    requester: row[2] as Hash160,
    payer: row[3] as Hash160,
    subject: row[4] as string,
    filter: row[5] as string,
    maxFee: row[6] as bigint,
    deadline: Number(row[7]),
    createdBlock: Number(row[8]),
    createdTx: row[9] as Hash256,
    createdTimeMs: Number(row[10]),
    state: row[11] as RequestState,
    reason: row[12] as string,
    attempts: Number(row[13]),
    dueMs: Number(row[14]),
    code: numberOrNull(row[15]) as ResponseCode | null,
    result: row[16] as Buffer | null,
    faults: Number(row[17]),
    lostTx: row[18] as Hash256 | null,
    tx: row[19] as Hash256 | null,
    delivered: row[20] === null ? null : row[20] === 1n,
    fee: row[21] as bigint | null,
    lost: row[22] as bigint | null,
    premium: row[23] as bigint | null,
    endedBlock: numberOrNull(row[24]),
    endedTx: row[25] as Hash256 | null,
  };
}
