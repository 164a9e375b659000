import type { Datoshi } from '../base/datoshi.js';
import type { Hash256 } from '../base/hash.js';
import { messageOf, NodeError } from '../base/node-error.js';
import { assertInTransaction, type Database } from '../storage/database.js';
import { type AccountId, mayOverdraw } from './accounts.js';

/** A movement of datoshi from one account to another. Its id is derived from what caused it. */
export interface Transfer {
  readonly id: string;
  readonly debit: AccountId;
  readonly credit: AccountId;
  /** > 0 */
  readonly amount: Datoshi;
  /** What it is for, in one word, e.g. "deposit". */
  readonly cause: string;
  readonly block: number | null;
  readonly tx: Hash256 | null;
  readonly requestId: bigint | null;
}

export type TransferPhase = 'single' | 'pending' | 'post' | 'void';

export interface TransferRow extends Transfer {
  readonly phase: TransferPhase;
  readonly pendingId: string | null;
  readonly atMs: number;
}

export interface Balance {
  readonly posted: Datoshi;
  /** Set aside by pending transfers. */
  readonly drawn: Datoshi;
  readonly available: Datoshi;
}

/**
 * The double-entry ledger. Rows are immutable; balances move by triggers, and a floor that would be
 * broken is a LEDGER_FLOOR error that changes nothing. A transfer that was recorded before is
 * skipped; another one under the same id is a LEDGER_CONFLICT that names the first differing field.
 */
export interface LedgerStore {
  transfer(transfer: Transfer, atMs: number): void;
  /** Sets an amount aside; `post` or `void` ends it, once. */
  draw(transfer: Transfer, atMs: number): void;
  /** Moves what was really spent (<= drawn; 0 counts as void) and frees the rest. */
  post(pendingId: string, amount: Datoshi, block: number | null, atMs: number): void;
  void(pendingId: string, block: number | null, atMs: number): void;
  balance(account: AccountId): Balance;
  /** Balances of all accounts whose id starts with the prefix. */
  balances(prefix: string): { account: AccountId; balance: Balance }[];
  /** Zero, always: what left one account has entered another. */
  sumOfPosted(): Datoshi;
  /** Pending transfers that are neither posted nor void. */
  openDraws(): TransferRow[];
}

const COMPARED = [
  'phase',
  'pending_id',
  'debit',
  'credit',
  'amount',
  'cause',
  'block',
  'tx',
  'request_id',
] as const;

type Row = Record<(typeof COMPARED)[number] | 'id' | 'at_ms', string | bigint | null>;

export function createLedgerStore(db: Database): LedgerStore {
  const insert = db.prepare(`INSERT INTO ledger_transfer
    (id, phase, pending_id, debit, credit, amount, cause, block, tx, request_id, at_ms)
    VALUES (@id, @phase, @pending_id, @debit, @credit, @amount, @cause, @block, @tx, @request_id,
      @at_ms) ON CONFLICT (id) DO NOTHING`);
  const byId = db.prepare('SELECT * FROM ledger_transfer WHERE id = ?');
  const open = db.prepare(
    'INSERT INTO ledger_account (id, may_overdraw) VALUES (?, ?) ON CONFLICT DO NOTHING',
  );
  const balanceOf = db.prepare('SELECT posted, drawn FROM ledger_account WHERE id = ?');
  const balancesOf = db.prepare(
    `SELECT id, posted, drawn FROM ledger_account
      WHERE substr(id, 1, length(@prefix)) = @prefix ORDER BY id`,
  );
  const sum = db.prepare('SELECT COALESCE(SUM(posted), 0) AS total FROM ledger_account');
  const opens = db.prepare(`SELECT * FROM ledger_transfer AS p WHERE p.phase = 'pending'
    AND NOT EXISTS (SELECT 1 FROM ledger_transfer AS s WHERE s.pending_id = p.id)`);

  function write(row: Row): void {
    assertInTransaction(db);
    if (insertIntoKnown(row) === 1) return;
    refuseConflict(byId.get(row.id) as Row, row);
  }

  /** Most accounts are there: they are made when the insertion finds one missing. */
  function insertIntoKnown(row: Row): number {
    try {
      return insert.run(row).changes;
    } catch (cause) {
      if (!isMissingAccount(cause)) throw ledgerError(cause, row, balanceOf.get(row.debit));
    }
    for (const account of [row.debit, row.credit] as AccountId[]) {
      open.run(account, mayOverdraw(account) ? 1n : 0n);
    }
    try {
      return insert.run(row).changes;
    } catch (cause) {
      throw ledgerError(cause, row, balanceOf.get(row.debit));
    }
  }

  function settle(
    phase: 'post' | 'void',
    pendingId: string,
    amount: Datoshi | null,
    block: number | null,
    atMs: number,
  ): void {
    const pending = byId.get(pendingId) as Row | undefined;
    if (pending === undefined) throw new Error(`bug: no pending transfer ${pendingId}`);
    write({
      ...pending,
      id: `${pendingId}:settled`,
      phase,
      pending_id: pendingId,
      amount: amount ?? pending.amount,
      block: block === null ? null : BigInt(block),
      at_ms: BigInt(atMs),
    });
  }

  return {
    transfer: (transfer, atMs) => write(rowOf(transfer, 'single', atMs)),
    draw: (transfer, atMs) => write(rowOf(transfer, 'pending', atMs)),
    post: (pendingId, amount, block, atMs) =>
      amount === 0n
        ? settle('void', pendingId, null, block, atMs)
        : settle('post', pendingId, amount, block, atMs),
    void: (pendingId, block, atMs) => settle('void', pendingId, null, block, atMs),
    balance: (account) => balanceFrom(balanceOf.get(account)),
    balances: (prefix) =>
      (balancesOf.all({ prefix }) as { id: AccountId }[]).map((row) => ({
        account: row.id,
        balance: balanceFrom(row),
      })),
    sumOfPosted: () => (sum.get() as { total: bigint }).total,
    openDraws: () => (opens.all() as Row[]).map(transferFrom),
  };
}

function rowOf(transfer: Transfer, phase: TransferPhase, atMs: number): Row {
  if (transfer.amount <= 0n) throw new Error(`bug: transfer ${transfer.id} of ${transfer.amount}`);
  return {
    id: transfer.id,
    phase,
    pending_id: null,
    debit: transfer.debit,
    credit: transfer.credit,
    amount: transfer.amount,
    cause: transfer.cause,
    block: transfer.block === null ? null : BigInt(transfer.block),
    tx: transfer.tx,
    request_id: transfer.requestId,
    at_ms: BigInt(atMs),
  };
}

function transferFrom(row: Row): TransferRow {
  return {
    id: row.id as string,
    phase: row.phase as TransferPhase,
    pendingId: row.pending_id as string | null,
    debit: row.debit as AccountId,
    credit: row.credit as AccountId,
    amount: row.amount as bigint,
    cause: row.cause as string,
    block: row.block === null ? null : Number(row.block),
    tx: row.tx as Hash256 | null,
    requestId: row.request_id as bigint | null,
    atMs: Number(row.at_ms),
  };
}

function balanceFrom(row: unknown): Balance {
  if (row === undefined) return { posted: 0n, drawn: 0n, available: 0n };
  const { posted, drawn } = row as { posted: bigint; drawn: bigint };
  return { posted, drawn, available: posted - drawn };
}

/** The same transfer again is nothing new; a different one under its id is refused. */
function refuseConflict(known: Row, offered: Row): void {
  const field = COMPARED.find((name) => known[name] !== offered[name]);
  if (field === undefined) return;
  throw new NodeError(
    'LEDGER_CONFLICT',
    `transfer ${String(known.id)} is recorded with ${field} ${String(known[field])}, ` +
      `but was offered with ${field} ${String(offered[field])}`,
    { hint: 'stop spending and run `dodona gasbank reconcile`', details: { field } },
  );
}

const isMissingAccount = (cause: unknown): boolean =>
  (cause as { code?: unknown }).code === 'SQLITE_CONSTRAINT_FOREIGNKEY';

function ledgerError(cause: unknown, row: Row, debitAccount: unknown): Error {
  const message = messageOf(cause);
  if (!message.includes('CHECK constraint failed: may_overdraw')) {
    return cause instanceof Error ? cause : new Error(message);
  }
  const { available } = balanceFrom(debitAccount);
  return new NodeError(
    'LEDGER_FLOOR',
    `account ${String(row.debit)} has ${available} datoshi available, ` +
      `${String(row.cause)} needs ${String(row.amount)}`,
    { retryable: true, cause, details: { account: row.debit, available } },
  );
}
