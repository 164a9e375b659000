import { createCipheriv, createDecipheriv } from 'node:crypto';
import { sha256, toHex } from './bytes.js';

/** Bytes of the keys here: AES-256. */
export const BOX_KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const ALGORITHM = 'aes-256-gcm';

/** Random bytes that nobody can guess; node:crypto's randomBytes outside of tests. */
export type RandomBytes = (size: number) => Buffer;

/** How a public key is named: the first 8 bytes of its SHA-256, in hex. */
export const publicKeyId = (publicKey: Uint8Array): string =>
  toHex(sha256(publicKey).subarray(0, 8));

/**
 * Encrypts with AES-256-GCM (NIST SP 800-38D): nonce (12 bytes), ciphertext, tag (16 bytes). What
 * is bound to it must be given again to open it. A key seals few boxes, so random nonces are safe.
 */
export function sealBox(
  key: Buffer,
  plaintext: Uint8Array,
  boundTo: readonly (string | number)[],
  random: RandomBytes,
): Buffer {
  const nonce = random(NONCE_BYTES);
  const cipher = createCipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(Buffer.from(JSON.stringify(boundTo)));
  return Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}

/** What a box holds; null when key, box or what it is bound to is not the right one. */
export function openBox(
  key: Buffer,
  box: Buffer,
  boundTo: readonly (string | number)[],
): Buffer | null {
  if (box.length < NONCE_BYTES + TAG_BYTES) return null;
  const nonce = box.subarray(0, NONCE_BYTES);
  const decipher = createDecipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(JSON.stringify(boundTo)));
  decipher.setAuthTag(box.subarray(-TAG_BYTES));
  const first = decipher.update(box.subarray(NONCE_BYTES, -TAG_BYTES));
  try {
    decipher.final();
    // GCM is a stream: all of the plaintext is in the first part.
    return first;
  } catch {
    first.fill(0);
    return null;
  }
}
