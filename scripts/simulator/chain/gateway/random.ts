import { sha256 } from '../../../../src/base/bytes.js';
import { type Hash160, hashToLittleEndian } from '../../../../src/base/hash.js';
import { createProofCheck } from '../../../../src/vrf/proof.js';
import { GAS_UNITS, Price } from '../gas-prices.js';
import type { CallContext } from '../machine.js';
import { murmur128 } from '../murmur128.js';
import { type Item, item } from '../vm-item.js';
import { blob, whole } from './checks.js';
import { type Draw, getAccount, getNumber, Key, putNumber } from './records.js';

/* contracts/gateway/random.go, randomkey.go and vrf.go */

/** Null where a proof of a message holds under a key, else why not. */
export type ProofCheck = (key: Uint8Array, message: Uint8Array, proof: Uint8Array) => string | null;

export const verifiedProofs = (): ProofCheck => createProofCheck();
export const trustedProofs: ProofCheck = () => null;

export function seedOf(c: CallContext, id: bigint, requester: Hash160, given: Buffer): Buffer {
  c.execution.use(2 * (Price.nativeCall + Price.sha256) + Price.random + GAS_UNITS.seed);
  return sha256(
    Buffer.concat([
      fixed(BigInt(c.world.magic), 4),
      hashToLittleEndian(c.self),
      fixed(id, 8),
      hashToLittleEndian(requester),
      sha256(given),
      randomOf(c),
      hashToLittleEndian(c.execution.container.hash),
    ]),
  );
}

/** Of the transaction's hash and the block's nonce (neo-project/neo, GetRandom), 16 bytes. */
function randomOf(c: CallContext): Buffer {
  const { execution, world } = c;
  const data = Buffer.from(hashToLittleEndian(execution.container.hash).subarray(0, 16));
  if (world.blockNonce !== null) {
    data.writeBigUInt64LE(data.readBigUInt64LE(0) ^ world.blockNonce, 0);
  }
  const seed = (world.magic + execution.randomCalls++) >>> 0;
  return murmur128(data, seed);
}

function fixed(value: bigint, width: number): Buffer {
  const bytes = Buffer.alloc(width);
  for (let at = 0, rest = value; at < width; at++, rest >>= 8n) bytes[at] = Number(rest & 0xffn);
  return bytes;
}

const PROOF_BYTES = 48;

/** Checks the proof that answers a random request and returns the number. */
export function drawn(
  c: CallContext,
  check: ProofCheck,
  id: bigint,
  code: bigint,
  proof: Buffer,
): Buffer {
  if (code !== 0n) c.refuse('a random request can only be answered with Success');
  if (proof.length !== PROOF_BYTES) {
    c.refuse('the result for a random request is not a compressed point of G1 (48 bytes)');
  }
  const draw = c.getRecord<Draw>(Key.draw(id));
  if (draw === null) throw new Error('bug: a random request without a draw');
  c.remove(Key.draw(id));
  const key = c.get<Buffer>(Key.randomKey(draw.keyId));
  if (key === null) throw new Error('bug: a draw under no key');
  c.execution.use(Price.proof + GAS_UNITS.proof);
  if (check(key, draw.seed, proof) !== null) {
    c.refuse('the result for a random request does not prove its seed under its key');
  }
  return sha256(proof);
}

export function randomKey(c: CallContext): Item {
  const id = getNumber(c, Key.randomKeyId);
  return item([id, c.get<Buffer>(Key.randomKey(id))]);
}

export const randomKeyOf = (c: CallContext, [id]: readonly Item[]): Item =>
  c.get<Buffer>(
    Key.randomKey(whole(c, id ?? null, 'keyId of randomKeyOf is not from 0 to 2^63-1')),
  );

const POSSESSION_DOMAIN = 'Dodona random key';
const INFINITY_FLAG = 0x40;

export const proposeRandomKey =
  (check: ProofCheck) =>
  (c: CallContext, [publicKey, possession]: readonly Item[]): undefined => {
    const node = getAccount(c, Key.node);
    const owner = getAccount(c, Key.owner) as Hash160;
    if (!c.checkWitness(owner) && (node === null || !c.checkWitness(node))) {
      c.refuse('only the owner or the node account may propose a random key');
    }
    const key = blob(
      c,
      publicKey ?? null,
      96,
      'publicKey is not a compressed point of G2 (96 bytes)',
    );
    const proof = blob(
      c,
      possession ?? null,
      PROOF_BYTES,
      'possessionProof is not a compressed point of G1 (48 bytes)',
    );
    if (((key[0] ?? 0) & INFINITY_FLAG) !== 0) c.refuse('publicKey is the point at infinity');
    const domain = Buffer.from(POSSESSION_DOMAIN);
    const message = Buffer.concat([domain, hashToLittleEndian(c.self), key]);
    c.execution.use(Price.proof + GAS_UNITS.proof);
    if (check(key, message, proof) !== null) {
      c.refuse('possessionProof does not prove possession of publicKey');
    }
    const id = getNumber(c, Key.randomKeyId) + 1n;
    putNumber(c, Key.randomKeyId, id);
    c.put(Key.randomKey(id), key, key.length);
    c.notify('RandomKeyChanged', id, key);
  };
