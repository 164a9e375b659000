import { scrypt } from 'node:crypto';
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
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { messageOf, NodeError } from '../base/node-error.js';
import { BOX_KEY_BYTES } from '../base/sealed-box.js';
import { openToOthers } from '../config/private-mode.js';

/** How the errors of a kind of key file speak of it. */
export interface KeyFileWords {
  /** Of its NodeErrors. */
  readonly code: string;
  /** What is in it, e.g. "the vault's keys". */
  readonly what: string;
  /** The key of the configuration that names it. */
  readonly setting: string;
}

/** Cost and salt of scrypt (RFC 7914). */
export interface ScryptParameters {
  readonly n: number;
  readonly r: number;
  readonly p: number;
  readonly salt: Buffer;
}

/** OWASP's advice for scrypt with 32 MiB (Password Storage Cheat Sheet). */
export const SCRYPT_COST = { n: 32_768, r: 8, p: 3 };
export const SALT_BYTES = 16;

/** What scrypt of a file may work on. */
const MAX_SCRYPT_BYTES = 1024 * 1024 * 1024;
const MAX_FILE_BYTES = 1_048_576;

/** The memory that scrypt takes (RFC 7914, 2: blocks of 128 * r bytes). */
const scryptBytes = ({ n, r, p }: Omit<ScryptParameters, 'salt'>): number => 128 * r * (n + p + 2);

/** Bytes in base64, as key files hold them. */
export const base64Bytes = z.base64().transform((text) => Buffer.from(text, 'base64'));

export const scryptSchema = z
  .strictObject({
    n: z.int().min(2),
    r: z.int().min(1).max(64),
    p: z.int().min(1).max(64),
    salt: base64Bytes,
  })
  .refine(({ n }) => Number.isInteger(Math.log2(n)))
  .refine((cost) => scryptBytes(cost) <= MAX_SCRYPT_BYTES);

export const scryptForm = ({ n, r, p, salt }: ScryptParameters) => ({
  n,
  r,
  p,
  salt: salt.toString('base64'),
});

/** The key that a file's keys are encrypted under: scrypt of the password. */
export function masterKey(password: string, parameters: ScryptParameters): Promise<Buffer> {
  const { n, r, p, salt } = parameters;
  const maxmem = 2 * scryptBytes(parameters);
  return new Promise((resolve, reject) => {
    scrypt(password, salt, BOX_KEY_BYTES, { N: n, r, p, maxmem }, (error, key) => {
      if (error === null) resolve(key);
      else reject(error);
    });
  });
}

/** The text of a file; its stamp changes whenever the file does. */
export interface PrivateText {
  readonly stamp: string;
  readonly text: string;
}

/**
 * Reads a file that must be for its owner only; null where there is none. Without the text it is a
 * cheap look at whether the file is still the one that was read.
 */
export function readPrivateText(
  path: string,
  words: KeyFileWords,
  wantsText = true,
): PrivateText | null {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (cause) {
    if ((cause as { code?: string }).code === 'ENOENT') return null;
    const problem = `cannot read ${words.what}: ${messageOf(cause)}`;
    throw refusal(words, problem, `check ${words.setting}`);
  }
  try {
    const stats = fstatSync(file);
    const open = openToOthers(path, stats);
    if (open !== null) throw refusal(words, open.problem, open.todo);
    const { size, ino, mtimeMs } = stats;
    if (size > MAX_FILE_BYTES) {
      const problem = `${path} has more than ${MAX_FILE_BYTES} bytes`;
      throw refusal(words, problem, `check ${words.setting}`);
    }
    const text = wantsText ? readFileSync(file, 'utf8') : '';
    return { stamp: `${ino}:${mtimeMs}:${size}`, text };
  } finally {
    closeSync(file);
  }
}

/**
 * Writes a file, mode 0600: afterwards the whole new one is there, or the whole old one.
 * @param how `create` never replaces a file; answers false when there is one already.
 */
export function writePrivateText(
  path: string,
  text: string,
  how: 'create' | 'replace',
  words: KeyFileWords,
): boolean {
  const next = `${path}.next-${process.pid}`;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeDurably(next, text);
    if (how === 'create') linkSync(next, path);
    else renameSync(next, path);
    const dir = openSync(dirname(path), 'r');
    fsyncSync(dir);
    closeSync(dir);
    return true;
  } catch (cause) {
    if (how === 'create' && (cause as { code?: string }).code === 'EEXIST') return false;
    const problem = `cannot write ${words.what} to ${path}: ${messageOf(cause)}`;
    throw refusal(words, problem, `make its directory writable, or set ${words.setting}`);
  } finally {
    rmSync(next, { force: true });
  }
}

function writeDurably(path: string, text: string): void {
  rmSync(path, { force: true });
  const file = openSync(path, 'wx', 0o600);
  try {
    // All of it, or an error: a full disk takes a part of a single write.
    writeFileSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

export const refusal = ({ code }: KeyFileWords, message: string, hint: string): NodeError =>
  new NodeError(code, message, { hint });
