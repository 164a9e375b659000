import { z } from 'zod';
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

/** What the file of the vault's keys holds. */
export interface VaultKeyFile {
  readonly scrypt: ScryptParameters;
  /** Key-encryption keys, oldest first. */
  readonly keys: readonly SealedKey[];
  /** Keys that authors encrypt to, oldest first. */
  readonly sharing: readonly SealedSharingKey[];
}

const WORDS: KeyFileWords = {
  code: 'VAULT_KEYS',
  what: "the vault's keys",
  setting: 'vault.keyFile',
};

const id = z.string().regex(/^[0-9a-f]{16}$/);
const fileSchema = z.strictObject({
  dodonaVaultKeys: z.literal(1),
  scrypt: scryptSchema,
  keys: z.array(z.strictObject({ id, box: base64Bytes })).min(1),
  sharing: z.array(z.strictObject({ id, publicKey: base64Bytes, box: base64Bytes })).min(1),
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
  const found = readPrivateText(path, WORDS);
  if (found === null) return null;
  try {
    const { scrypt, keys, sharing } = fileSchema.parse(JSON.parse(found.text));
    return { scrypt, keys, sharing, stamp: found.stamp };
  } catch {
    // What is wrong in it is not told: a parser quotes what it read.
    const problem = `${path} does not hold the keys of a vault`;
    throw refusal(WORDS, problem, 'restore it from a backup: without it no secret can be read');
  }
}

/** A cheap look at whether the file is still the one that was read. */
export const keyFileStamp = (path: string): string | null =>
  readPrivateText(path, WORDS, false)?.stamp ?? null;

/** Writes the file, as `writePrivateText` does. */
export const writeKeyFile = (
  path: string,
  file: VaultKeyFile,
  how: 'create' | 'replace',
): boolean => writePrivateText(path, `${JSON.stringify(wireForm(file), null, 2)}\n`, how, WORDS);

function wireForm({ scrypt, keys, sharing }: VaultKeyFile) {
  const base64 = (part: Buffer): string => part.toString('base64');
  return {
    dodonaVaultKeys: 1,
    scrypt: scryptForm(scrypt),
    keys: keys.map((key) => ({ id: key.id, box: base64(key.box) })),
    sharing: sharing.map((key) => ({
      id: key.id,
      publicKey: base64(key.publicKey),
      box: base64(key.box),
    })),
  };
}
