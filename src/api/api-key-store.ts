import { assertInTransaction, type Database } from '../storage/database.js';
import { SCOPES, type Scope } from './access.js';

/** A key as it is stored: of its secret only the hash. */
export interface StoredApiKey {
  /** 12 hex digits; it stands in the token. */
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** SHA-256. The secret has 256 random bits, so there is nothing to guess by trying words. */
  readonly secretHash: Buffer;
  readonly createdMs: number;
  /** Null: never. */
  readonly expiresMs: number | null;
  readonly revokedMs: number | null;
  /** The key that was made to take its place. */
  readonly replacedBy: string | null;
  /** To the minute. */
  readonly lastUsedMs: number | null;
}

export type ApiKeyStore = ReturnType<typeof createApiKeyStore>;

/** The one reader and writer of `api_key`. */
export function createApiKeyStore(db: Database) {
  const byId = db.prepare('SELECT * FROM api_key WHERE id = ?');
  const all = db.prepare('SELECT * FROM api_key ORDER BY created_ms, id');
  const living = db
    .prepare(`SELECT COUNT(*) FROM api_key
      WHERE revoked_ms IS NULL AND (expires_ms IS NULL OR expires_ms > ?)`)
    .pluck();
  const forget = db.prepare(
    'DELETE FROM api_key WHERE revoked_ms < @before OR expires_ms < @before',
  );
  const insert = db.prepare(`INSERT INTO api_key (id, name, scopes, secret_hash, created_ms,
    expires_ms) VALUES (@id, @name, @scopes, @secretHash, @createdMs, @expiresMs)`);
  const replace = db.prepare('UPDATE api_key SET replaced_by = ?, expires_ms = ? WHERE id = ?');
  const revoke = db.prepare('UPDATE api_key SET revoked_ms = ? WHERE id = ?');
  const use = db.prepare('UPDATE api_key SET last_used_ms = ? WHERE id = ?');

  return {
    get(id: string): StoredApiKey | null {
      const row = byId.get(id) as Row | undefined;
      return row === undefined ? null : keyFrom(row);
    },

    /** Oldest first. */
    all: (): StoredApiKey[] => (all.all() as Row[]).map(keyFrom),

    countLiving: (nowMs: number): number => Number(living.get(Math.round(nowMs))),

    /** Drops those that ended before a time: the audit log tells of them. */
    forgetEnded(beforeMs: number): void {
      assertInTransaction(db);
      forget.run({ before: Math.round(beforeMs) });
    },

    add(key: StoredApiKey): void {
      assertInTransaction(db);
      insert.run({ ...key, scopes: key.scopes.join(' ') });
    },

    /** Says which key takes its place, and until when this one still works. */
    replace(id: string, by: string, expiresMs: number): void {
      assertInTransaction(db);
      replace.run(by, Math.round(expiresMs), id);
    },

    revoke(id: string, atMs: number): void {
      assertInTransaction(db);
      revoke.run(Math.round(atMs), id);
    },

    used(id: string, atMs: number): void {
      assertInTransaction(db);
      use.run(Math.round(atMs), id);
    },
  };
}

type Row = Record<string, bigint | string | Buffer | null>;

const numberOrNull = (value: Row[string] | undefined): number | null =>
  value === null || value === undefined ? null : Number(value);

const keyFrom = (row: Row): StoredApiKey => ({
  id: row.id as string,
  name: row.name as string,
  // What an older version knew and this one does not is no scope.
  scopes: SCOPES.filter((scope) => String(row.scopes).split(' ').includes(scope)),
  secretHash: row.secret_hash as Buffer,
  createdMs: Number(row.created_ms),
  expiresMs: numberOrNull(row.expires_ms),
  revokedMs: numberOrNull(row.revoked_ms),
  replacedBy: row.replaced_by as string | null,
  lastUsedMs: numberOrNull(row.last_used_ms),
});
