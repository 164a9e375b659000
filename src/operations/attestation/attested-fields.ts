import { createHash } from 'node:crypto';
import { sha256 } from '../../base/bytes.js';
import { type Hash160, type Hash256, hashToLittleEndian } from '../../base/hash.js';
import { PUBLIC_KEY_BYTES as RANDOM_KEY_BYTES } from '../../vrf/proof.js';

/** A block of the chain that was there before the quote was made. */
export interface AttestedBlock {
  readonly index: number;
  readonly hash: Hash256;
  readonly timeMs: number;
}

/** What a quote speaks for: the node's keys, what it serves, what it runs, and since when. */
export interface AttestedFields {
  readonly magic: number;
  readonly gateway: Hash160;
  /** Script hash of the verification script. */
  readonly nodeAccount: Hash160;
  /** Holds the public key that answers are signed with, or m of n of them. */
  readonly verificationScript: Buffer;
  /** Of random numbers, a compressed point of G2; null: the node holds none. */
  readonly randomPublicKey: Buffer | null;
  /** That authors encrypt secrets to, X25519; null: the node has none. */
  readonly secretsPublicKey: Buffer | null;
  /** As `dodona attest digest` prints it, 32 bytes. */
  readonly buildDigest: Buffer;
  readonly block: AttestedBlock;
  /** What a verifier asked to be put in, 32 bytes; null: nobody asked. */
  readonly nonce: Buffer | null;
}

export const REPORT_DATA_BYTES = 64;
export const SECRETS_KEY_BYTES = 32;
export const DIGEST_BYTES = 32;
export const NONCE_BYTES = 32;

/** First in what is hashed, filled up with zeros: no other program's hash is mistaken for it. */
const DOMAIN = 'dodona attestation 1';
const DOMAIN_BYTES = 32;

/**
 * The bytes that the report data is the hash of. Each field has one place and one width, so that no
 * two sets of fields give the same bytes; integers are little-endian, hashes as the virtual machine
 * holds them. Zeros stand for what is null: no key and no nonce is all zeros.
 *
 * | offset | bytes | field |
 * |---|---|---|
 * | 0 | 32 | "dodona attestation 1", then zeros |
 * | 32 | 4 | magic |
 * | 36 | 20 | gateway |
 * | 56 | 20 | account of the node |
 * | 76 | 32 | SHA-256 of its verification script |
 * | 108 | 96 | public key of random numbers |
 * | 204 | 32 | public key of secrets |
 * | 236 | 32 | build digest |
 * | 268 | 4 | index of the block |
 * | 272 | 32 | its hash |
 * | 304 | 8 | its time in ms |
 * | 312 | 32 | nonce |
 */
export function fieldBytes(fields: AttestedFields): Buffer {
  const { block } = fields;
  const time = Buffer.alloc(8);
  time.writeBigUInt64LE(BigInt(block.timeMs));
  return Buffer.concat([
    Buffer.from(DOMAIN.padEnd(DOMAIN_BYTES, '\0'), 'ascii'),
    uint32(fields.magic),
    hashToLittleEndian(fields.gateway),
    hashToLittleEndian(fields.nodeAccount),
    sha256(fields.verificationScript),
    exactly(RANDOM_KEY_BYTES, fields.randomPublicKey, 'random key'),
    exactly(SECRETS_KEY_BYTES, fields.secretsPublicKey, 'secrets key'),
    exactly(DIGEST_BYTES, fields.buildDigest, 'build digest'),
    uint32(block.index),
    hashToLittleEndian(block.hash),
    time,
    exactly(NONCE_BYTES, fields.nonce, 'nonce'),
  ]);
}

/** What the quote of these fields must carry: SHA-512 of `fieldBytes`, 64 bytes. */
export const reportDataOf = (fields: AttestedFields): Buffer =>
  createHash('sha512').update(fieldBytes(fields)).digest();

function exactly(length: number, bytes: Buffer | null, what: string): Buffer {
  if (bytes === null) return Buffer.alloc(length);
  if (bytes.length !== length || bytes.every((byte) => byte === 0)) {
    throw new RangeError(`${what}: expected ${length} bytes, not all of them zero`);
  }
  return bytes;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
