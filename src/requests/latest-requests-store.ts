import type { Hash160, Hash256 } from '../base/hash.js';
import type { Database } from '../storage/database.js';
import type { RequestState } from './request-machine.js';

/** How many of a requester's requests are looked at. */
const LOOKED_AT = 8;

/** A request, as whoever made it waits for it. */
export interface MadeRequest {
  readonly id: bigint;
  readonly state: RequestState;
  /** Of its answer; null before. */
  readonly code: number | null;
  readonly createdTx: Hash256;
  /** False where the answer is kept at the gateway; null before it. */
  readonly delivered: boolean | null;
}

/** The latest requests of an account, newest first. */
export function createLatestRequests(db: Database) {
  const latest = db.prepare(`SELECT id, state, code, created_tx, delivered FROM request
    WHERE requester = ? ORDER BY id DESC LIMIT ${LOOKED_AT}`);
  return (requester: Hash160): MadeRequest[] =>
    (latest.all(requester) as Record<string, bigint | string | null>[]).map((row) => ({
      id: row.id as bigint,
      state: row.state as RequestState,
      code: row.code === null ? null : Number(row.code),
      createdTx: row.created_tx as Hash256,
      delivered: row.delivered === null ? null : row.delivered === 1n,
    }));
}
