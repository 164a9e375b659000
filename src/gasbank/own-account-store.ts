import type { Hash160 } from '../base/hash.js';
import { assertInTransaction, type Database } from '../storage/database.js';

/** An account that the node signs with, or signed with before. */
export interface OwnAccount {
  readonly account: Hash160;
  /** From this block on movements of its GAS are on the books. */
  readonly sinceBlock: number;
  /** Block at which its opening balance was found out; null while it is unknown. */
  readonly openedBlock: number | null;
}

export type OwnAccountStore = ReturnType<typeof createOwnAccountStore>;

/** The one writer of `own_account`. What was once the node's stays so. */
export function createOwnAccountStore(db: Database) {
  const insert = db.prepare(`INSERT INTO own_account (account, since_block) VALUES (?, ?)
    ON CONFLICT (account) DO NOTHING`);
  const select = db.prepare('SELECT * FROM own_account ORDER BY account');
  const open = db.prepare(
    'UPDATE own_account SET opened_block = ? WHERE account = ? AND opened_block IS NULL',
  );

  return {
    /** Remembers accounts whose movements are on the books from a block on, if they are new. */
    remember(accounts: readonly Hash160[], sinceBlock: number): void {
      assertInTransaction(db);
      for (const account of accounts) insert.run(account, BigInt(sinceBlock));
    },

    /** In the order of their hashes. */
    all: (): OwnAccount[] =>
      (select.all() as Record<string, bigint | string | null>[]).map((row) => ({
        account: row.account as Hash160,
        sinceBlock: Number(row.since_block),
        openedBlock: row.opened_block === null ? null : Number(row.opened_block),
      })),

    /** False when it was opened before, or is none of them. */
    opened(account: Hash160, block: number): boolean {
      assertInTransaction(db);
      return open.run(BigInt(block), account).changes === 1;
    },
  };
}
