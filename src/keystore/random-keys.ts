import { basename, dirname, extname, join } from 'node:path';
import { toHex } from '../base/bytes.js';
import { NodeError } from '../base/node-error.js';
import { openBox, publicKeyId, type RandomBytes, sealBox } from '../base/sealed-box.js';
import { publicKeyOf, SCALAR_SEED_BYTES, secretFrom } from '../vrf/proof.js';
import type { SecretRandomKey } from '../vrf/prover.js';
import { masterKey, SALT_BYTES, SCRYPT_COST } from './private-key-file.js';
import {
  MAX_RANDOM_KEYS,
  type RandomKeyFile,
  type ReadRandomKeyFile,
  randomKeyFileStamp,
  readRandomKeyFile,
  type SealedRandomKey,
  writeRandomKeyFile,
} from './random-key-file.js';

/** What scrypt works on (RFC 7914). */
export interface ScryptCost {
  readonly n: number;
  readonly r: number;
  readonly p: number;
}

/** The keys of random numbers that this node holds. */
export interface RandomKeys {
  /** Public keys (96 bytes each), oldest first; no password is asked for. */
  publicKeys(): readonly Buffer[];
  /** Null when the file has no such key. The buffers stay the keystore's. */
  find(publicKey: Uint8Array): Promise<SecretRandomKey | null>;
  /** Adds a fresh key to the file, which is made when there is none; the others stay. */
  add(): Promise<SecretRandomKey>;
  /**
   * Moves a key out of the file into one of its own, beside it, under the same password: first it
   * is in both. Does nothing where that is done. Answers the new file.
   */
  setAside(publicKey: Uint8Array): string;
}

/**
 * The keystore of the random keys: a file of its own, mode 0600, in which each secret is encrypted
 * with AES-256-GCM under a key that scrypt derives from a password. The file is read again whenever
 * it changed, so that a running node finds what was added. Throws a NodeError: RANDOM_KEYS,
 * RANDOM_KEYS_PASSWORD, RANDOM_KEYS_CHANGED, and what `readPassword` throws.
 */
export function createRandomKeys(options: {
  readonly file: string;
  /** Asked each time that the file has to be opened. */
  readonly readPassword: () => string;
  readonly random: RandomBytes;
  /** Of a new file; tests take less. */
  readonly cost?: ScryptCost;
}): RandomKeys {
  const { file, readPassword, random, cost = SCRYPT_COST } = options;
  let opened: Promise<OpenedFile | null> | null = null;
  let openedStamp: string | null = null;

  /** One opening serves all who ask meanwhile: scrypt takes memory. */
  function open(): Promise<OpenedFile | null> {
    const stamp = randomKeyFileStamp(file);
    if (stamp === null) return Promise.resolve(null);
    if (opened === null || stamp !== openedStamp) {
      const opening = openFile(file, readPassword);
      openedStamp = stamp;
      opened = opening;
      // A failure is told to who asked, and tried again for the next.
      opening.catch(() => {
        if (opened === opening) opened = null;
      });
    }
    return opened;
  }

  async function create(): Promise<SecretRandomKey> {
    const parameters = { ...cost, salt: random(SALT_BYTES) };
    const master = await masterKey(readPassword(), parameters);
    const fresh = freshKey(master, random);
    const written = writeRandomKeyFile(file, { scrypt: parameters, keys: [fresh] }, 'create');
    if (!written) throw changed(file);
    return requireWritten(fresh);
  }

  /** What was written is read back: a key that is lost would be missed when it is needed. */
  async function requireWritten({ publicKey }: SealedRandomKey): Promise<SecretRandomKey> {
    const key = (await open())?.find(publicKey) ?? null;
    if (key === null) throw changed(file);
    return key;
  }

  return {
    publicKeys: () => readRandomKeyFile(file)?.keys.map(({ publicKey }) => publicKey) ?? [],
    find: async (publicKey) => (await open())?.find(publicKey) ?? null,
    async add() {
      const present = await open();
      if (present === null) return create();
      const { read, master } = present;
      if (read.keys.length >= MAX_RANDOM_KEYS) throw full(file);
      const fresh = freshKey(master, random);
      if (randomKeyFileStamp(file) !== read.stamp) throw changed(file);
      const next: RandomKeyFile = { scrypt: read.scrypt, keys: [...read.keys, fresh] };
      writeRandomKeyFile(file, next, 'replace');
      return requireWritten(fresh);
    },
    setAside: (publicKey) => setAside(file, publicKey),
  };
}

/** Where a key that is not needed any more goes. */
export function randomKeyAside(file: string, publicKey: Uint8Array): string {
  const extension = extname(file);
  const name = `${basename(file, extension)}.retired-${publicKeyId(publicKey)}${extension}`;
  return join(dirname(file), name);
}

function setAside(file: string, publicKey: Uint8Array): string {
  const aside = randomKeyAside(file, publicKey);
  const read = readRandomKeyFile(file);
  const isIt = (key: SealedRandomKey): boolean => key.publicKey.equals(publicKey);
  const found = read?.keys.filter(isIt) ?? [];
  if (read === null || found.length === 0) return aside;
  const written = writeRandomKeyFile(aside, { scrypt: read.scrypt, keys: found }, 'create');
  const isThere = written || readRandomKeyFile(aside)?.keys.some(isIt) === true;
  if (!isThere || randomKeyFileStamp(file) !== read.stamp) throw changed(file);
  const keys = read.keys.filter((key) => !isIt(key));
  writeRandomKeyFile(file, { scrypt: read.scrypt, keys }, 'replace');
  return aside;
}

interface OpenedFile {
  readonly read: ReadRandomKeyFile;
  readonly master: Buffer;
  find(publicKey: Uint8Array): SecretRandomKey | null;
}

async function openFile(file: string, readPassword: () => string): Promise<OpenedFile | null> {
  const read = readRandomKeyFile(file);
  if (read === null) return null;
  const master = await masterKey(readPassword(), read.scrypt);
  const known = new Map<string, SecretRandomKey>();
  const opened: OpenedFile = {
    read,
    master,
    find(publicKey) {
      const name = toHex(publicKey);
      const sealed = read.keys.find((key) => toHex(key.publicKey) === name);
      if (sealed === undefined) return null;
      const key = known.get(name) ?? openKey(file, master, sealed);
      known.set(name, key);
      return key;
    },
  };
  // All are under one password: whether it is the right one shows on any of them.
  for (const { publicKey } of read.keys.slice(-1)) opened.find(publicKey);
  return opened;
}

const boundTo = (publicKey: Uint8Array): string[] => ['dodona random key', toHex(publicKey)];

function freshKey(master: Buffer, random: RandomBytes): SealedRandomKey {
  const seed = random(SCALAR_SEED_BYTES);
  const secret = secretFrom(seed);
  const publicKey = publicKeyOf(secret);
  const box = sealBox(master, secret, boundTo(publicKey), random);
  seed.fill(0);
  secret.fill(0);
  return { publicKey, box };
}

function openKey(file: string, master: Buffer, { publicKey, box }: SealedRandomKey) {
  const secret = openBox(master, box, boundTo(publicKey));
  if (secret !== null) return { publicKey, secret };
  throw new NodeError('RANDOM_KEYS_PASSWORD', `the password does not open ${file}`, {
    hint: 'check random.passwordFile; without it, wallet.passwordFile is the one',
  });
}

const changed = (file: string): NodeError =>
  new NodeError('RANDOM_KEYS_CHANGED', `${file} was changed by somebody else meanwhile`, {
    retryable: true,
    hint: 'run the command again',
  });

const full = (file: string): NodeError =>
  new NodeError('RANDOM_KEYS', `${file} holds ${MAX_RANDOM_KEYS} keys, the most that it may`, {
    hint: 'move it away once no request needs its keys: dodona requests list --kind random',
  });

/** How a random key is named to people: see `publicKeyId`. */
export const randomKeyName = (publicKey: Uint8Array): string => publicKeyId(publicKey);
