import { type Hash160, hashToLittleEndian } from '../base/hash.js';
import type { RandomBytes } from '../base/sealed-box.js';
import { prove, SCALAR_SEED_BYTES } from './proof.js';
import type { SecretRandomKey } from './prover.js';

/** Begins the message (contracts/gateway/randomkey.go): no seed of a request has its length. */
const POSSESSION_DOMAIN = 'Dodona random key';

/**
 * What the proof of possession of a random key is made over: it is of this gateway and this key
 * alone (`possessionMessage` of contracts/build/gateway.abi.json).
 */
export const possessionMessage = (gateway: Hash160, publicKey: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from(POSSESSION_DOMAIN), hashToLittleEndian(gateway), publicKey]);

/** The proof, 48 bytes, that who proposes a key to this gateway has its secret. */
export const possessionProof = (
  gateway: Hash160,
  { secret, publicKey }: SecretRandomKey,
  random: RandomBytes,
): Buffer => prove(secret, possessionMessage(gateway, publicKey), random(SCALAR_SEED_BYTES));
