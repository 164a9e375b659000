import { createHash } from 'node:crypto';
import { decodeBase58Check, encodeBase58Check } from './base58.js';
import { fromHex, sha256, shorten } from './bytes.js';

/** A contract or account as Neo displays it: `0x` and 40 hex digits, big-endian, lower case. */
export type Hash160 = `0x${string}`;
/** A transaction or block as Neo displays it: `0x` and 64 hex digits, big-endian, lower case. */
export type Hash256 = `0x${string}`;

const ADDRESS_VERSION = 0x35;
/** The version and a Hash160. */
const ADDRESS_BYTES = 21;

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
  return `0x${Buffer.from(bytes).reverse().toString('hex')}`;
}

/** The virtual machine's form (little-endian) of a displayed hash. */
export const hashToLittleEndian = (hash: `0x${string}`): Buffer => fromHex(hash).reverse();

/** The account of a Neo N3 address. Throws a RangeError when the address isn't one. */
export function addressToHash160(address: string): Hash160 {
  const body = decodeBase58Check(address, ADDRESS_BYTES);
  if (body === null || body[0] !== ADDRESS_VERSION) {
    throw new RangeError(`not a Neo N3 address: ${shorten(address)}`);
  }
  return hashFromLittleEndian(body.subarray(1));
}

/** The Neo N3 address (version 0x35) of an account. */
export function hash160ToAddress(hash: Hash160): string {
  return encodeBase58Check(
    Buffer.concat([Buffer.from([ADDRESS_VERSION]), hashToLittleEndian(hash)]),
  );
}

/** Reads an account given as an address or as a displayed hash. */
export function parseAccount(text: string): Hash160 {
  return /^(0x)?[0-9a-fA-F]{40}$/.test(text) ? hash160(text) : addressToHash160(text);
}

/** RIPEMD160(SHA256(bytes)) in displayed form: the script hash of a contract or witness script. */
export function scriptHash(script: Uint8Array): Hash160 {
  return hashFromLittleEndian(createHash('ripemd160').update(sha256(script)).digest());
}
