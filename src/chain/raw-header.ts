import { sha256 } from '../base/bytes.js';
import { type Hash160, type Hash256, hashFromLittleEndian, scriptHash } from '../base/hash.js';
import { createByteReader } from './byte-reader.js';
import { signedMessage } from './transaction.js';
import { readVerificationScript } from './verification-script.js';
import { areSigned, isSignatureOf, publicKeyObject, signaturesIn } from './witness-signatures.js';

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
  const signatures = signaturesIn(header.invocationScript);
  if (script === null || signatures?.length !== script.threshold) return false;
  return areSigned(signatures, script.publicKeys, signedMessage(header.hash, magic), isSignature);
}

function isSignature(publicKey: Buffer, message: Buffer, signature: Buffer): boolean {
  try {
    return isSignatureOf(publicKeyObject(publicKey), message, signature);
  } catch {
    // Not every 33 bytes are a point of the curve.
    return false;
  }
}
