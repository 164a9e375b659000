import {
  closeSync,
  fstatSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { messageOf, NodeError } from '../base/node-error.js';

/** A key as the file holds it: encrypted under what the wallet's password gives by scrypt. */
export interface SealedKey {
  /** 16 hex digits. */
  readonly id: string;
  readonly box: Buffer;
}

export interface SealedSharingKey extends SealedKey {
  /** X25519, 32 bytes; the private one is in the box. */
  readonly publicKey: Buffer;
}

/** Cost and salt of scrypt (RFC 7914). */
export interface ScryptParameters {
  readonly n: number;
  readonly r: number;
  readonly p: number;
  readonly salt: Buffer;
}

/** What the file of the vault's keys holds. */
export interface VaultKeyFile {
  readonly scrypt: ScryptParameters;
  /** Key-encryption keys, oldest first. */
  readonly keys: readonly SealedKey[];
  /** Keys that authors encrypt to, oldest first. */
  readonly sharing: readonly SealedSharingKey[];
}

/** What scrypt of a file may work on. */
const MAX_SCRYPT_BYTES = 1024 * 1024 * 1024;
const MAX_FILE_BYTES = 1_048_576;
const OTHERS_MASK = 0o077;

/** The memory that scrypt takes (RFC 7914, 2: blocks of 128 * r bytes). */
export const scryptBytes = ({ n, r, p }: Omit<ScryptParameters, 'salt'>): number =>
  128 * r * (n + p + 2);

const id = z.string().regex(/^[0-9a-f]{16}$/);
const bytes = z.base64().transform((text) => Buffer.from(text, 'base64'));
const fileSchema = z.strictObject({
  dodonaVaultKeys: z.literal(1),
  scrypt: z
    .strictObject({
      n: z.int().min(2),
      r: z.int().min(1).max(64),
      p: z.int().min(1).max(64),
      salt: bytes,
    })
    .refine(({ n }) => Number.isInteger(Math.log2(n)))
    .refine((cost) => scryptBytes(cost) <= MAX_SCRYPT_BYTES),
  keys: z.array(z.strictObject({ id, box: bytes })).min(1),
  sharing: z.array(z.strictObject({ id, publicKey: bytes, box: bytes })).min(1),
});

export interface ReadKeyFile extends VaultKeyFile {
  /** Changes whenever the file does. */
  readonly stamp: string;
}

/**
 * Reads the file; null where there is none. It must be for its owner only. Throws a NodeError
 * VAULT_KEYS.
 */
export function readKeyFile(path: string): ReadKeyFile | null {
  const { stamp, text } = readPrivate(path) ?? { stamp: '', text: null };
  if (text === null) return null;
  try {
    const { scrypt, keys, sharing } = fileSchema.parse(JSON.parse(text));
    return { scrypt, keys, sharing, stamp };
  } catch {
    // What is wrong in it is not told: a parser quotes what it read.
    const problem = `${path} does not hold the keys of a vault`;
    throw refusal(problem, 'restore it from a backup: without it no secret can be read');
  }
}

/** A cheap look at whether the file is still the one that was read. */
export function keyFileStamp(path: string): string | null {
  return readPrivate(path, false)?.stamp ?? null;
}

function readPrivate(path: string, wantsText = true): { stamp: string; text: string } | null {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (cause) {
    if ((cause as { code?: string }).code === 'ENOENT') return null;
    throw refusal(`cannot read the vault's keys: ${messageOf(cause)}`, 'check vault.keyFile');
  }
  try {
    const { mode, size, ino, mtimeMs } = fstatSync(file);
    if ((mode & OTHERS_MASK) !== 0) {
      throw refusal(`others may read or write ${path}`, `run: chmod 600 ${path}`);
    }
    if (size > MAX_FILE_BYTES) {
      throw refusal(`${path} has more than ${MAX_FILE_BYTES} bytes`, 'check vault.keyFile');
    }
    const text = wantsText ? readFileSync(file, 'utf8') : '';
    return { stamp: `${ino}:${mtimeMs}:${size}`, text };
  } finally {
    closeSync(file);
  }
}

/**
 * Writes the file, mode 0600: afterwards the whole new one is there, or the whole old one.
 * @param how `create` never replaces a file; answers false when there is one already.
 */
export function writeKeyFile(path: string, file: VaultKeyFile, how: 'create' | 'replace'): boolean {
  const next = `${path}.next-${process.pid}`;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeDurably(next, `${JSON.stringify(wireForm(file), null, 2)}\n`);
    if (how === 'create') linkSync(next, path);
    else renameSync(next, path);
    const dir = openSync(dirname(path), 'r');
    fsyncSync(dir);
    closeSync(dir);
    return true;
  } catch (cause) {
    if (how === 'create' && (cause as { code?: string }).code === 'EEXIST') return false;
    const problem = `cannot write the vault's keys ${path}: ${messageOf(cause)}`;
    throw refusal(problem, 'make its directory writable, or set vault.keyFile');
  } finally {
    rmSync(next, { force: true });
  }
}

function writeDurably(path: string, text: string): void {
  rmSync(path, { force: true });
  const file = openSync(path, 'wx', 0o600);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function wireForm({ scrypt, keys, sharing }: VaultKeyFile) {
  const base64 = (part: Buffer): string => part.toString('base64');
  return {
    dodonaVaultKeys: 1,
    scrypt: { n: scrypt.n, r: scrypt.r, p: scrypt.p, salt: base64(scrypt.salt) },
    keys: keys.map((key) => ({ id: key.id, box: base64(key.box) })),
    sharing: sharing.map((key) => ({
      id: key.id,
      publicKey: base64(key.publicKey),
      box: base64(key.box),
    })),
  };
}

const refusal = (message: string, hint: string): NodeError =>
  new NodeError('VAULT_KEYS', message, { hint });
