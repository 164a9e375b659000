import { createECDH, createPrivateKey, sign as signBytes } from 'node:crypto';
import { type Hash160, scriptHash } from '../base/hash.js';
import type { UnsignedTransaction } from './transaction.js';
import {
  multisigScript,
  SIGNATURE_BYTES,
  signatureScript,
  sortPublicKeys,
} from './verification-script.js';

/** Signs for one account. It may keep its key here or in another process. */
export interface Signer {
  /** Script hash of the verification script. */
  readonly account: Hash160;
  /** Compressed, 33 bytes. For several keys, that of the first. */
  readonly publicKey: Buffer;
  /** Of one key, or of m of n; goes into the witness. */
  readonly verificationScript: Buffer;
  /**
   * Signatures (ECDSA over secp256r1 of the message's SHA-256; r and s, 32 bytes each), as many as
   * the verification script asks for, one after another in the order of its keys. Where `message`
   * is the `signedMessage` of a transaction, that is handed over, too: a signer in another process
   * judges it, and signs nothing else.
   */
  sign(message: Buffer, transaction?: UnsignedTransaction): Promise<Buffer>;
}

/**
 * A signer that keeps a private key of 32 bytes in this process. `verificationScript` lets the key
 * sign for another account, e.g. a multisignature of 1 of 1. Throws a RangeError for a bad key,
 * which it doesn't show.
 */
export function createLocalSigner(privateKey: Uint8Array, verificationScript?: Buffer): Signer {
  const ecdh = createECDH('prime256v1');
  try {
    if (privateKey.length !== 32) throw new RangeError('wrong length');
    ecdh.setPrivateKey(privateKey);
  } catch {
    throw new RangeError('expected a private key of 32 bytes, within the order of secp256r1');
  }
  const publicKey = ecdh.getPublicKey(null, 'compressed');
  const point = ecdh.getPublicKey();
  const base64url = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');
  const key = createPrivateKey({
    format: 'jwk',
    key: {
      kty: 'EC',
      crv: 'P-256',
      d: base64url(privateKey),
      x: base64url(point.subarray(1, 33)),
      y: base64url(point.subarray(33)),
    },
  });
  const script = verificationScript ?? signatureScript(publicKey);
  return {
    account: scriptHash(script),
    publicKey,
    verificationScript: script,
    sign: async (message) => {
      const signature = signBytes('sha256', message, { key, dsaEncoding: 'ieee-p1363' });
      if (signature.length !== SIGNATURE_BYTES) throw new Error('bug: signature of a wrong size');
      return signature;
    },
  };
}

/**
 * A signer for an account of m of n keys, made of signers for at least m of the keys. Throws a
 * RangeError when there are fewer.
 */
export function createMultisigSigner(
  threshold: number,
  publicKeys: readonly Buffer[],
  members: readonly Pick<Signer, 'publicKey' | 'sign'>[],
): Signer {
  const verificationScript = multisigScript(threshold, publicKeys);
  const inOrder = sortPublicKeys(publicKeys)
    .map((key) => members.find(({ publicKey }) => publicKey.equals(key)))
    .filter((member) => member !== undefined)
    .slice(0, threshold);
  const [first] = inOrder;
  if (first === undefined || inOrder.length < threshold) {
    throw new RangeError(`expected signers for ${threshold} of the keys, got ${inOrder.length}`);
  }
  return {
    account: scriptHash(verificationScript),
    publicKey: first.publicKey,
    verificationScript,
    sign: async (message, transaction) =>
      Buffer.concat(await Promise.all(inOrder.map((member) => member.sign(message, transaction)))),
  };
}
