import { createCipheriv, createDecipheriv, scrypt } from 'node:crypto';
import { decodeBase58Check, encodeBase58Check } from '../base/base58.js';
import { sha256 } from '../base/bytes.js';
import type { Nep2Cost } from '../config/wallet-file.js';

/** Of NEP-6 (https://github.com/neo-project/proposals), as every wallet of Neo takes it. */
export const NEP2_COST: Nep2Cost = { n: 16_384, r: 8, p: 8 };

/** What the text of an encrypted key begins with, flags included: "6P". */
const PREFIX = Buffer.from([0x01, 0x42, 0xe0]);
const ADDRESS_HASH_BYTES = 4;
const KEY_BYTES = 32;
const BODY_BYTES = PREFIX.length + ADDRESS_HASH_BYTES + KEY_BYTES;
/** What opening a stranger's wallet may take. */
const MAX_SCRYPT_BYTES = 1024 * 1024 * 1024;

/** A key that a passphrase opened, before it is known whether it is the right one. */
export interface UnprovenKey {
  readonly privateKey: Buffer;
  /** Whether the key is that of an address: another passphrase gives another key. */
  isOf(address: string): boolean;
}

/** Whether a text can be a key encrypted by NEP-2. */
export const isNep2 = (text: string): boolean => bodyOf(text) !== null;

/**
 * Encrypts a private key of 32 bytes (NEP-2, https://github.com/neo-project/proposals: scrypt and
 * AES-256 without chaining). `address` is that of the key alone, also where it signs for others.
 */
export async function encryptNep2(
  privateKey: Uint8Array,
  address: string,
  passphrase: string,
  cost: Nep2Cost = NEP2_COST,
): Promise<string> {
  const salt = addressHash(address);
  const derived = await derive(passphrase, salt, cost);
  const masked = xor(privateKey, derived.subarray(0, KEY_BYTES));
  try {
    const cipher = createCipheriv('aes-256-ecb', derived.subarray(KEY_BYTES), null);
    const box = cipher.setAutoPadding(false).update(masked);
    return encodeBase58Check(Buffer.concat([PREFIX, salt, box]));
  } finally {
    for (const secret of [derived, masked]) secret.fill(0);
  }
}

/** Opens a key encrypted by NEP-2; null when the text is none. It works beside the main thread. */
export async function decryptNep2(
  text: string,
  passphrase: string,
  cost: Nep2Cost,
): Promise<UnprovenKey | null> {
  const body = bodyOf(text);
  if (body === null) return null;
  const salt = body.subarray(PREFIX.length, PREFIX.length + ADDRESS_HASH_BYTES);
  const derived = await derive(passphrase, salt, cost);
  const decipher = createDecipheriv('aes-256-ecb', derived.subarray(KEY_BYTES), null);
  const masked = decipher.setAutoPadding(false).update(body.subarray(-KEY_BYTES));
  const privateKey = xor(masked, derived.subarray(0, KEY_BYTES));
  for (const secret of [derived, masked]) secret.fill(0);
  return { privateKey, isOf: (address) => addressHash(address).equals(salt) };
}

function bodyOf(text: string): Buffer | null {
  const body = decodeBase58Check(text, BODY_BYTES);
  return body?.subarray(0, PREFIX.length).equals(PREFIX) ? body : null;
}

const addressHash = (address: string): Buffer =>
  sha256(sha256(Buffer.from(address, 'ascii'))).subarray(0, ADDRESS_HASH_BYTES);

const xor = (left: Uint8Array, right: Uint8Array): Buffer =>
  Buffer.from(left.map((byte, at) => byte ^ (right[at] ?? 0)));

/** A wallet's passphrase counts in Unicode's form C, so that every keyboard gives the same. */
function derive(passphrase: string, salt: Buffer, { n, r, p }: Nep2Cost): Promise<Buffer> {
  const bytes = Buffer.from(passphrase.normalize('NFC'), 'utf8');
  const options = { N: n, r, p, maxmem: MAX_SCRYPT_BYTES };
  return new Promise((resolve, reject) => {
    scrypt(bytes, salt, 2 * KEY_BYTES, options, (error, key) => {
      bytes.fill(0);
      if (error === null) resolve(key);
      else reject(error);
    });
  });
}
