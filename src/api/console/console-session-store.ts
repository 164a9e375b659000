import { assertInTransaction, type Database } from '../../storage/database.js';

export type ConsoleSessionStore = ReturnType<typeof createConsoleSessionStore>;

/** The one writer of `console_session`. A session is kept by the SHA-256 of its token. */
export function createConsoleSessionStore(db: Database) {
  const insert = db.prepare(
    'INSERT INTO console_session (token_hash, created_ms, expires_ms) VALUES (?, ?, ?)',
  );
  const find = db.prepare('SELECT expires_ms FROM console_session WHERE token_hash = ?');
  const remove = db.prepare('DELETE FROM console_session WHERE token_hash = ?');
  const removeOld = db.prepare('DELETE FROM console_session WHERE expires_ms <= ?');
  const keepNewest = db.prepare(`DELETE FROM console_session WHERE token_hash NOT IN
    (SELECT token_hash FROM console_session ORDER BY created_ms DESC LIMIT ? + 0)`);

  return {
    /** Adds a session, and drops those that are over and, beyond `kept`, the oldest. */
    add(session: {
      readonly tokenHash: Buffer;
      readonly createdMs: number;
      readonly expiresMs: number;
      readonly kept: number;
    }): void {
      assertInTransaction(db);
      const { tokenHash, createdMs, expiresMs, kept } = session;
      removeOld.run(createdMs);
      insert.run(tokenHash, createdMs, expiresMs);
      keepNewest.run(kept);
    },

    isOpen(tokenHash: Buffer, nowMs: number): boolean {
      const row = find.get(tokenHash) as { expires_ms: bigint } | undefined;
      return row !== undefined && Number(row.expires_ms) > nowMs;
    },

    /** Whether there was one. */
    remove(tokenHash: Buffer): boolean {
      assertInTransaction(db);
      return remove.run(tokenHash).changes > 0;
    },
  };
}
