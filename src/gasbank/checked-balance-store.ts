import type { Datoshi } from '../base/datoshi.js';
import type { Database } from '../storage/database.js';
import type { AccountId } from './accounts.js';
import {
  CHECKED_PREFIXES,
  type CheckedAccount,
  GATEWAY_HELD,
  HELD_PREFIXES,
  isChecked,
} from './chain-figures.js';
import type { BookedOpening } from './opening.js';

/** An account whose balance is not what its transfers add up to. */
export interface UnsoundAccount {
  readonly account: string;
  readonly posted: Datoshi;
  readonly transfers: Datoshi;
}

export type CheckedBalances = ReturnType<typeof createCheckedBalances>;

/** A range of ids on the primary key: LIKE would read the whole table. */
const within = (prefixes: readonly string[], column = 'id'): string =>
  `(${prefixes
    .map((prefix) => `(${column} >= '${prefix}' AND ${column} < '${prefix.slice(0, -1)};')`)
    .join(' OR ')})`;

/** What transfers did to the accounts, without those that are only set aside or set free. */
const SETTLED = "phase IN ('single', 'post')";
/** The opening of a wallet stands for what it held before the first block. */
const UP_TO = "(block <= @height OR cause = 'opening')";

/** What transfers of a condition did to an account, or to all that the gateway holds. */
function createMoved(db: Database, from: string, condition: string) {
  const sum = (sign: string, where: string) =>
    db
      .prepare(`SELECT COALESCE(SUM(${sign} amount), 0) FROM ${from}
        WHERE ${where} AND ${SETTLED} AND ${condition}`)
      .pluck();
  const one = [sum('', 'credit = @account'), sum('-', 'debit = @account')];
  const held = [sum('', within(HELD_PREFIXES, 'credit')), sum('-', within(HELD_PREFIXES, 'debit'))];
  return (account: CheckedAccount, given: Readonly<Record<string, number | bigint>>): Datoshi => {
    const sums = account === GATEWAY_HELD ? held : one;
    const named = account === GATEWAY_HELD ? given : { ...given, account };
    return sums.reduce((total, each) => total + (each.get(named) as bigint), 0n);
  };
}

/** What the books say that a wallet had before the first block on them. */
function createOpenings(db: Database) {
  const opening = db.prepare(`SELECT COUNT(*) AS transfers,
      COALESCE(SUM(CASE WHEN credit = @account THEN amount ELSE -amount END), 0) AS amount
    FROM ledger_transfer WHERE cause = 'opening' AND @account IN (debit, credit)`);
  return (account: AccountId): BookedOpening => {
    const { transfers, amount } = opening.get({ account }) as {
      transfers: bigint;
      amount: Datoshi;
    };
    return { transfers: Number(transfers), amount };
  };
}

/**
 * The ledger as it is held against the chain. Works on a database that is opened for reading only.
 */
export function createCheckedBalances(db: Database) {
  const all = db.prepare(
    `SELECT id FROM ledger_account WHERE ${within(CHECKED_PREFIXES)} ORDER BY id`,
  );
  const posted = db.prepare('SELECT posted FROM ledger_account WHERE id = ?').pluck();
  const held = db
    .prepare(`SELECT COALESCE(SUM(posted), 0) FROM ledger_account WHERE ${within(HELD_PREFIXES)}`)
    .pluck();
  const lastRow = db.prepare('SELECT COALESCE(MAX(rowid), 0) FROM ledger_transfer').pluck();
  // By row: left to itself SQLite reads the indexes of all accounts to their ends, with each block.
  const after = `FROM ledger_transfer NOT INDEXED WHERE rowid > @row AND ${SETTLED}`;
  const moved = db.prepare(`SELECT debit AS id ${after} UNION SELECT credit ${after}`).pluck();
  const movedUpTo = createMoved(db, 'ledger_transfer', UP_TO);
  // By row: an index of the account's own would be read to its end.
  const movedAfter = createMoved(
    db,
    'ledger_transfer NOT INDEXED',
    `rowid > @row AND NOT ${UP_TO}`,
  );
  const firstBlock = db
    .prepare("SELECT MIN(block) FROM ledger_transfer WHERE cause <> 'opening'")
    .pluck();
  const unsound = db.prepare(`SELECT a.id AS account, a.posted, COALESCE(s.total, 0) AS transfers
    FROM ledger_account AS a LEFT JOIN (SELECT id, SUM(amount) AS total FROM (
      SELECT credit AS id, amount FROM ledger_transfer WHERE ${SETTLED}
      UNION ALL SELECT debit, -amount FROM ledger_transfer WHERE ${SETTLED}) GROUP BY id) AS s
    ON s.id = a.id WHERE a.posted <> COALESCE(s.total, 0) ORDER BY a.id`);
  const total = db.prepare('SELECT COALESCE(SUM(posted), 0) FROM ledger_account').pluck();
  const transfers = db.prepare(`SELECT COUNT(*) FROM ledger_transfer WHERE ${SETTLED}`).pluck();

  /** What the books say; 0 of an account that they do not know. */
  const balance = (account: CheckedAccount): Datoshi =>
    account === GATEWAY_HELD
      ? (held.get() as bigint)
      : ((posted.get(account) as bigint | undefined) ?? 0n);

  return {
    balance,

    /** All accounts of which the chain tells a balance, in the order of their ids. */
    accounts: (): AccountId[] => all.pluck().all() as AccountId[],

    /**
     * What the books said after a recent block, all of whose later transfers are after the row:
     * quick, however long the books are.
     */
    balanceBefore: (account: CheckedAccount, height: number, row: bigint): Datoshi =>
      balance(account) - movedAfter(account, { height, row }),

    lastRow: (): bigint => lastRow.get() as bigint,

    /** The accounts that moved after a row of the ledger, of those that the chain tells of. */
    movedSince: (row: bigint): AccountId[] =>
      (moved.all({ row }) as string[]).filter((account) => isChecked(account)),

    /** What the books said after a block, by its transfers; slow for what the gateway holds. */
    balanceAt: (account: CheckedAccount, height: number): Datoshi => movedUpTo(account, { height }),

    /** The first block that moved anything; null in empty books. */
    firstBlock(): number | null {
      const block = firstBlock.get() as bigint | null;
      return block === null ? null : Number(block);
    },

    opening: createOpenings(db),
    /** Accounts that were changed otherwise than by a transfer. Reads all transfers. */
    unsound: (): UnsoundAccount[] => unsound.all() as UnsoundAccount[],
    /** Zero, in true books. */
    total: (): Datoshi => total.get() as bigint,
    countTransfers: (): number => Number(transfers.get()),
  };
}
