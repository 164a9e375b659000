import { sha256 } from '../../src/base/bytes.js';
import { type Hash160, type Hash256, hashToLittleEndian } from '../../src/base/hash.js';
import type { AskEvent } from '../../src/chain/gateway-events.js';
import type { AnyWorld } from './requests.js';

/* The seeds of contracts/gateway/random.go, made apart from it, of what the chain has. */

export interface SeedFields {
  readonly magic: number;
  readonly gateway: Hash160;
  readonly id: bigint;
  readonly requester: Hash160;
  /** The requester's own. */
  readonly given: Uint8Array;
  /** What `runtime.GetRandom` gave. */
  readonly random: bigint;
  readonly txHash: Hash256;
}

/** seedMessage of gateway.abi.json, hashed. */
export function seedOf({ magic, gateway, id, requester, given, random, txHash }: SeedFields) {
  return sha256(
    littleEndian(BigInt(magic), 4),
    hashToLittleEndian(gateway),
    littleEndian(id, 8),
    hashToLittleEndian(requester),
    sha256(given),
    littleEndian(random, 16),
    hashToLittleEndian(txHash),
  );
}

/** The seed of the request that a transaction made with its `calls`-th call of GetRandom. */
export async function seedOnChain(
  { network, gateway }: AnyWorld,
  { txHash, blockIndex }: { readonly txHash: Hash256; readonly blockIndex: number },
  { id, requester }: Pick<AskEvent, 'id' | 'requester'>,
  given: Uint8Array,
  calls = 0,
): Promise<Buffer> {
  const { nonce } = await network.rpc.call<{ nonce: string }>('getblock', [blockIndex, 1]);
  const { magic } = network;
  const random = vmRandom({ magic, nonce: BigInt(`0x${nonce}`), txHash, calls });
  return seedOf({ magic, gateway, id, requester, given, random, txHash });
}

/**
 * What `runtime.GetRandom` gives: Murmur3 (x64, 128 bits), seeded with network and counter, of the
 * transaction's hash with the block's nonce in its first half (neo-go: pkg/core/interop/runtime).
 */
function vmRandom(of: { magic: number; nonce: bigint; txHash: Hash256; calls: number }): bigint {
  const data = hashToLittleEndian(of.txHash);
  const first = data.readBigUInt64LE(0) ^ of.nonce;
  return murmur128(first, data.readBigUInt64LE(8), BigInt((of.magic + of.calls) >>> 0));
}

const u64 = (value: bigint): bigint => BigInt.asUintN(64, value);
const rotated = (value: bigint, by: bigint): bigint => u64(value << by) | (value >> (64n - by));
const C1 = 0x87c37b91114253d5n;
const C2 = 0x4cf5ad432745937fn;

/** Murmur3 of one block of 16 bytes. */
function murmur128(first: bigint, second: bigint, seed: bigint): bigint {
  let [h1, h2] = [seed, seed];
  h1 ^= u64(rotated(u64(first * C1), 31n) * C2);
  h1 = u64(u64(rotated(h1, 27n) + h2) * 5n + 0x52dce729n);
  h2 ^= u64(rotated(u64(second * C2), 33n) * C1);
  h2 = u64(u64(rotated(h2, 31n) + h1) * 5n + 0x38495ab5n);
  h1 ^= 16n;
  h2 ^= 16n;
  h1 = u64(h1 + h2);
  h2 = u64(h2 + h1);
  h1 = mixed(h1);
  h2 = mixed(h2);
  h1 = u64(h1 + h2);
  h2 = u64(h2 + h1);
  return (h2 << 64n) | h1;
}

function mixed(value: bigint): bigint {
  let k = value;
  k = u64((k ^ (k >> 33n)) * 0xff51afd7ed558ccdn);
  k = u64((k ^ (k >> 33n)) * 0xc4ceb9fe1a85ec53n);
  return k ^ (k >> 33n);
}

function littleEndian(value: bigint, bytes: number): Buffer {
  return Buffer.from(value.toString(16).padStart(bytes * 2, '0'), 'hex').reverse();
}
