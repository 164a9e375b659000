import { NodeError } from '../base/node-error.js';

/** What the vault needs of a keystore: key-encryption keys, 32 bytes each, by name. */
export interface KeyRing {
  /** Oldest first. */
  ids(): readonly string[];
  /** Null when there is no such key. The buffer stays the ring's. */
  key(id: string): Buffer | null;
  /** Adds a fresh key for good; answers its id. */
  add(): string;
  /** What is encrypted under these keys alone can never be read again. */
  remove(ids: readonly string[]): void;
}

export interface KeyEncryptionKeys {
  /** Null where there are none yet. */
  open(): Promise<KeyRing | null>;
  openOrCreate(): Promise<KeyRing>;
}

/** The key of a ring. Throws a NodeError VAULT_KEY_MISSING. */
export function requireKey(ring: KeyRing | null, id: string): Buffer {
  const key = ring?.key(id) ?? null;
  if (key !== null) return key;
  throw new NodeError('VAULT_KEY_MISSING', `the vault's key file does not have the key ${id}`, {
    hint: 'restore the key file that belongs to this database, or set the secrets anew',
  });
}
