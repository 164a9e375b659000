import type { Datoshi } from '../base/datoshi.js';
import { assertInTransaction, type Database } from '../storage/database.js';
import type { CheckedAccount } from './chain-figures.js';

/** An account of which books and chain tell different balances. */
export interface BooksDifference {
  readonly account: CheckedAccount;
  /** As they were seen last. */
  readonly ledger: Datoshi;
  readonly chain: Datoshi;
  /** Last block at which both are known to have agreed; null when they never were seen to. */
  readonly agreedBlock: number | null;
  /** First block at which they are known to differ. */
  readonly firstBlock: number;
  /** Last block at which they were seen to differ. */
  readonly lastBlock: number;
  readonly firstMs: number;
}

/** The last comparison of all accounts that found no difference. */
export interface BooksProof {
  readonly agreedBlock: number;
  readonly agreedMs: number;
  readonly accounts: number;
}

/** Differences that ended are kept to be looked at, up to so many. */
const MAX_ENDED = 1_000;

export type ProofStore = ReturnType<typeof createProofStore>;

/** The one writer of `books_difference` and `books_proof`. */
export function createProofStore(db: Database) {
  const open = db.prepare('SELECT * FROM books_difference WHERE ended_block IS NULL ORDER BY id');
  const insert = db.prepare(`INSERT INTO books_difference
    (account, ledger, chain, agreed_block, first_block, last_block, first_ms)
    VALUES (@account, @ledger, @chain, @agreedBlock, @block, @block, @nowMs)`);
  const update = db.prepare(`UPDATE books_difference
    SET ledger = @ledger, chain = @chain, last_block = @block
    WHERE account = @account AND ended_block IS NULL`);
  const narrow = db.prepare(`UPDATE books_difference SET agreed_block = ?, first_block = ?
    WHERE account = ? AND ended_block IS NULL`);
  const end = db.prepare('UPDATE books_difference SET ended_block = ? WHERE ended_block IS NULL');
  const forget = db.prepare(`DELETE FROM books_difference WHERE ended_block IS NOT NULL
    AND id <= (SELECT MAX(id) FROM books_difference) - ${MAX_ENDED}`);
  const proof = db.prepare('SELECT * FROM books_proof');
  const prove = db.prepare(`INSERT INTO books_proof (only_row, agreed_block, agreed_ms, accounts)
    VALUES (1, @block, @nowMs, @accounts) ON CONFLICT DO UPDATE SET
    agreed_block = @block, agreed_ms = @nowMs, accounts = @accounts`);

  return {
    /** Those that no full comparison has ended yet. */
    open: (): BooksDifference[] => (open.all() as Row[]).map(differenceFrom),

    /** Keeps a difference as it is at this block; true when it is a new one. */
    see(
      seen: Pick<BooksDifference, 'account' | 'ledger' | 'chain' | 'agreedBlock'>,
      block: number,
      nowMs: number,
    ): boolean {
      assertInTransaction(db);
      const { account, ledger, chain, agreedBlock } = seen;
      if (update.run({ account, ledger, chain, block }).changes === 1) return false;
      forget.run();
      insert.run({ account, ledger, chain, agreedBlock, block, nowMs: Math.round(nowMs) });
      return true;
    },

    /** Where an open difference began, once it is known better. */
    narrow(account: CheckedAccount, agreedBlock: number | null, firstBlock: number): void {
      assertInTransaction(db);
      narrow.run(agreedBlock, firstBlock, account);
    },

    proof(): BooksProof | null {
      const row = proof.get() as Record<string, bigint> | undefined;
      if (row === undefined) return null;
      const { agreed_block: block, agreed_ms: ms, accounts } = row;
      return { agreedBlock: Number(block), agreedMs: Number(ms), accounts: Number(accounts) };
    },

    /** All accounts agreed at this block: what was different is no more. */
    prove(block: number, nowMs: number, accounts: number): void {
      assertInTransaction(db);
      end.run(block);
      prove.run({ block, nowMs: Math.round(nowMs), accounts });
    },
  };
}

type Row = Record<string, bigint | string | null>;

function differenceFrom(row: Row): BooksDifference {
  return {
    account: row.account as CheckedAccount,
    ledger: row.ledger as bigint,
    chain: row.chain as bigint,
    agreedBlock: row.agreed_block === null ? null : Number(row.agreed_block),
    firstBlock: Number(row.first_block),
    lastBlock: Number(row.last_block),
    firstMs: Number(row.first_ms),
  };
}
