import type { Hash160, Hash256 } from '../base/hash.js';
import { NodeError } from '../base/node-error.js';
import { assertInTransaction, type Database } from '../storage/database.js';

/** The last block whose events are in the database, and a block whose hash is known. */
export interface Cursor {
  readonly height: number;
  readonly known: { readonly height: number; readonly hash: Hash256 } | null;
}

export type CursorStore = ReturnType<typeof createCursorStore>;

/** The one writer of `chain_cursor`. It moves in the transaction that takes the blocks in. */
export function createCursorStore(db: Database) {
  const select = db.prepare('SELECT * FROM chain_cursor');
  const insert = db.prepare(
    'INSERT INTO chain_cursor (only_row, magic, gateway, height) VALUES (1, ?, ?, ?)',
  );
  const advanceTo = db.prepare(`UPDATE chain_cursor SET height = @height,
    known_height = CASE WHEN @hash IS NULL THEN known_height ELSE @height END,
    known_hash = COALESCE(@hash, known_hash) WHERE height = @before`);

  function read(): Cursor | null {
    const row = select.get() as Record<string, bigint | string | null> | undefined;
    if (row === undefined) return null;
    const hash = row.known_hash as Hash256 | null;
    return {
      height: Number(row.height),
      known: hash === null ? null : { height: Number(row.known_height), hash },
    };
  }

  return {
    read,

    /**
     * Sets the cursor of a fresh database before `startBlock`; on one that is in use, proves that
     * it belongs to the same network and gateway, else throws a NodeError: DB_OTHER_CHAIN.
     */
    begin(magic: number, gateway: Hash160, startBlock: number): Cursor {
      assertInTransaction(db);
      const row = select.get() as { magic: bigint; gateway: string } | undefined;
      if (row === undefined) insert.run(magic, gateway, startBlock - 1);
      else if (row.magic !== BigInt(magic) || row.gateway !== gateway) {
        throw new NodeError(
          'DB_OTHER_CHAIN',
          `the database holds network ${row.magic} and gateway ${row.gateway}, but the ` +
            `configuration names network ${magic} and gateway ${gateway}`,
          { hint: 'use another storage.dir for another network or gateway' },
        );
      }
      return read() as Cursor;
    },

    /** Moves over the blocks from `first` to `last`, which must follow the cursor. */
    advance(first: number, last: number, hash: Hash256 | null): void {
      assertInTransaction(db);
      if (advanceTo.run({ before: first - 1, height: last, hash }).changes !== 1) {
        throw new Error(`bug: block ${first} does not follow the cursor ${read()?.height}`);
      }
    },
  };
}
