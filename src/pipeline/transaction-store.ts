import type { Datoshi } from '../base/datoshi.js';
import type { Hash160, Hash256 } from '../base/hash.js';
import { assertInTransaction, type Database } from '../storage/database.js';

/**
 * Answers, price rounds, runs of upkeeps, refunds, a collection of earnings, a change of the node's
 * keys; `order`: what the operator had sent by hand, such as a deposit.
 */
export type TransactionPurpose =
  | 'respond'
  | 'price'
  | 'upkeep'
  | 'expire'
  | 'collect'
  | 'key'
  | 'order';
/** `signed`: persisted, perhaps broadcast, and not known to be in a block or dead. */
export type SentState = 'signed' | 'halted' | 'faulted' | 'dead';

/** A transaction that the node signed. It is persisted before anybody else sees it. */
export interface SentTransaction {
  readonly hash: Hash256;
  readonly purpose: TransactionPurpose;
  readonly state: SentState;
  readonly account: Hash160;
  readonly raw: Buffer;
  readonly systemFee: Datoshi;
  readonly networkFee: Datoshi;
  readonly validUntilBlock: number;
  readonly signedMs: number;
  readonly block: number | null;
  readonly exception: string | null;
}

/** The nonce of a raw transaction: after the version, the first byte. */
export const nonceIn = (raw: Buffer): number => raw.readUInt32LE(1);

export type TransactionStore = ReturnType<typeof createTransactionStore>;

/** The one writer of `sent_transaction`. */
export function createTransactionStore(db: Database) {
  const insert = db.prepare(`INSERT INTO sent_transaction (hash, purpose, state, account, raw,
    system_fee, network_fee, valid_until_block, signed_ms)
    VALUES (?, ?, 'signed', ?, ?, ?, ?, ?, ?) ON CONFLICT (hash) DO NOTHING`);
  const byHash = db.prepare('SELECT * FROM sent_transaction WHERE hash = ?');
  const inFlight = db.prepare(
    "SELECT * FROM sent_transaction WHERE state = 'signed' ORDER BY rowid",
  );
  const waiting = db.prepare(
    "SELECT COUNT(*) AS count FROM sent_transaction WHERE state = 'signed' AND purpose = ?",
  );
  const end = db.prepare(`UPDATE sent_transaction SET state = ?, block = ?, exception = ?
    WHERE hash = ? AND state = 'signed'`);

  return {
    get(hash: Hash256): SentTransaction | null {
      const row = byHash.get(hash) as RawRow | undefined;
      return row === undefined ? null : sentFrom(row);
    },

    /** False, with nothing changed, where this very transaction was sent before. */
    add(tx: Omit<SentTransaction, 'state' | 'block' | 'exception'>): boolean {
      assertInTransaction(db);
      const { changes } = insert.run(
        tx.hash,
        tx.purpose,
        tx.account,
        tx.raw,
        tx.systemFee,
        tx.networkFee,
        tx.validUntilBlock,
        Math.round(tx.signedMs),
      );
      return changes === 1;
    },

    inFlight: (): SentTransaction[] => (inFlight.all() as RawRow[]).map(sentFrom),

    /** True while one for this purpose waits for its block. */
    isInFlight: (purpose: TransactionPurpose): boolean =>
      (waiting.get(purpose) as { count: bigint }).count > 0n,

    /** Ends a transaction once; false when it had ended before. */
    end(
      hash: Hash256,
      state: Exclude<SentState, 'signed'>,
      block: number | null,
      exception: string | null,
    ): boolean {
      assertInTransaction(db);
      return end.run(state, block, exception, hash).changes === 1;
    },
  };
}

type RawRow = Record<string, bigint | string | Buffer | null>;

function sentFrom(row: RawRow): SentTransaction {
  return {
    hash: row.hash as Hash256,
    purpose: row.purpose as TransactionPurpose,
    state: row.state as SentState,
    account: row.account as Hash160,
    raw: row.raw as Buffer,
    systemFee: row.system_fee as bigint,
    networkFee: row.network_fee as bigint,
    validUntilBlock: Number(row.valid_until_block),
    signedMs: Number(row.signed_ms),
    block: row.block === null ? null : Number(row.block),
    exception: row.exception as string | null,
  };
}
