import { createHash } from 'node:crypto';
import { fromHex, sha256, shorten, toHex } from './bytes.js';

/** A contract or account as Neo displays it: `0x` and 40 hex digits, big-endian, lower case. */
export type Hash160 = `0x${string}`;
/** A transaction or block as Neo displays it: `0x` and 64 hex digits, big-endian, lower case. */
export type Hash256 = `0x${string}`;

const ADDRESS_VERSION = 0x35;
const BASE58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';

function parseHash(text: string, bytes: number): `0x${string}` {
  const digits = (text.startsWith('0x') ? text.slice(2) : text).toLowerCase();
  if (digits.length !== bytes * 2 || !/^[0-9a-f]+$/.test(digits)) {
    throw new RangeError(`expected 0x and ${bytes * 2} hex digits, got ${shorten(text)}`);
  }
  return `0x${digits}`;
}

/** Reads a displayed hash of 20 bytes; throws a RangeError that says what was expected. */
export const hash160 = (text: string): Hash160 => parseHash(text, 20);

/** Reads a displayed hash of 32 bytes; throws a RangeError that says what was expected. */
export const hash256 = (text: string): Hash256 => parseHash(text, 32);

/** The displayed form of a hash as the virtual machine holds it (little-endian). */
export function hashFromLittleEndian(bytes: Uint8Array): `0x${string}` {
  return `0x${toHex(Uint8Array.from(bytes).reverse())}`;
}

/** The virtual machine's form (little-endian) of a displayed hash. */
export const hashToLittleEndian = (hash: `0x${string}`): Buffer => fromHex(hash).reverse();

/** The account of a Neo N3 address. Throws a RangeError when the address isn't one. */
export function addressToHash160(address: string): Hash160 {
  let value = 0n;
  for (const char of address) {
    const digit = BASE58.indexOf(char);
    if (digit < 0) throw new RangeError(`not a Neo N3 address: ${shorten(address)}`);
    value = value * 58n + BigInt(digit);
    if (value >> 200n) throw new RangeError(`not a Neo N3 address: ${shorten(address)}`);
  }
  const bytes = Buffer.from(value.toString(16).padStart(50, '0'), 'hex');
  const body = bytes.subarray(0, 21);
  const checksum = sha256(sha256(body)).subarray(0, 4);
  if (body[0] !== ADDRESS_VERSION || !checksum.equals(bytes.subarray(21))) {
    throw new RangeError(`not a Neo N3 address: ${shorten(address)}`);
  }
  return hashFromLittleEndian(body.subarray(1));
}

/** The Neo N3 address (version 0x35) of an account. */
export function hash160ToAddress(hash: Hash160): string {
  const body = Buffer.concat([Buffer.from([ADDRESS_VERSION]), hashToLittleEndian(hash)]);
  const bytes = Buffer.concat([body, sha256(sha256(body)).subarray(0, 4)]);
  let value = BigInt(`0x${toHex(bytes)}`);
  let text = '';
  while (value > 0n) {
    text = BASE58[Number(value % 58n)] + text;
    value /= 58n;
  }
  return text;
}

/** Reads an account given as an address or as a displayed hash. */
export function parseAccount(text: string): Hash160 {
  return /^(0x)?[0-9a-fA-F]{40}$/.test(text) ? hash160(text) : addressToHash160(text);
}

/** RIPEMD160(SHA256(bytes)) in displayed form: the script hash of a contract or witness script. */
export function scriptHash(script: Uint8Array): Hash160 {
  return hashFromLittleEndian(createHash('ripemd160').update(sha256(script)).digest());
}
