import { createHmac, hkdfSync } from 'node:crypto';
import { toHex } from '../base/bytes.js';

/**
 * The key of commitments, of the node alone: in no bundle and in no database. A plain hash would
 * let everybody who has the bundle try values until one fits, also with a salt that stands beside
 * it; without this key nobody can try even one.
 */
export interface CommitmentKey {
  /** Names the key, so that the operator finds it again. */
  readonly id: string;
  /** 32 bytes. */
  readonly key: Buffer;
}

/**
 * The key of commitments from a key that the keystore holds (HKDF, RFC 5869). When that key is
 * retired, what was committed to under it stays hidden and can no longer be opened.
 */
export function commitmentKeyFrom(id: string, keystoreKey: Buffer): CommitmentKey {
  const derived = hkdfSync('sha256', keystoreKey, '', 'dodona evidence commitments', 32);
  return { id, key: Buffer.from(derived) };
}

/** A secret's name with its value as it was sent. */
export interface UsedSecret {
  readonly name: string;
  readonly value: Buffer;
}

/**
 * HMAC-SHA256 of name and value, in hex, under a key of the request's own: showing that key opens
 * the commitments of one bundle and tells nothing about another, nor which bundles share a secret.
 */
export function commitmentOf(
  { key }: CommitmentKey,
  requestId: bigint,
  { name, value }: UsedSecret,
): string {
  const own = hmac(key, `dodona evidence, request ${requestId}`);
  return toHex(hmac(own, Buffer.concat([Buffer.from(`${name}\0`), value])));
}

const hmac = (key: Buffer, data: Buffer | string): Buffer =>
  createHmac('sha256', key).update(data).digest();

/**
 * What stands in a bundle in a secret's place. Its characters are the same in JSON, in a header and
 * in a URL, so that work done with it in the secret's place ends alike.
 */
export const secretToken = (name: string, commitment: string | null): string =>
  `~secret.${name}.${commitment ?? 'withheld'}~`;
