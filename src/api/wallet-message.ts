import { sha256 } from '../base/bytes.js';
import { type Hash160, scriptHash } from '../base/hash.js';
import { SIGNATURE_BYTES, signatureScript } from '../chain/verification-script.js';
import { isSignatureOf, publicKeyObject } from '../chain/witness-signatures.js';

/** What a wallet answers to `signMessage`. */
export interface SignedMessage {
  /** Compressed, 33 bytes. */
  readonly publicKey: Buffer;
  /** r and s, 32 bytes each. */
  readonly signature: Buffer;
  /** Hex digits that the wallet put before the message; empty where it does not. */
  readonly salt: string;
}

const PREFIX = Buffer.from('010001f0', 'hex');
const SUFFIX = Buffer.from('0000', 'hex');
/** Version, nonce, two fees and last block of a transaction, all 0. */
const NO_TERMS = Buffer.alloc(25);
/** One signer: account and scope are 0; and no attribute. */
const ONE_SIGNER = Buffer.concat([Buffer.of(1), Buffer.alloc(22)]);
const NO_NETWORK = Buffer.alloc(4);

/**
 * The bytes that Neo wallets sign for `signMessage` (NeoLine, and WalletConnect's Neo SDK): the
 * salted text in a frame that no transaction has, so that what is signed here moves nothing.
 */
export const walletMessage = (text: string, salt: string): Buffer =>
  Buffer.concat([PREFIX, ...lengthAndText(salt + text), SUFFIX]);

/**
 * What they sign for `signMessageV2`, as a Ledger can: a transaction of no account, fee and network
 * whose script is the salted text, which no chain takes.
 */
export function walletTransaction(text: string, salt: string): Buffer {
  const transaction = Buffer.concat([NO_TERMS, ONE_SIGNER, ...lengthAndText(salt + text)]);
  return Buffer.concat([NO_NETWORK, sha256(transaction)]);
}

/** The size of a text as Neo writes one, and the text. */
function lengthAndText(text: string): readonly [Buffer, Buffer] {
  const bytes = Buffer.from(text);
  if (bytes.length > 0xffff) throw new RangeError('the message is too long');
  const { length } = bytes;
  const size = length < 0xfd ? Buffer.of(length) : Buffer.of(0xfd, length & 0xff, length >> 8);
  return [size, bytes];
}

/** Whether a wallet with this key signed this text, in either frame: ECDSA, secp256r1, SHA-256. */
export function isSignedBy(text: string, { publicKey, signature, salt }: SignedMessage): boolean {
  if (signature.length !== SIGNATURE_BYTES || publicKey.length !== 33) return false;
  try {
    const key = publicKeyObject(publicKey);
    const frames = [walletMessage, walletTransaction];
    return frames.some((frame) => isSignatureOf(key, frame(text, salt), signature));
  } catch {
    return false;
  }
}

/** The account of one key: that of a contract, or of several keys, has none. */
export const accountOfKey = (publicKey: Buffer): Hash160 => scriptHash(signatureScript(publicKey));
