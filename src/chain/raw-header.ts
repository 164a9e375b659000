import { createPublicKey, verify } from 'node:crypto';
import { sha256 } from '../base/bytes.js';
import {
  type Hash160,
  type Hash256,
  hashFromLittleEndian,
  hashToLittleEndian,
  scriptHash,
} from '../base/hash.js';
import { createByteReader } from './byte-reader.js';
import { Opcode } from './script.js';
import { readVerificationScript, SIGNATURE_BYTES } from './verification-script.js';

/** A block's header as nodes pass it on, with what its consensus signed. */
export interface RawHeader {
  readonly index: number;
  readonly hash: Hash256;
  readonly timeMs: number;
  /** The account whose witness stands below it. */
  readonly signedBy: Hash160;
  readonly invocationScript: Buffer;
  readonly verificationScript: Buffer;
}

/** Larger than any header: 1,024 signatures and keys of a witness would be. */
export const MAX_HEADER_BYTES = 4_096;
const MAX_SCRIPT_BYTES = 1_024;

/**
 * Reads a header of version 0 (Neo N3: Header.Serialize), as `getblockheader` gives it. Its hash is
 * computed here. Throws a RangeError.
 */
export function readRawHeader(bytes: Buffer): RawHeader {
  if (bytes.length > MAX_HEADER_BYTES) {
    throw new RangeError(`header of ${bytes.length} bytes; at most ${MAX_HEADER_BYTES}`);
  }
  const reader = createByteReader(bytes);
  const version = reader.uint32();
  if (version !== 0) throw new RangeError(`header: expected version 0, got ${version}`);
  reader.take(HASH_BYTES + HASH_BYTES);
  const timeMs = Number(reader.int64());
  reader.take(NONCE_BYTES);
  const index = reader.uint32();
  reader.take(PRIMARY_BYTES + ACCOUNT_BYTES);
  const signed = bytes.subarray(0, reader.offset);
  const witnesses = reader.varInt(1, 'witnesses');
  if (witnesses !== 1) throw new RangeError('header: expected one witness, got none');
  const invocationScript = reader.varBytes(MAX_SCRIPT_BYTES, 'invocation script bytes');
  const verificationScript = reader.varBytes(MAX_SCRIPT_BYTES, 'verification script bytes');
  // Some nodes put a zero behind it, the count of transactions that a header has not.
  const rest = bytes.subarray(reader.offset);
  if (rest.length > 1 || rest.some((byte) => byte !== 0)) {
    throw new RangeError('header: bytes too many at its end');
  }
  return {
    index,
    hash: hashFromLittleEndian(sha256(signed)),
    timeMs,
    signedBy: scriptHash(verificationScript),
    invocationScript,
    verificationScript,
  };
}

const HASH_BYTES = 32;
const NONCE_BYTES = 8;
const PRIMARY_BYTES = 1;
const ACCOUNT_BYTES = 20;

/**
 * Whether the header is signed by the m of n keys of its verification script, on this network.
 * Whose keys they are is for the caller to look at: `signedBy`.
 */
export function isSignedHeader(header: RawHeader, magic: number): boolean {
  const script = readVerificationScript(header.verificationScript);
  const signatures = signaturesOf(header.invocationScript);
  if (script === null || signatures?.length !== script.threshold) return false;
  const message = Buffer.concat([uint32(magic), hashToLittleEndian(header.hash)]);
  // Signatures stand in the order of the keys, as System.Crypto.CheckMultisig asks for.
  let next = 0;
  return signatures.every((signature) => {
    const at = script.publicKeys.findIndex(
      (key, index) => index >= next && isSignature(key, message, signature),
    );
    next = at + 1;
    return at >= 0;
  });
}

/** Header of a compressed key of secp256r1 as SubjectPublicKeyInfo (RFC 5480). */
const SPKI = Buffer.from('3039301306072a8648ce3d020106082a8648ce3d030107032200', 'hex');

function isSignature(publicKey: Buffer, message: Buffer, signature: Buffer): boolean {
  try {
    const der = Buffer.concat([SPKI, publicKey]);
    const key = createPublicKey({ key: der, format: 'der', type: 'spki' });
    return verify('sha256', message, { key, dsaEncoding: 'ieee-p1363' }, signature);
  } catch {
    // Not every 33 bytes are a point of the curve.
    return false;
  }
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function signaturesOf(script: Buffer): Buffer[] | null {
  const size = 2 + SIGNATURE_BYTES;
  if (script.length === 0 || script.length % size !== 0) return null;
  const parts = Array.from({ length: script.length / size }, (_, at) =>
    script.subarray(at * size, (at + 1) * size),
  );
  const arePushes = parts.every(
    (part) => part[0] === Opcode.PUSHDATA1 && part[1] === SIGNATURE_BYTES,
  );
  return arePushes ? parts.map((part) => part.subarray(2)) : null;
}
