import { hkdfSync } from 'node:crypto';
import { z } from 'zod';
import { sha256 } from '../../base/bytes.js';
import { BOX_KEY_BYTES, openBox, type RandomBytes, sealBox } from '../../base/sealed-box.js';
import {
  base64Bytes,
  masterKey,
  SALT_BYTES,
  SCRYPT_COST,
  type ScryptParameters,
  scryptForm,
  scryptSchema,
} from '../../keystore/private-key-file.js';

/** Longest first line of a backup. */
export const MAX_HEADER_BYTES = 1_024;
const BOUND_TO = 'dodona backup 1';

const headerSchema = z.strictObject({
  dodonaBackup: z.literal(1),
  scrypt: scryptSchema,
  key: base64Bytes,
});

/** The first line of a backup: how its key comes from the passphrase. */
export interface BackupHeader {
  /** As it stands in the file, with its line end. */
  readonly line: Buffer;
  readonly scrypt: ScryptParameters;
  /** The file's own key, sealed under what scrypt makes of the passphrase. */
  readonly key: Buffer;
}

/** The header of a new backup, and the key that its stream is sealed with. */
export async function newHeader(
  passphrase: string,
  random: RandomBytes,
  cost: Omit<ScryptParameters, 'salt'> = SCRYPT_COST,
): Promise<{ readonly header: BackupHeader; readonly streamKey: Buffer }> {
  const scrypt = { ...cost, salt: random(SALT_BYTES) };
  const wrapping = await masterKey(passphrase, scrypt);
  const fileKey = random(BOX_KEY_BYTES);
  const key = sealBox(wrapping, fileKey, [BOUND_TO], random);
  const form = { dodonaBackup: 1, scrypt: scryptForm(scrypt), key: key.toString('base64') };
  const line = Buffer.from(`${JSON.stringify(form)}\n`);
  return { header: { line, scrypt, key }, streamKey: streamKeyOf(fileKey, line) };
}

/** The header that a file begins with; null where it begins with something else. */
export function readHeader(start: Buffer): BackupHeader | null {
  const end = start.subarray(0, MAX_HEADER_BYTES).indexOf('\n');
  if (end < 0) return null;
  try {
    const { scrypt, key } = headerSchema.parse(JSON.parse(start.toString('utf8', 0, end)));
    return { line: Buffer.from(start.subarray(0, end + 1)), scrypt, key };
  } catch {
    return null;
  }
}

/** The key of the stream; null when the passphrase is another, or the header was changed. */
export async function openHeader(
  { line, scrypt, key }: BackupHeader,
  passphrase: string,
): Promise<Buffer | null> {
  const fileKey = openBox(await masterKey(passphrase, scrypt), key, [BOUND_TO]);
  return fileKey === null ? null : streamKeyOf(fileKey, line);
}

/** Of this very header: with another one the stream opens for nobody. */
const streamKeyOf = (fileKey: Buffer, line: Buffer): Buffer =>
  Buffer.from(hkdfSync('sha256', fileKey, sha256(line), BOUND_TO, BOX_KEY_BYTES));
