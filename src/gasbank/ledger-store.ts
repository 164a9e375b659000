import type { Datoshi } from '../base/datoshi.js';
import type { Hash160, Hash256 } from '../base/hash.js';
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
  /** What it is for, in a word or two, e.g. "deposit". */
  readonly cause: string;
  readonly block: number | null;
  readonly tx: Hash256 | null;
  readonly requestId: bigint | null;
  /** The FAULTed transaction whose fees it is about; absent as null. */
  readonly lostTx?: Hash256 | null;
  /** Who is behind the account `outside`, where the chain tells; absent as null. */
  readonly counterparty?: Hash160 | null;
}

export type TransferPhase = 'single' | 'pending' | 'post' | 'void';

export interface TransferRow extends Transfer {
  readonly lostTx: Hash256 | null;
  readonly counterparty: Hash160 | null;
  readonly phase: TransferPhase;
  readonly pendingId: string | null;
  readonly atMs: number;
}

export interface Balance {
  readonly posted: Datoshi;
  /** Set aside by pending transfers. */
  readonly drawn: Datoshi;
  /** posted - drawn; below 0 where others spent what was set aside. */
  readonly available: Datoshi;
}

/** How a draw stands: `open` until it is posted or void; `none` where there is no such draw. */
export type DrawState = 'none' | 'open' | 'posted' | 'void';

/**
 * The double-entry ledger. Rows are immutable; balances move by triggers, and a floor that would be
 * broken is a LEDGER_FLOOR error that changes nothing: an account's posted balance stays at 0 or
 * above, and a draw needs as much available. A transfer that was recorded before is skipped;
 * another one under the same id is a LEDGER_CONFLICT that names the first differing field.
 */
export interface LedgerStore {
  transfer(transfer: Transfer, atMs: number): void;
  /** Sets an amount aside; `post` or `void` ends it, once. */
  draw(transfer: Transfer, atMs: number): void;
  /** Moves what was really spent (<= drawn; 0 counts as void) and frees the rest. */
  post(pendingId: string, amount: Datoshi, block: number | null, atMs: number): void;
  void(pendingId: string, block: number | null, atMs: number): void;
  drawState(pendingId: string): DrawState;
  /** From now on the account may not go below zero. Throws LEDGER_FLOOR when it is. */
  holdFloor(account: AccountId): void;
  balance(account: AccountId): Balance;
  /** Balances of all accounts whose id starts with the prefix, in the order of their ids. */
  balances(prefix: string): { account: AccountId; balance: Balance }[];
  /** Zero, always: what left one account has entered another. */
  sumOfPosted(): Datoshi;
  /** Pending transfers that are neither posted nor void. */
  openDraws(): TransferRow[];
}

/** Columns in the order in which a row is written, and in which two are compared. */
const COLUMNS = [
  'id',
  'phase',
  'pending_id',
  'debit',
  'credit',
  'amount',
  'cause',
  'block',
  'tx',
  'request_id',
  'lost_tx',
  'counterparty',
] as const;

type Value = string | bigint | null;

export function createLedgerStore(db: Database): LedgerStore {
  const columns = [...COLUMNS, 'at_ms'].join(', ');
  const places = [...COLUMNS, 'at_ms'].map(() => '?').join(', ');
  const insert = db.prepare(
    `INSERT INTO ledger_transfer (${columns}) VALUES (${places}) ON CONFLICT (id) DO NOTHING`,
  );
  const byId = db.prepare(`SELECT ${columns} FROM ledger_transfer WHERE id = ?`);
  const settled = db.prepare('SELECT phase FROM ledger_transfer WHERE pending_id = ?').pluck();
  const exists = db.prepare('SELECT 1 FROM ledger_transfer WHERE id = ?').pluck();
  const open = db.prepare(
    'INSERT INTO ledger_account (id, may_overdraw) VALUES (?, ?) ON CONFLICT DO NOTHING',
  );
  const hold = db.prepare(`INSERT INTO ledger_account (id, may_overdraw) VALUES (?, 0)
    ON CONFLICT (id) DO UPDATE SET may_overdraw = 0`);
  const balanceOf = db.prepare('SELECT posted, drawn FROM ledger_account WHERE id = ?');
  const balancesOf = db.prepare(`SELECT id, posted, drawn FROM ledger_account
    WHERE id >= @prefix AND id < @prefix || char(1114111) ORDER BY id`);
  const sum = db.prepare('SELECT COALESCE(SUM(posted), 0) FROM ledger_account').pluck();
  const opens = db.prepare(`SELECT ${columns} FROM ledger_transfer AS p WHERE p.phase = 'pending'
    AND NOT EXISTS (SELECT 1 FROM ledger_transfer AS s WHERE s.pending_id = p.id)`);

  const balance = (account: AccountId): Balance => balanceFrom(balanceOf.get(account));

  function write(phase: TransferPhase, pendingId: string | null, of: Transfer, atMs: number): void {
    assertInTransaction(db);
    if (of.amount <= 0n) throw new Error(`bug: transfer ${of.id} of ${of.amount}`);
    const values = valuesOf(phase, pendingId, of, atMs);
    if (insertIntoKnown(of, values) === 1) return;
    refuseConflict(values, byId.get(of.id) as Readonly<Record<string, Value>>);
  }

  /** Most accounts are there: they are made when the insertion finds one missing. */
  function insertIntoKnown(transfer: Transfer, values: readonly Value[]): number {
    try {
      return insert.run(values).changes;
    } catch (cause) {
      if (!isMissingAccount(cause)) throw ledgerError(cause, transfer, balance(transfer.debit));
    }
    for (const account of [transfer.debit, transfer.credit]) {
      open.run(account, mayOverdraw(account) ? 1n : 0n);
    }
    try {
      return insert.run(values).changes;
    } catch (cause) {
      throw ledgerError(cause, transfer, balance(transfer.debit));
    }
  }

  function settle(
    phase: 'post' | 'void',
    pendingId: string,
    amount: Datoshi | null,
    block: number | null,
    atMs: number,
  ): void {
    const row = byId.get(pendingId) as Readonly<Record<string, Value>> | undefined;
    if (row === undefined) throw new Error(`bug: no pending transfer ${pendingId}`);
    const pending = transferFrom(row);
    const id = `${pendingId}:settled`;
    write(phase, pendingId, { ...pending, id, amount: amount ?? pending.amount, block }, atMs);
  }

  return {
    transfer: (transfer, atMs) => write('single', null, transfer, atMs),
    draw: (transfer, atMs) => write('pending', null, transfer, atMs),
    post: (pendingId, amount, block, atMs) =>
      amount === 0n
        ? settle('void', pendingId, null, block, atMs)
        : settle('post', pendingId, amount, block, atMs),
    void: (pendingId, block, atMs) => settle('void', pendingId, null, block, atMs),
    drawState(pendingId) {
      const end = settled.get(pendingId) as 'post' | 'void' | undefined;
      if (end !== undefined) return end === 'post' ? 'posted' : 'void';
      return exists.get(pendingId) === undefined ? 'none' : 'open';
    },
    holdFloor(account) {
      assertInTransaction(db);
      try {
        hold.run(account);
      } catch (cause) {
        throw floorError(cause, account, balance(account), 'its floor') ?? cause;
      }
    },
    balance,
    balances: (prefix) =>
      (balancesOf.all({ prefix }) as { id: AccountId }[]).map((row) => ({
        account: row.id,
        balance: balanceFrom(row),
      })),
    sumOfPosted: () => sum.get() as bigint,
    openDraws: () => (opens.all() as Readonly<Record<string, Value>>[]).map(transferFrom),
  };
}

/** In the order of COLUMNS, and the time. */
const valuesOf = (
  phase: TransferPhase,
  pendingId: string | null,
  of: Transfer,
  atMs: number,
): Value[] => [
  of.id,
  phase,
  pendingId,
  of.debit,
  of.credit,
  of.amount,
  of.cause,
  of.block === null ? null : BigInt(of.block),
  of.tx,
  of.requestId,
  of.lostTx ?? null,
  of.counterparty ?? null,
  BigInt(atMs),
];

function transferFrom(row: Readonly<Record<string, Value>>): TransferRow {
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
    lostTx: row.lost_tx as Hash256 | null,
    counterparty: row.counterparty as Hash160 | null,
    atMs: Number(row.at_ms),
  };
}

function balanceFrom(row: unknown): Balance {
  if (row === undefined) return { posted: 0n, drawn: 0n, available: 0n };
  const { posted, drawn } = row as { posted: bigint; drawn: bigint };
  return { posted, drawn, available: posted - drawn };
}

/** The same transfer again is nothing new; a different one under its id is refused. */
function refuseConflict(offered: readonly Value[], known: Readonly<Record<string, Value>>): void {
  const at = COLUMNS.findIndex((column, place) => known[column] !== offered[place]);
  const field = COLUMNS[at];
  if (field === undefined) return;
  throw new NodeError(
    'LEDGER_CONFLICT',
    `transfer ${String(known.id)} is recorded with ${field} ${String(known[field])}, ` +
      `but was offered with ${field} ${String(offered[at])}`,
    { hint: 'stop spending and run `dodona gasbank reconcile`', details: { field } },
  );
}

const isMissingAccount = (cause: unknown): boolean =>
  (cause as { code?: unknown }).code === 'SQLITE_CONSTRAINT_FOREIGNKEY';

function ledgerError(cause: unknown, transfer: Transfer, debit: Balance): Error {
  const needs = `${transfer.cause} needs ${transfer.amount}`;
  const floor = floorError(cause, transfer.debit, debit, needs);
  return floor ?? (cause instanceof Error ? cause : new Error(messageOf(cause)));
}

/** Null for another error than that of a floor. */
function floorError(
  cause: unknown,
  account: AccountId,
  { posted, available }: Balance,
  needs: string,
): NodeError | null {
  if (!messageOf(cause).includes('ledger_floor')) return null;
  return new NodeError(
    'LEDGER_FLOOR',
    `account ${account} has ${available} datoshi available of ${posted}, ${needs}`,
    { retryable: true, cause, details: { account, posted, available } },
  );
}
