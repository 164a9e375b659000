import type { Datoshi } from '../base/datoshi.js';
import type { Hash160, Hash256 } from '../base/hash.js';
import { assertInTransaction, type Database } from '../storage/database.js';

/** A transaction of an own account that FAULTed in a block. */
export interface OwnFault {
  readonly tx: Hash256;
  readonly account: Hash160;
  readonly nonce: number;
  readonly block: number;
  /** What it burnt. */
  readonly fees: Datoshi;
  /** The request whose answer charged for it; null while nobody's did. */
  readonly claimedBy: bigint | null;
}

export type FaultStore = ReturnType<typeof createFaultStore>;

/** The nonce by which the gateway knows the FAULT of a request's own transaction. */
const nonceFor = (requestId: bigint): bigint => BigInt.asUintN(32, requestId);

/** The one writer of `own_fault`. */
export function createFaultStore(db: Database) {
  const insert = db.prepare(`INSERT INTO own_fault (tx, account, nonce, block, fees)
    VALUES (?, ?, ?, ?, ?) ON CONFLICT (tx) DO NOTHING`);
  const claimable = db.prepare(`SELECT * FROM own_fault
    WHERE account = @account AND nonce = @nonce AND fees >= @lost AND block > @afterBlock
      AND (claimed_by IS NULL OR claimed_by = @requestId)
    ORDER BY claimed_by IS NULL, tx = @known DESC, fees = @lost DESC, block DESC, tx LIMIT 1`);
  const claim = db.prepare(
    'UPDATE own_fault SET claimed_by = ? WHERE tx = ? AND claimed_by IS NULL',
  );

  return {
    add(fault: Omit<OwnFault, 'claimedBy'>): void {
      assertInTransaction(db);
      const { tx, account, nonce, block, fees } = fault;
      insert.run(tx, account, BigInt(nonce), BigInt(block), fees);
    },

    /**
     * The transaction that an answer by `account` charged `lost` for: the gateway lets it name one
     * of that account with the request's nonce, once; for an upkeep, whose runs share one, only of
     * after its last run, in `afterBlock`. Where several fit, the one that the node itself named
     * (`known`), else the latest. Null where none is on the books.
     */
    chargedBy(
      requestId: bigint,
      account: Hash160,
      lost: Datoshi,
      known: Hash256 | null,
      afterBlock: number,
    ): OwnFault | null {
      const nonce = nonceFor(requestId);
      const given = { account, nonce, lost, requestId, known, afterBlock };
      const row = claimable.get(given) as Record<string, bigint | string | null> | undefined;
      return row === undefined ? null : faultFrom(row);
    },

    /** Nobody else can charge for it from now on. */
    claim(tx: Hash256, requestId: bigint): void {
      assertInTransaction(db);
      claim.run(requestId, tx);
    },
  };
}

const faultFrom = (row: Record<string, bigint | string | null>): OwnFault => ({
  tx: row.tx as Hash256,
  account: row.account as Hash160,
  nonce: Number(row.nonce),
  block: Number(row.block),
  fees: row.fees as bigint,
  claimedBy: row.claimed_by as bigint | null,
});
