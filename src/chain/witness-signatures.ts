import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { Opcode } from './script.js';
import { SIGNATURE_BYTES } from './verification-script.js';

/** Header of a compressed key of secp256r1 as SubjectPublicKeyInfo (RFC 5480). */
const SPKI = Buffer.from('3039301306072a8648ce3d020106082a8648ce3d030107032200', 'hex');

/** A compressed key of secp256r1, 33 bytes. Throws where they are no point of the curve. */
export const publicKeyObject = (publicKey: Buffer): KeyObject =>
  createPublicKey({ key: Buffer.concat([SPKI, publicKey]), format: 'der', type: 'spki' });

/** ECDSA over secp256r1 of the message's SHA-256; r and s, 32 bytes each. */
export const isSignatureOf = (key: KeyObject, message: Buffer, signature: Buffer): boolean =>
  verify('sha256', message, { key, dsaEncoding: 'ieee-p1363' }, signature);

export type SignatureCheck = (publicKey: Buffer, message: Buffer, signature: Buffer) => boolean;

/** Signatures that an invocation script pushes, and nothing else; null where it does not. */
export function signaturesIn(script: Buffer): Buffer[] | null {
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

/** Signatures stand in the order of the keys, as System.Crypto.CheckMultisig asks for. */
export function areSigned(
  signatures: readonly Buffer[],
  keys: readonly Buffer[],
  message: Buffer,
  isSignature: SignatureCheck,
): boolean {
  let next = 0;
  return signatures.every((signature) => {
    const at = keys.findIndex(
      (key, index) => index >= next && isSignature(key, message, signature),
    );
    next = at + 1;
    return at >= 0;
  });
}
