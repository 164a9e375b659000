import type { Datoshi } from '../base/datoshi.js';
import type { Hash160, Hash256 } from '../base/hash.js';
import type { Database } from '../storage/database.js';
import type { TransferPhase } from './ledger-store.js';

/** One account of the ledger, as a person sees it. */
export interface AccountView {
  /** The ledger's id, e.g. `credit:0x…` or `burnt`. */
  readonly account: string;
  readonly postedDatoshi: Datoshi;
  /** Set aside for transactions that are signed and not known to be in a block. */
  readonly inFlightDatoshi: Datoshi;
  /** posted - in flight; below 0 where others spent what was set aside. */
  readonly availableDatoshi: Datoshi;
}

/** One row of the ledger, as it was written. */
export interface TransferView {
  /** Place in the ledger: later rows have larger ones. */
  readonly row: bigint;
  readonly id: string;
  /** `single` moved at once; `pending` set aside; `post` and `void` ended such a one. */
  readonly phase: TransferPhase;
  readonly pendingId: string | null;
  readonly atMs: number;
  readonly block: number | null;
  readonly tx: Hash256 | null;
  readonly requestId: bigint | null;
  readonly cause: string;
  readonly debit: string;
  readonly credit: string;
  readonly amountDatoshi: Datoshi;
  /** The FAULTed transaction whose fees it is about. */
  readonly lostTx: Hash256 | null;
  /** Who is behind the account `outside`, where the chain tells. */
  readonly counterparty: Hash160 | null;
}

export interface TransferQuery {
  /** Only transfers that touch one of these accounts; all, when empty. At most MAX_ACCOUNTS. */
  readonly accounts: readonly string[];
  /** Only transfers booked at this time or later. */
  readonly sinceMs: number | null;
  /** Newest first, and only those before this row. */
  readonly beforeRow: bigint | null;
  /** 1 to MAX_HISTORY_LIMIT. */
  readonly limit: number;
}

export const DEFAULT_HISTORY_LIMIT = 50;
export const MAX_HISTORY_LIMIT = 1_000;
/** An address has a wallet, credit, reservations and earnings. */
const MAX_ACCOUNTS = 4;

export type LedgerViews = ReturnType<typeof createLedgerViews>;

/** Reads the ledger for people. Works on a database that is opened for reading only. */
export function createLedgerViews(db: Database) {
  const all = db.prepare('SELECT id, posted, drawn FROM ledger_account ORDER BY id');
  const byId = db.prepare('SELECT id, posted, drawn FROM ledger_account WHERE id = ?');
  const pageOfAll = db.prepare(
    'SELECT id, posted, drawn FROM ledger_account WHERE id > ? ORDER BY id LIMIT ? + 0',
  );
  const inFlight = db.prepare(
    "SELECT COUNT(*) AS count FROM sent_transaction WHERE state = 'signed'",
  );
  const first = db.prepare('SELECT at_ms FROM ledger_transfer ORDER BY rowid LIMIT 1');
  const height = db.prepare('SELECT height FROM chain_cursor');
  // Each side by its own index, so that a page costs the same however long the ledger is.
  const pages = (bound: string, order: 'ASC' | 'DESC') => {
    const page = (where: string) =>
      db.prepare(`SELECT rowid AS row, * FROM ledger_transfer WHERE ${where} rowid ${bound}
        AND at_ms >= @since ORDER BY rowid ${order} LIMIT @limit + 0`);
    return {
      ofAll: page(''),
      sides: [page('debit = @account AND'), page('credit = @account AND')],
    };
  };
  const newest = pages('< @bound', 'DESC');
  const oldest = pages('> @bound', 'ASC');

  function read(
    { ofAll, sides }: ReturnType<typeof pages>,
    { accounts, sinceMs, limit }: Omit<TransferQuery, 'beforeRow'>,
    bound: bigint,
  ): TransferView[] {
    if (accounts.length > MAX_ACCOUNTS) throw new Error('bug: too many accounts in one query');
    const bounds = { bound, since: BigInt(Math.ceil(sinceMs ?? 0)), limit: BigInt(limit) };
    if (accounts.length === 0) return (ofAll.all(bounds) as TransferRow[]).map(transferOf);
    const found = new Map<bigint, TransferRow>();
    for (const account of accounts) {
      for (const side of sides) {
        for (const row of side.all({ ...bounds, account }) as TransferRow[]) {
          found.set(row.row, row);
        }
      }
    }
    return [...found.values()].map(transferOf);
  }

  return {
    /** Every account, in the order of their ids. */
    accounts: (): AccountView[] => (all.all() as AccountRow[]).map(accountOf),

    /** Accounts after one, in the order of their ids. */
    accountsAfter: (id: string, limit: number): AccountView[] =>
      (pageOfAll.all(id, limit) as AccountRow[]).map(accountOf),

    /** Null where nothing was ever booked on it. */
    account(id: string): AccountView | null {
      const row = byId.get(id) as AccountRow | undefined;
      return row === undefined ? null : accountOf(row);
    },

    /** Transactions of the node whose fees are set aside. */
    countInFlight: (): number => Number((inFlight.get() as { count: bigint }).count),

    /** When the first movement was booked, or null. */
    begunMs(): number | null {
      const row = first.get() as { at_ms: bigint } | undefined;
      return row === undefined ? null : Number(row.at_ms);
    },

    /** The last block that is on the books, or null before the first. */
    height(): number | null {
      const row = height.get() as { height: bigint } | undefined;
      return row === undefined ? null : Number(row.height);
    },

    /** Newest first. */
    transfers(query: TransferQuery): TransferView[] {
      const found = read(newest, query, query.beforeRow ?? LAST_ROW);
      return found.sort((a, b) => (a.row < b.row ? 1 : -1)).slice(0, query.limit);
    },

    /** All that match, oldest first, read page by page. */
    *allTransfers(query: Pick<TransferQuery, 'accounts' | 'sinceMs'>): Generator<TransferView> {
      let after = 0n;
      for (;;) {
        const found = read(oldest, { ...query, limit: MAX_HISTORY_LIMIT }, after);
        const page = found.sort((a, b) => (a.row < b.row ? -1 : 1)).slice(0, MAX_HISTORY_LIMIT);
        yield* page;
        const last = page.at(-1);
        if (last === undefined || page.length < MAX_HISTORY_LIMIT) return;
        after = last.row;
      }
    },
  };
}

const LAST_ROW = (1n << 63n) - 1n;

interface AccountRow {
  readonly id: string;
  readonly posted: bigint;
  readonly drawn: bigint;
}

interface TransferRow {
  readonly row: bigint;
  readonly id: string;
  readonly phase: string;
  readonly pending_id: string | null;
  readonly at_ms: bigint;
  readonly block: bigint | null;
  readonly tx: string | null;
  readonly request_id: bigint | null;
  readonly cause: string;
  readonly debit: string;
  readonly credit: string;
  readonly amount: bigint;
  readonly lost_tx: string | null;
  readonly counterparty: string | null;
}

const accountOf = ({ id, posted, drawn }: AccountRow): AccountView => ({
  account: id,
  postedDatoshi: posted,
  inFlightDatoshi: drawn,
  availableDatoshi: posted - drawn,
});

const transferOf = (row: TransferRow): TransferView => ({
  row: row.row,
  id: row.id,
  phase: row.phase as TransferPhase,
  pendingId: row.pending_id,
  atMs: Number(row.at_ms),
  block: row.block === null ? null : Number(row.block),
  tx: row.tx as Hash256 | null,
  requestId: row.request_id,
  cause: row.cause,
  debit: row.debit,
  credit: row.credit,
  amountDatoshi: row.amount,
  lostTx: row.lost_tx as Hash256 | null,
  counterparty: row.counterparty as Hash160 | null,
});
