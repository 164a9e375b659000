import { isUtf8 } from 'node:buffer';
import { createHash, timingSafeEqual, hash as wholeHash } from 'node:crypto';

/** The same bytes, not a copy. */
const asBuffer = ({ buffer, byteOffset, byteLength }: Uint8Array): Buffer =>
  Buffer.from(buffer, byteOffset, byteLength);

/** Lower-case hexadecimal of bytes, without a prefix. */
export const toHex = (bytes: Uint8Array): string => asBuffer(bytes).toString('hex');

/** Bytes of a hexadecimal text, with or without `0x`. Throws a RangeError on anything else. */
export function fromHex(text: string): Buffer {
  const digits = text.startsWith('0x') ? text.slice(2) : text;
  if (digits.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(digits)) {
    throw new RangeError(`not hexadecimal: expected pairs of 0-9a-f, got ${shorten(text)}`);
  }
  return Buffer.from(digits, 'hex');
}

export const sha256 = (...parts: (Uint8Array | string)[]): Buffer => {
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return wholeHash('sha256', only, 'buffer');
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};

/** The same in lower-case hexadecimal, which takes less than half the time of making a Buffer. */
export const sha256Hex = (bytes: Uint8Array | string): string => wholeHash('sha256', bytes, 'hex');

/** Compares secrets without telling by its duration where they differ. */
export function equalConstantTime(left: Uint8Array, right: Uint8Array): boolean {
  return timingSafeEqual(sha256(left), sha256(right));
}

/** A text cut for messages, with how much was left out. */
export function shorten(text: string, maxChars = 80): string {
  const length = text.length;
  return length <= maxChars ? text : `${text.slice(0, maxChars)}… (${length} characters)`;
}

/** Text of strictly valid UTF-8 bytes, else null. */
export function utf8Text(bytes: Uint8Array): string | null {
  return isUtf8(bytes) ? asBuffer(bytes).toString('utf8') : null;
}
