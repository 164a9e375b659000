import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bls12_381 } from '@noble/curves/bls12-381.js';
import { projectRoot } from '../../scripts/ensure/paths.mjs';
import { fromHex, sha256, toHex } from '../../src/base/bytes.js';
import { possessionMessage, possessionProof } from '../../src/vrf/possession.js';
import {
  createProofCheck,
  numberOf,
  prove,
  publicKeyOf,
  SCALAR_SEED_BYTES,
  secretFrom,
} from '../../src/vrf/proof.js';
import { nonCanonical, outsideTheGroup } from '../contracts/random-proofs.js';

/** Made by scripts/vectors/random_proofs.py, which knows nothing of this code. */
const FIXTURE = join(projectRoot, 'test', 'fixtures', 'vrf', 'proofs.json');
const vectors: {
  constants: { g1: string; g2: string; pairingOfGenerators: string };
  proofs: { secret: string; publicKey: string; message: string; proof: string; number: string }[];
} = JSON.parse(readFileSync(FIXTURE, 'utf8'));

const { G1, G2, pairing, fields } = bls12_381;
const blinding = () => randomBytes(SCALAR_SEED_BYTES);

describe('proofs of random numbers', function () {
  this.timeout(20_000);
  const check = createProofCheck();
  const secret = secretFrom(randomBytes(SCALAR_SEED_BYTES));
  const publicKey = publicKeyOf(secret);
  const seed = sha256('seed');
  const proof = prove(secret, seed, blinding());

  it('are those that another library computes, key by key and message by message', () => {
    assert.equal(vectors.proofs.length, 28);
    for (const vector of vectors.proofs) {
      const [own, message] = [fromHex(vector.secret), fromHex(vector.message)];
      assert.equal(toHex(publicKeyOf(own)), vector.publicKey);
      const made = prove(own, message, blinding());
      assert.equal(toHex(made), vector.proof);
      assert.equal(toHex(numberOf(made)), vector.number);
    }
  });

  it('hold under the key and for the message that they were made for, and no other', () => {
    for (const vector of vectors.proofs.filter((_, at) => at % 4 === 2)) {
      const [key, given] = [fromHex(vector.publicKey), fromHex(vector.proof)];
      assert.equal(check(key, fromHex(vector.message), given), null);
    }
    const unproved = /does not prove its message under the public key/;
    assert.equal(check(publicKey, seed, proof), null);
    assert.match(check(publicKey, sha256(seed), proof) ?? '', unproved);
    const other = publicKeyOf(secretFrom(blinding()));
    assert.match(check(other, seed, proof) ?? '', unproved);
    const negated = Buffer.from(proof);
    negated[0] = (negated[0] ?? 0) ^ 0x20;
    assert.match(check(publicKey, seed, negated) ?? '', unproved);
  });

  it('are the same whatever they are blinded with: there is but one', () => {
    for (let round = 0; round < 5; round++) {
      assert.deepEqual(prove(secret, seed, blinding()), proof);
    }
  });

  /** A message whose proof has another form, and that form. */
  function otherForm(): [Buffer, Buffer] {
    for (let tries = 0; tries < 200; tries++) {
      const message = sha256(`message ${tries}`);
      const form = nonCanonical(prove(secret, message, blinding()));
      if (form !== null) return [message, form];
    }
    return assert.fail('no proof had another form');
  }

  it('are taken as a node takes them: one form of each point, in its group, not infinity', () => {
    const noPoint = /the proof is not a compressed point of G1/;
    const infinity = Buffer.concat([Buffer.from([0xc0]), Buffer.alloc(47)]);
    const [seeded, beyond] = otherForm();
    assert.equal(check(publicKey, seeded, prove(secret, seeded, blinding())), null);
    assert.match(check(publicKey, seeded, beyond) ?? '', noPoint);
    const bad = [Buffer.alloc(48), Buffer.alloc(48, 1), infinity, outsideTheGroup(proof)];
    for (const given of bad) assert.match(check(publicKey, seed, given) ?? '', noPoint);
    for (const given of [proof.subarray(1), Buffer.concat([proof, proof]), Buffer.alloc(0)]) {
      assert.match(check(publicKey, seed, given) ?? '', /the proof has \d+ bytes, .* has 48/);
    }
    const noKey = /the public key is not a compressed point of G2/;
    const atInfinity = Buffer.concat([Buffer.from([0xc0]), Buffer.alloc(95)]);
    for (const key of [Buffer.alloc(96, 1), atInfinity, publicKey.subarray(1)]) {
      assert.match(check(key, seed, proof) ?? '', noKey);
    }
  });

  it('have secrets from 1 to the order of the group, in 32 bytes', () => {
    const scalar = (bytes: Buffer): bigint => BigInt(`0x${toHex(bytes)}`);
    assert.equal(scalar(secretFrom(Buffer.alloc(48))), 1n);
    const top = fields.Fr.ORDER - 2n;
    const seedOf = (value: bigint) => fromHex(value.toString(16).padStart(96, '0'));
    assert.equal(scalar(secretFrom(seedOf(top))), fields.Fr.ORDER - 1n);
    assert.equal(scalar(secretFrom(seedOf(top + 1n))), 1n);
    assert.equal(secretFrom(Buffer.alloc(48)).length, 32);
    assert.throws(() => secretFrom(Buffer.alloc(32)), /48 bytes/);
  });

  it('of possession are for one gateway and one key', () => {
    const [gateway, other] = [`0x${'12'.repeat(20)}`, `0x${'13'.repeat(20)}`] as const;
    const possession = possessionProof(gateway, { secret, publicKey }, randomBytes);
    assert.equal(check(publicKey, possessionMessage(gateway, publicKey), possession), null);
    assert.notEqual(check(publicKey, possessionMessage(other, publicKey), possession), null);
  });
});

describe('the constants of the gateway', () => {
  const source = readFileSync(join(projectRoot, 'contracts', 'gateway', 'vrf.go'), 'utf8');
  /** The bytes of a string constant that is written in escapes. */
  const constant = (name: string): string => {
    const [, text = ''] = new RegExp(`const ${name} = ""((?: \\+\\s+"[^"]+")+)`).exec(source) ?? [];
    return [...text.matchAll(/\\x([0-9a-f]{2})/g)].map(([, digits]) => digits).join('');
  };
  const g2 = toHex(G2.Point.BASE.toBytes(true));

  it('are the generator of G2 of the standard, as both libraries have it', () => {
    assert.equal(constant('generatorG2'), g2);
    assert.equal(vectors.constants.g2, g2);
    assert.equal(vectors.constants.g1, toHex(G1.Point.BASE.toBytes(true)));
  });

  it('are e(g1, g2) in the order of Neo, computed by both', () => {
    const { c0, c1 } = pairing(G1.Point.BASE, G2.Point.BASE);
    const hex = (part: bigint): string => part.toString(16).padStart(96, '0');
    const parts = [c1, c0].flatMap((half) => [half.c2, half.c1, half.c0]);
    const computed = parts.map((part) => hex(part.c1) + hex(part.c0)).join('');
    assert.equal(constant('pairingOfGenerators'), computed);
    assert.equal(vectors.constants.pairingOfGenerators, computed);
  });
});
