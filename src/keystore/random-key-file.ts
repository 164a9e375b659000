import { z } from 'zod';
import { PUBLIC_KEY_BYTES } from '../vrf/proof.js';
import {
  base64Bytes,
  type KeyFileWords,
  readPrivateText,
  refusal,
  type ScryptParameters,
  scryptForm,
  scryptSchema,
  writePrivateText,
} from './private-key-file.js';

/** A random key as the file holds it. */
export interface SealedRandomKey {
  /** A compressed point of G2, 96 bytes. */
  readonly publicKey: Buffer;
  /** The secret scalar, encrypted under what the password gives by scrypt. */
  readonly box: Buffer;
}

/** What the file of the random keys holds. */
export interface RandomKeyFile {
  readonly scrypt: ScryptParameters;
  /** Oldest first. */
  readonly keys: readonly SealedRandomKey[];
}

/** Keys of one file: a change each day for months. */
export const MAX_RANDOM_KEYS = 256;

export const RANDOM_KEY_WORDS: KeyFileWords = {
  code: 'RANDOM_KEYS',
  what: 'the random keys',
  setting: 'random.keyFile',
};

const publicKey = base64Bytes.refine(({ length }) => length === PUBLIC_KEY_BYTES);
const fileSchema = z.strictObject({
  dodonaRandomKeys: z.literal(1),
  scrypt: scryptSchema,
  keys: z
    .array(z.strictObject({ publicKey, box: base64Bytes }))
    .min(1)
    .max(MAX_RANDOM_KEYS),
});

export type ReadRandomKeyFile = RandomKeyFile & {
  /** Changes whenever the file does. */
  readonly stamp: string;
};

/**
 * Reads the file; null where there is none. It must be for its owner only. Throws a NodeError
 * RANDOM_KEYS.
 */
export function readRandomKeyFile(path: string): ReadRandomKeyFile | null {
  const found = readPrivateText(path, RANDOM_KEY_WORDS);
  if (found === null) return null;
  try {
    const { scrypt, keys } = fileSchema.parse(JSON.parse(found.text));
    return { scrypt, keys, stamp: found.stamp };
  } catch {
    // What is wrong in it is not told: a parser quotes what it read.
    const problem = `${path} does not hold random keys`;
    const hint = 'restore it from a backup: requests under its keys can be answered with it only';
    throw refusal(RANDOM_KEY_WORDS, problem, hint);
  }
}

/** A cheap look at whether the file is still the one that was read. */
export const randomKeyFileStamp = (path: string): string | null =>
  readPrivateText(path, RANDOM_KEY_WORDS, false)?.stamp ?? null;

/** Writes the file, as `writePrivateText` does. */
export function writeRandomKeyFile(
  path: string,
  { scrypt, keys }: RandomKeyFile,
  how: 'create' | 'replace',
): boolean {
  const form = {
    dodonaRandomKeys: 1,
    scrypt: scryptForm(scrypt),
    keys: keys.map((key) => ({
      publicKey: key.publicKey.toString('base64'),
      box: key.box.toString('base64'),
    })),
  };
  return writePrivateText(path, `${JSON.stringify(form, null, 2)}\n`, how, RANDOM_KEY_WORDS);
}
