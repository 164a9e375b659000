import { join } from 'node:path';
import type { NodeConfig } from '../config/node-config.js';
import type { Database } from '../storage/database.js';

/**
 * Reads the node's database, whether the node runs or not: a ledger is written whole, transaction
 * by transaction. Throws a NodeError DB_OPEN, DB_NEWER_SCHEMA.
 */
export async function withBooks<T>(
  { storage }: Pick<NodeConfig, 'storage'>,
  read: (db: Database) => T,
): Promise<T> {
  const { openDatabaseReadOnly } = await import('../storage/database.js');
  const { DATABASE_FILE } = await import('../node/node-options.js');
  const db = openDatabaseReadOnly(join(storage.dir, DATABASE_FILE));
  try {
    // One read transaction: what is shown together is of one moment.
    return db.transaction(() => read(db))();
  } finally {
    db.close();
  }
}
