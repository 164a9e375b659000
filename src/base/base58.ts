import { sha256 } from './bytes.js';

const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
const BASE = 58n;
const CHECKSUM_BYTES = 4;

const checksumOf = (body: Uint8Array): Buffer => sha256(sha256(body)).subarray(0, CHECKSUM_BYTES);

/** Base58Check, as Bitcoin and Neo write addresses and keys. The body may not begin with 0. */
export function encodeBase58Check(body: Uint8Array): string {
  let value = BigInt(`0x${Buffer.concat([body, checksumOf(body)]).toString('hex')}`);
  let text = '';
  while (value > 0n) {
    text = ALPHABET[Number(value % BASE)] + text;
    value /= BASE;
  }
  return text;
}

/** The body of so many bytes; null when the text is not one of this length, or was mistyped. */
export function decodeBase58Check(text: string, bodyBytes: number): Buffer | null {
  const bytes = bodyBytes + CHECKSUM_BYTES;
  const limit = 1n << BigInt(8 * bytes);
  let value = 0n;
  for (const char of text) {
    const digit = ALPHABET.indexOf(char);
    if (digit < 0) return null;
    value = value * BASE + BigInt(digit);
    if (value >= limit) return null;
  }
  const whole = Buffer.from(value.toString(16).padStart(2 * bytes, '0'), 'hex');
  const body = whole.subarray(0, bodyBytes);
  return checksumOf(body).equals(whole.subarray(bodyBytes)) ? body : null;
}
