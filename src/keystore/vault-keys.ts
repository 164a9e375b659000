import { createPrivateKey, createPublicKey } from 'node:crypto';
import { toHex } from '../base/bytes.js';
import { NodeError } from '../base/node-error.js';
import {
  BOX_KEY_BYTES,
  openBox,
  publicKeyId,
  type RandomBytes,
  sealBox,
} from '../base/sealed-box.js';
import { masterKey, SALT_BYTES, SCRYPT_COST } from './private-key-file.js';
import {
  keyFileStamp,
  type ReadKeyFile,
  readKeyFile,
  type SealedKey,
  type SealedSharingKey,
  type VaultKeyFile,
  writeKeyFile,
} from './vault-key-file.js';

/** Which key authors encrypt secrets to (X25519, 32 bytes each). */
export interface SharingKey {
  readonly id: string;
  readonly publicKey: Buffer;
  readonly privateKey: Buffer;
}

/** The keys of the vault, opened. The buffers belong to the ring. */
export interface VaultKeyRing {
  /** Key-encryption keys, oldest first. */
  ids(): readonly string[];
  /** 32 bytes; null when the file has no such key, also after it was read again. */
  key(id: string): Buffer | null;
  /** Adds a fresh key-encryption key to the file; answers its id. */
  add(): string;
  /** Takes key-encryption keys out of the file: what is under them alone is gone for ever. */
  remove(ids: readonly string[]): void;
  /** Keys that authors encrypt to, the one to be used last. */
  sharing(): readonly SharingKey[];
  /** Adds a fresh one; of the earlier ones only the last stays, for what is on its way. */
  renewSharing(): SharingKey;
}

export interface VaultKeys {
  /** Null where there is no file yet. */
  open(): Promise<VaultKeyRing | null>;
  /** Makes the file with fresh keys where there is none. */
  openOrCreate(): Promise<VaultKeyRing>;
  /** Encrypts all keys anew under the present password. */
  reseal(previousPassword: string): Promise<void>;
}

const ID_BYTES = 8;

/** Header of an X25519 private key in PKCS #8 (RFC 8410). */
const PKCS8_X25519 = Buffer.from('302e020100300506032b656e04220420', 'hex');

/**
 * The keystore of the vault: a file of its own, mode 0600, in which each key is encrypted with
 * AES-256-GCM under a key that scrypt derives from the wallet's password. Throws a NodeError:
 * VAULT_KEYS, VAULT_KEYS_PASSWORD, VAULT_KEYS_CHANGED, and what `readPassword` throws.
 */
export function createVaultKeys(options: {
  readonly file: string;
  /** Asked each time that the file has to be opened. */
  readonly readPassword: () => string;
  readonly random: RandomBytes;
  /** Of a new file; tests take less. */
  readonly cost?: { readonly n: number; readonly r: number; readonly p: number };
}): VaultKeys {
  const { file, readPassword, random, cost = SCRYPT_COST } = options;
  let opened: { ring: VaultKeyRing; stamp: string } | null = null;

  async function open(): Promise<VaultKeyRing | null> {
    const stamp = keyFileStamp(file);
    if (stamp === null) return null;
    if (opened?.stamp === stamp) return opened.ring;
    const read = readKeyFile(file);
    if (read === null) return null;
    const master = await masterKey(readPassword(), read.scrypt);
    requirePassword(file, read, master);
    const ring = createRing({ file, read, master, random });
    opened = { ring, stamp: read.stamp };
    return ring;
  }

  return {
    open,
    async openOrCreate() {
      const present = await open();
      if (present !== null) return present;
      const scryptParameters = { ...cost, salt: random(SALT_BYTES) };
      const master = await masterKey(readPassword(), scryptParameters);
      const first: VaultKeyFile = {
        scrypt: scryptParameters,
        keys: [freshKey(master, random)],
        sharing: [freshSharing(master, random)],
      };
      // Somebody else may just have made it; then theirs is the one.
      writeKeyFile(file, first, 'create');
      const ring = await open();
      if (ring === null) throw changed(file);
      return ring;
    },
    async reseal(previousPassword) {
      const read = readKeyFile(file);
      if (read === null) throw new NodeError('VAULT_KEYS', `there is no ${file}`);
      const before = await masterKey(previousPassword, read.scrypt);
      requirePassword(file, read, before);
      const parameters = { ...cost, salt: random(SALT_BYTES) };
      const after = await masterKey(readPassword(), parameters);
      const again = <T extends SealedKey>(key: T): T => {
        const plain = openKey(file, before, key);
        const box = sealBox(after, plain, boundTo(key.id), random);
        plain.fill(0);
        return { ...key, box };
      };
      const resealed = { keys: read.keys.map(again), sharing: read.sharing.map(again) };
      if (keyFileStamp(file) !== read.stamp) throw changed(file);
      writeKeyFile(file, { scrypt: parameters, ...resealed }, 'replace');
    },
  };
}

interface RingParts {
  readonly file: string;
  readonly read: ReadKeyFile;
  readonly master: Buffer;
  readonly random: RandomBytes;
}

function createRing({ file, read, master, random }: RingParts): VaultKeyRing {
  let now = read;
  const keys = new Map<string, Buffer>();

  /** Another process may have added or removed keys; under another password it is a new file. */
  function refresh(): void {
    if (keyFileStamp(file) === now.stamp) return;
    const next = readKeyFile(file);
    if (next === null || !next.scrypt.salt.equals(read.scrypt.salt)) throw changed(file);
    now = next;
    const present = new Set([...next.keys, ...next.sharing].map(({ id }) => id));
    for (const id of keys.keys()) if (!present.has(id)) forget(id);
  }

  function forget(id: string): void {
    keys.get(id)?.fill(0);
    keys.delete(id);
  }

  function rewrite(change: Partial<VaultKeyFile>): void {
    writeKeyFile(file, { ...now, ...change }, 'replace');
    refresh();
  }

  function unsealed(sealed: SealedKey): Buffer {
    const known = keys.get(sealed.id);
    if (known !== undefined) return known;
    const plain = openKey(file, master, sealed);
    keys.set(sealed.id, plain);
    return plain;
  }

  const sharingOf = (sealed: SealedSharingKey): SharingKey => ({
    id: sealed.id,
    publicKey: sealed.publicKey,
    privateKey: unsealed(sealed),
  });

  return {
    ids() {
      refresh();
      return now.keys.map(({ id }) => id);
    },
    key(id) {
      refresh();
      const sealed = now.keys.find((key) => key.id === id);
      return sealed === undefined ? null : unsealed(sealed);
    },
    add() {
      refresh();
      const fresh = freshKey(master, random);
      rewrite({ keys: [...now.keys, fresh] });
      return fresh.id;
    },
    remove(ids) {
      refresh();
      const left = now.keys.filter(({ id }) => !ids.includes(id));
      if (left.length < now.keys.length) rewrite({ keys: left });
    },
    sharing() {
      refresh();
      return now.sharing.map(sharingOf);
    },
    renewSharing() {
      refresh();
      const fresh = freshSharing(master, random);
      rewrite({ sharing: [...now.sharing.slice(-1), fresh] });
      return sharingOf(fresh);
    },
  };
}

const boundTo = (id: string): string[] => ['dodona vault key', id];

function freshKey(master: Buffer, random: RandomBytes): SealedKey {
  const [id, key] = [toHex(random(ID_BYTES)), random(BOX_KEY_BYTES)];
  const box = sealBox(master, key, boundTo(id), random);
  key.fill(0);
  return { id, box };
}

/** Any 32 bytes are a private key of X25519 (RFC 7748). */
function freshSharing(master: Buffer, random: RandomBytes): SealedSharingKey {
  const privateKey = random(BOX_KEY_BYTES);
  const pkcs8 = Buffer.concat([PKCS8_X25519, privateKey]);
  const key = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
  const publicKey = createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32);
  const id = publicKeyId(publicKey);
  const box = sealBox(master, privateKey, boundTo(id), random);
  privateKey.fill(0);
  pkcs8.fill(0);
  return { id, publicKey, box };
}

function requirePassword(file: string, { keys }: VaultKeyFile, master: Buffer): void {
  for (const sealed of keys.slice(0, 1)) openKey(file, master, sealed).fill(0);
}

function openKey(file: string, master: Buffer, { id, box }: SealedKey): Buffer {
  const key = openBox(master, box, boundTo(id));
  if (key !== null) return key;
  throw new NodeError('VAULT_KEYS_PASSWORD', `the wallet's password does not open ${file}`, {
    hint: 'after a change of the password: dodona secrets rotate --old-password-file FILE',
  });
}

const changed = (file: string): NodeError =>
  new NodeError('VAULT_KEYS_CHANGED', `${file} was changed by somebody else meanwhile`, {
    retryable: true,
    hint: 'run the command again',
  });
