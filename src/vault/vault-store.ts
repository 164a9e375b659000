import type { Hash160 } from '../base/hash.js';
import { assertInTransaction, type Database } from '../storage/database.js';
import type { Envelope, EnvelopeLabel } from './envelope.js';
import type { SecretId } from './secret-limits.js';

/** A secret as it is stored. */
export interface StoredSecret extends EnvelopeLabel, Envelope {
  /** Key-encryption key that the data key is under. */
  readonly keyId: string;
  /** Rotation of data keys that made its data key. */
  readonly epoch: number;
  readonly createdMs: number;
  readonly changedMs: number;
}

/** For what a granted requester may use a secret. */
export type SecretUse =
  | {
      readonly kind: 'function';
      /** SHA-256 of the code, 64 hex digits. */
      readonly codeHash: string;
    }
  | { readonly kind: 'web' };

export interface Grant extends SecretId {
  /** Contract, or account, that asks. */
  readonly requester: Hash160;
  readonly use: SecretUse;
  /** Origins that the secret may be sent to, e.g. `https://api.example.org`. */
  readonly hosts: readonly string[];
  readonly createdMs: number;
}

interface SecretRow {
  readonly owner: Hash160;
  readonly name: string;
  readonly version: bigint;
  readonly epoch: bigint;
  readonly key_id: string;
  readonly wrapped_key: Buffer;
  readonly sealed_value: Buffer;
  readonly may_be_result: bigint;
  readonly created_ms: bigint;
  readonly changed_ms: bigint;
}

interface GrantRow {
  readonly requester: Hash160;
  readonly use: 'function' | 'web';
  readonly code_hash: string;
  readonly name: string;
  readonly owner: Hash160;
  readonly hosts: string;
  readonly created_ms: bigint;
}

const secretOf = (row: SecretRow): StoredSecret => ({
  owner: row.owner,
  name: row.name,
  version: Number(row.version),
  epoch: Number(row.epoch),
  keyId: row.key_id,
  wrappedKey: row.wrapped_key,
  sealedValue: row.sealed_value,
  mayBeResult: row.may_be_result === 1n,
  createdMs: Number(row.created_ms),
  changedMs: Number(row.changed_ms),
});

const grantOf = (row: GrantRow): Grant => ({
  requester: row.requester,
  use: row.use === 'web' ? { kind: 'web' } : { kind: 'function', codeHash: row.code_hash },
  name: row.name,
  owner: row.owner,
  hosts: JSON.parse(row.hosts) as string[],
  createdMs: Number(row.created_ms),
});

const codeHashOf = (use: SecretUse): string => (use.kind === 'web' ? '' : use.codeHash);

export type VaultStore = ReturnType<typeof createVaultStore>;

/** The one reader and writer of the vault's tables: secrets and grants. */
export function createVaultStore(db: Database) {
  const secret = db.prepare('SELECT * FROM vault_secret WHERE owner = ? AND name = ?');
  const secrets = db.prepare(`SELECT * FROM vault_secret
    WHERE @owner IS NULL OR owner = @owner ORDER BY owner, name`);
  const after = db.prepare(`SELECT * FROM vault_secret
    WHERE (@owner IS NULL OR owner = @owner) AND (owner, name) > (@afterOwner, @afterName)
    ORDER BY owner, name LIMIT @limit + 0`);
  const any = db.prepare('SELECT 1 FROM vault_secret LIMIT 1');
  const countSecrets = db.prepare('SELECT COUNT(*) FROM vault_secret WHERE owner = ?').pluck();
  const countAll = db.prepare('SELECT COUNT(*) FROM vault_secret').pluck();
  const put = db.prepare(`INSERT INTO vault_secret (owner, name, version, epoch, key_id,
      wrapped_key, sealed_value, may_be_result, created_ms, changed_ms)
    VALUES (@owner, @name, @version, @epoch, @keyId, @wrappedKey, @sealedValue, @mayBeResult,
      @createdMs, @changedMs)
    ON CONFLICT (owner, name) DO UPDATE SET version = @version, epoch = @epoch, key_id = @keyId,
      wrapped_key = @wrappedKey, sealed_value = @sealedValue, may_be_result = @mayBeResult,
      changed_ms = @changedMs`);
  const remove = db.prepare('DELETE FROM vault_secret WHERE owner = ? AND name = ?');
  const grant = db.prepare(`SELECT * FROM vault_grant
    WHERE requester = ? AND use = ? AND code_hash = ? AND name = ?`);
  const grants = db.prepare(`SELECT * FROM vault_grant WHERE owner = ? AND name = ?
    ORDER BY requester, use, code_hash`);
  const putGrant = db.prepare(`INSERT OR REPLACE INTO vault_grant
      (requester, use, code_hash, name, owner, hosts, created_ms)
    VALUES (@requester, @use, @codeHash, @name, @owner, @hosts, @createdMs)`);
  const removeGrant = db.prepare(`DELETE FROM vault_grant
    WHERE requester = ? AND use = ? AND code_hash = ? AND name = ? AND owner = ?`);

  return {
    secret({ owner, name }: SecretId): StoredSecret | null {
      const row = secret.get(owner, name) as SecretRow | undefined;
      return row === undefined ? null : secretOf(row);
    },

    /** By owner and name; of one owner where one is given. */
    secrets: (owner: Hash160 | null): StoredSecret[] =>
      (secrets.all({ owner }) as SecretRow[]).map(secretOf),

    /** A page of them, after one. */
    secretsAfter(
      owner: Hash160 | null,
      { owner: afterOwner, name: afterName }: { readonly owner: string; readonly name: string },
      limit: number,
    ): StoredSecret[] {
      return (after.all({ owner, afterOwner, afterName, limit }) as SecretRow[]).map(secretOf);
    },

    isEmpty: (): boolean => any.get() === undefined,

    /** Of one owner; null: of all. */
    countSecrets: (owner: Hash160 | null): number =>
      Number(owner === null ? countAll.get() : countSecrets.get(owner)),

    /** Adds a secret, or replaces what is stored of it. */
    put(stored: StoredSecret): void {
      assertInTransaction(db);
      put.run({ ...stored, mayBeResult: stored.mayBeResult ? 1 : 0 });
    },

    /** With its grants. */
    remove({ owner, name }: SecretId): void {
      assertInTransaction(db);
      remove.run(owner, name);
    },

    grant(requester: Hash160, use: SecretUse, name: string): Grant | null {
      const row = grant.get(requester, use.kind, codeHashOf(use), name) as GrantRow | undefined;
      return row === undefined ? null : grantOf(row);
    },

    grants: ({ owner, name }: SecretId): Grant[] =>
      (grants.all(owner, name) as GrantRow[]).map(grantOf),

    putGrant({ requester, use, name, owner, hosts, createdMs }: Grant): void {
      assertInTransaction(db);
      const place = { requester, use: use.kind, codeHash: codeHashOf(use), name, owner };
      putGrant.run({ ...place, hosts: JSON.stringify(hosts), createdMs });
    },

    /** False when there was none. */
    removeGrant({ requester, use, name, owner }: Omit<Grant, 'hosts' | 'createdMs'>): boolean {
      assertInTransaction(db);
      const { changes } = removeGrant.run(requester, use.kind, codeHashOf(use), name, owner);
      return changes > 0;
    },
  };
}
