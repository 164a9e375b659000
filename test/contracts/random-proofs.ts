import { randomBytes } from 'node:crypto';
import { bls12_381 } from '@noble/curves/bls12-381.js';
import { sha256 } from '../../src/base/bytes.js';
import { type Hash160, hashToLittleEndian } from '../../src/base/hash.js';

/* The proofs of contracts/gateway/vrf.go, made apart from it. */

export interface RandomKey {
  readonly secret: bigint;
  /** A compressed point of G2, 96 bytes. */
  readonly publicKey: Buffer;
}

const { G1, G2, fields } = bls12_381;

export function newRandomKey(): RandomKey {
  const secret = fields.Fr.create(BigInt(`0x${randomBytes(48).toString('hex')}`));
  return { secret, publicKey: Buffer.from(G2.Point.BASE.multiply(secret).toBytes(true)) };
}

/** (1 / (x + secret)) * g1, x being the message's SHA-256, little-endian, with a last byte of 0. */
export function prove({ secret }: RandomKey, message: Buffer): Buffer {
  const digest = Buffer.from(sha256(message));
  digest[31] = 0;
  const x = BigInt(`0x${digest.reverse().toString('hex')}`);
  const scalar = fields.Fr.inv(fields.Fr.add(x, secret));
  return Buffer.from(G1.Point.BASE.multiply(scalar).toBytes(true));
}

/** What the proof of possession of a key is made over (possessionMessage of gateway.abi.json). */
export const possessionMessage = (gateway: Hash160, publicKey: Buffer): Buffer =>
  Buffer.concat([Buffer.from('Dodona random key'), hashToLittleEndian(gateway), publicKey]);

/** The proof that who announces a key to this gateway has its secret. */
export const possessionProof = (gateway: Hash160, key: RandomKey): Buffer =>
  prove(key, possessionMessage(gateway, key.publicKey));

/**
 * The same proof with a point outside of the group added, which no pairing sees: who takes it lets
 * the prover choose between proofs, and so between random numbers.
 */
export function outsideTheGroup(proof: Buffer): Buffer {
  const { Fp, Fr } = fields;
  for (let x = 1n; ; x++) {
    const square = Fp.add(Fp.pow(x, 3n), 4n);
    if (Fp.pow(square, (Fp.ORDER - 1n) / 2n) !== Fp.ONE) continue;
    const point = G1.Point.fromAffine({ x, y: Fp.sqrt(square) });
    // Times the order of the group: what is left of the point is outside of it.
    const rest = point.multiplyUnsafe(Fr.ORDER - 1n).add(point);
    if (rest.is0()) continue;
    return compressed(G1.Point.fromHex(proof.toString('hex')).add(rest).toAffine());
  }
}

/** As `outsideTheGroup`, of a public key. */
export function keyOutsideTheGroup(publicKey: Buffer): Buffer {
  const { Fp2, Fr } = fields;
  const four = Fp2.fromBigTuple([4n, 4n]);
  for (let of = 1n; ; of++) {
    const x = Fp2.fromBigTuple([of, 0n]);
    const square = Fp2.add(Fp2.pow(x, 3n), four);
    if (!isSquare(square)) continue;
    const point = G2.Point.fromAffine({ x, y: Fp2.sqrt(square) });
    const rest = point.multiplyUnsafe(Fr.ORDER - 1n).add(point);
    if (rest.is0()) continue;
    return compressedKey(G2.Point.fromHex(publicKey.toString('hex')).add(rest).toAffine());
  }
}

/** Of Fp2: its norm is one of Fp. */
function isSquare(value: { readonly c0: bigint; readonly c1: bigint }): boolean {
  const { Fp } = fields;
  const norm = Fp.add(Fp.sqr(value.c0), Fp.sqr(value.c1));
  return Fp.eql(Fp.pow(norm, (Fp.ORDER - 1n) / 2n), Fp.ONE);
}

/**
 * The same point written with its x beyond the field's order, which is another form of it; null
 * where 381 bits have no room for that. Who takes it lets the prover choose between two hashes.
 */
export function nonCanonical(proof: Buffer): Buffer | null {
  const { x, y } = G1.Point.fromHex(proof.toString('hex')).toAffine();
  const beyond = x + fields.Fp.ORDER;
  return beyond < 1n << 381n ? compressed({ x: beyond, y }) : null;
}

/** A point of the curve, in its group or not: the library writes only those in it. */
function compressed({ x, y }: { readonly x: bigint; readonly y: bigint }): Buffer {
  const bytes = Buffer.from(x.toString(16).padStart(96, '0'), 'hex');
  bytes[0] = (bytes[0] ?? 0) | 0x80 | (y > fields.Fp.ORDER / 2n ? 0x20 : 0);
  return bytes;
}

function compressedKey({ x, y }: ReturnType<InstanceType<typeof G2.Point>['toAffine']>): Buffer {
  const text = (value: bigint): string => value.toString(16).padStart(96, '0');
  const bytes = Buffer.from(text(x.c1) + text(x.c0), 'hex');
  const larger = y.c1 === 0n ? y.c0 : y.c1;
  bytes[0] = (bytes[0] ?? 0) | 0x80 | (larger > fields.Fp.ORDER / 2n ? 0x20 : 0);
  return bytes;
}
