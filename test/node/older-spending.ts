import { join } from 'node:path';
import { DATABASE_FILE } from '../../src/node.js';
import { inTransaction, openDatabase } from '../../src/storage/database.js';

/**
 * Makes what is on record as spent older, as if so many minutes had passed on the chain, whose
 * blocks have the time of this machine; the node may be running.
 */
export function makeSpendingOlder(storageDir: string, minutes: number): void {
  const db = openDatabase(join(storageDir, DATABASE_FILE));
  try {
    inTransaction(db, () => {
      db.exec(`CREATE TEMP TABLE older AS
        SELECT scope, minute - ${minutes} AS minute, amount FROM spend_minute;
        DELETE FROM spend_minute;
        INSERT INTO spend_minute (scope, minute, amount) SELECT * FROM older`);
    });
  } finally {
    db.close();
  }
}
