import { createPublicKey, verify as verifyBytes } from 'node:crypto';
import { type Hash160, scriptHash } from '../base/hash.js';
import { SIGNATURE_BYTES, signatureScript } from '../chain/verification-script.js';

/** What a wallet answers to `signMessage`. */
export interface SignedMessage {
  /** Compressed, 33 bytes. */
  readonly publicKey: Buffer;
  /** r and s, 32 bytes each. */
  readonly signature: Buffer;
  /** 32 hex digits that the wallet put before the message. */
  readonly salt: string;
}

const PREFIX = Buffer.from('010001f0', 'hex');
const SUFFIX = Buffer.from('0000', 'hex');
/** DER of a compressed point of secp256r1 as a SubjectPublicKeyInfo (RFC 5480). */
const SPKI = Buffer.from('3039301306072a8648ce3d020106082a8648ce3d030107032200', 'hex');

/**
 * The bytes that Neo wallets sign for `signMessage` (NeoLine, and WalletConnect's Neo SDK): the
 * salted text in a frame that no transaction has, so that what is signed here moves nothing.
 */
export function walletMessage(text: string, salt: string): Buffer {
  const salted = Buffer.from(salt + text);
  if (salted.length > 0xffff) throw new RangeError('the message is too long');
  const length =
    salted.length < 0xfd
      ? Buffer.of(salted.length)
      : Buffer.of(0xfd, salted.length & 0xff, salted.length >> 8);
  return Buffer.concat([PREFIX, length, salted, SUFFIX]);
}

/** Whether a wallet with this key signed this text: ECDSA over secp256r1 and SHA-256. */
export function isSignedBy(text: string, { publicKey, signature, salt }: SignedMessage): boolean {
  if (signature.length !== SIGNATURE_BYTES || publicKey.length !== 33) return false;
  try {
    const key = createPublicKey({
      key: Buffer.concat([SPKI, publicKey]),
      format: 'der',
      type: 'spki',
    });
    const how = { key, dsaEncoding: 'ieee-p1363' } as const;
    return verifyBytes('sha256', walletMessage(text, salt), how, signature);
  } catch {
    return false;
  }
}

/** The account of one key: that of a contract, or of several keys, has none. */
export const accountOfKey = (publicKey: Buffer): Hash160 => scriptHash(signatureScript(publicKey));
