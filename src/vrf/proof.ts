import { bls12_381 } from '@noble/curves/bls12-381.js';
import { fromHex, sha256, toHex } from '../base/bytes.js';

/*
 * The verifiable random function of contracts/gateway/vrf.go: a short signature on BLS12-381
 * (Boneh and Boyen 2004; Dodis and Yampolskiy 2005). With the secret scalar sk, the public key
 * sk*g2 and x made of the message, the one proof is (1/(x+sk))*g1.
 */

const { G1, G2, fields } = bls12_381;
const { Fr, Fp12 } = fields;

/** Bytes of a secret scalar, big-endian. */
export const SECRET_BYTES = 32;
/** A compressed point of G2. */
export const PUBLIC_KEY_BYTES = 96;
/** A compressed point of G1. */
export const PROOF_BYTES = 48;
/** So many random bytes, reduced, are spread evenly over the scalars (FIPS 186-5, A.2). */
export const SCALAR_SEED_BYTES = 48;

const scalarIn = (bytes: Uint8Array): bigint => BigInt(`0x${toHex(bytes)}`);

/** A scalar from 1 to r-1 out of 48 random bytes. */
const nonZero = (seed: Uint8Array): bigint => (scalarIn(seed) % (Fr.ORDER - 1n)) + 1n;

/** A fresh secret out of 48 random bytes. */
export function secretFrom(seed: Uint8Array): Buffer {
  if (seed.length !== SCALAR_SEED_BYTES) throw new Error('bug: not 48 bytes of a seed');
  return fromHex(
    nonZero(seed)
      .toString(16)
      .padStart(SECRET_BYTES * 2, '0'),
  );
}

/** The public key of a secret, 96 bytes. */
export const publicKeyOf = (secret: Uint8Array): Buffer =>
  Buffer.from(G2.Point.BASE.multiply(scalarIn(secret)).toBytes(true));

/** x: the message's SHA-256, read little-endian, with a last byte of 0. */
function scalarOf(message: Uint8Array): bigint {
  const digest = sha256(message);
  digest[SECRET_BYTES - 1] = 0;
  return scalarIn(digest.reverse());
}

/**
 * The proof of a message, 48 bytes. The inversion takes other steps for other numbers, so it gets
 * the number times a random one, made of `blinding`: 48 fresh random bytes.
 */
export function prove(secret: Uint8Array, message: Uint8Array, blinding: Uint8Array): Buffer {
  const blind = nonZero(blinding);
  const sum = Fr.add(scalarOf(message), scalarIn(secret));
  const inverse = Fr.mul(Fr.inv(Fr.mul(sum, blind)), blind);
  return Buffer.from(G1.Point.BASE.multiply(inverse).toBytes(true));
}

/** The random number that a proof gives: what the gateway delivers. */
export const numberOf = (proof: Uint8Array): Buffer => sha256(proof);

type G2Point = typeof G2.Point.BASE;

/** Keys that a verifier keeps decoded. */
const MAX_KEYS_KEPT = 16;

/**
 * Makes a check of proofs: e(proof, x*g2 + publicKey) = e(g1, g2). It answers null where the proof
 * holds, else why it doesn't, in a few words. It takes what the gateway takes and nothing else:
 * points in their one canonical form, in their group, and not at infinity.
 */
export function createProofCheck() {
  const right = bls12_381.pairing(G1.Point.BASE, G2.Point.BASE);
  const keys = new Map<string, G2Point>();

  function keyPoint(publicKey: Uint8Array): G2Point | null {
    const name = toHex(publicKey);
    const known = keys.get(name);
    if (known !== undefined) return known;
    const point = publicKey.length === PUBLIC_KEY_BYTES ? decoded(G2.Point, publicKey) : null;
    if (point === null) return null;
    if (keys.size >= MAX_KEYS_KEPT) keys.clear();
    keys.set(name, point);
    return point;
  }

  return (publicKey: Uint8Array, message: Uint8Array, proof: Uint8Array): string | null => {
    const key = keyPoint(publicKey);
    if (key === null) return 'the public key is not a compressed point of G2 (96 bytes)';
    if (proof.length !== PROOF_BYTES) {
      return `the proof has ${proof.length} bytes, a compressed point of G1 has ${PROOF_BYTES}`;
    }
    const point = decoded(G1.Point, proof);
    if (point === null) return 'the proof is not a compressed point of G1';
    const x = scalarOf(message);
    const sum = x === 0n ? key : G2.Point.BASE.multiplyUnsafe(x).add(key);
    // x*g2 + key at infinity: then the secret is -x, for which there is no proof.
    const holds = !sum.is0() && Fp12.eql(bls12_381.pairing(point, sum), right);
    return holds ? null : 'the proof does not prove its message under the public key';
  };
}

export type ProofCheck = ReturnType<typeof createProofCheck>;

interface Decodable<P> {
  fromHex(hex: string): P;
}

/** A point in its group, given in its one form; null for anything else, infinity among it. */
function decoded<
  P extends { is0(): boolean; assertValidity(): void; toBytes(c: boolean): Uint8Array },
>(group: Decodable<P>, bytes: Uint8Array): P | null {
  const hex = toHex(bytes);
  try {
    const point = group.fromHex(hex);
    if (point.is0()) return null;
    point.assertValidity();
    // The library reduces coordinates beyond the field, which a node refuses.
    return toHex(point.toBytes(true)) === hex ? point : null;
  } catch {
    return null;
  }
}
