import type { Datoshi } from '../base/datoshi.js';
import type { Database } from '../storage/database.js';

/** What moved, whichever way it was booked: draws exist only where the node itself signed. */
export interface SettledTransfer {
  readonly id: string;
  readonly block: number | null;
  readonly tx: string | null;
  readonly debit: string;
  readonly credit: string;
  readonly amount: Datoshi;
  readonly cause: string;
  readonly requestId: bigint | null;
  readonly lostTx: string | null;
  readonly counterparty: string | null;
}

/** A transfer that one has and the other has not, or has otherwise; null where it is missing. */
export interface TransferDifference {
  readonly id: string;
  readonly ledger: SettledTransfer | null;
  readonly chain: SettledTransfer | null;
}

/** An account with what the transfers of each add up to. */
export interface AccountDifference {
  readonly account: string;
  readonly ledger: Datoshi;
  readonly chain: Datoshi;
}

export interface LedgerComparison {
  readonly accounts: readonly AccountDifference[];
  /** In the order of their blocks; at most MAX_TRANSFERS_NAMED. */
  readonly transfers: readonly TransferDifference[];
  readonly differingTransfers: number;
  /** Transfers of the books, and accounts that either knows. */
  readonly comparedTransfers: number;
  readonly comparedAccounts: number;
}

/** How many transfers are named; all are counted. */
export const MAX_TRANSFERS_NAMED = 1_000;

/**
 * The settled transfers of a ledger up to a block. Fees are the same whether a draw was posted or
 * they were found in a block: the one is known by its id as well as the other. So is what an order
 * moved, which the chain alone does not tell from what was spent elsewhere; and an opening, whether
 * it was told rightly at once or corrected later. Of two FAULTs that burnt the same an answer named
 * one, which its event does not tell: that they are the same is enough.
 */
const settled = (schema: string): string => `SELECT * FROM (SELECT
    CASE WHEN phase = 'post' OR cause = 'fees elsewhere' THEN tx || ':fees' ELSE id END AS id,
    block, tx, debit, credit, amount,
    CASE WHEN phase = 'post' OR cause = 'fees elsewhere' THEN 'fees'
      WHEN cause = 'ordered' THEN 'spent elsewhere' ELSE cause END AS cause,
    request_id, NULL AS lost_tx, counterparty
  FROM ${schema}.ledger_transfer
  WHERE phase IN ('single', 'post') AND block <= @block AND cause <> 'opening'
  UNION ALL SELECT account || ':opening', block, NULL, 'outside', account, SUM(amount), 'opening',
    NULL, NULL, NULL
  FROM (SELECT credit AS account, block, amount FROM ${schema}.ledger_transfer
      WHERE cause = 'opening'
    UNION ALL SELECT debit, block, -amount FROM ${schema}.ledger_transfer WHERE cause = 'opening')
  WHERE account <> 'outside' GROUP BY account HAVING SUM(amount) <> 0)`;

const sums = (schema: string): string => `SELECT account, SUM(amount) AS amount FROM (
    SELECT credit AS account, amount FROM (${settled(schema)})
    UNION ALL SELECT debit, -amount FROM (${settled(schema)})) GROUP BY account`;

/**
 * Compares the books at `path` with this database, which was derived from the chain, transfer by
 * transfer and account by account, up to a block.
 */
export function compareWithBooks(rebuilt: Database, path: string, block: number): LedgerComparison {
  rebuilt.prepare('ATTACH DATABASE ? AS books').run(path);
  try {
    // One read transaction: the node may go on with its books meanwhile.
    return rebuilt.transaction(() => compare(rebuilt, block))();
  } finally {
    rebuilt.exec('DETACH DATABASE books');
  }
}

function compare(db: Database, block: number): LedgerComparison {
  const only = (one: string, other: string) =>
    new Map(
      (
        db
          .prepare(`SELECT * FROM (${settled(one)} EXCEPT ${settled(other)}) ORDER BY block, id`)
          .all({ block }) as Row[]
      ).map((row) => [row.id as string, transferFrom(row)]),
    );
  const [ledger, chain] = [only('books', 'main'), only('main', 'books')];
  const ids = [...new Set([...ledger.keys(), ...chain.keys()])];
  const transfers = ids.map((id) => ({
    id,
    ledger: ledger.get(id) ?? null,
    chain: chain.get(id) ?? null,
  }));
  const accounts = db
    .prepare(`SELECT account, COALESCE(l.amount, 0) AS ledger, COALESCE(c.amount, 0) AS chain
      FROM (${sums('books')}) AS l FULL JOIN (${sums('main')}) AS c USING (account)
      ORDER BY account`)
    .all({ block }) as AccountDifference[];
  const count = db.prepare(`SELECT COUNT(*) FROM (${settled('books')})`).pluck();
  return {
    accounts: accounts.filter((each) => each.ledger !== each.chain),
    transfers: transfers.slice(0, MAX_TRANSFERS_NAMED),
    differingTransfers: transfers.length,
    comparedTransfers: Number(count.get({ block })),
    comparedAccounts: accounts.length,
  };
}

type Row = Record<string, bigint | string | null>;

const transferFrom = (row: Row): SettledTransfer => ({
  id: row.id as string,
  block: row.block === null ? null : Number(row.block),
  tx: row.tx as string | null,
  debit: row.debit as string,
  credit: row.credit as string,
  amount: row.amount as bigint,
  cause: row.cause as string,
  requestId: row.request_id as bigint | null,
  lostTx: row.lost_tx as string | null,
  counterparty: row.counterparty as string | null,
});
