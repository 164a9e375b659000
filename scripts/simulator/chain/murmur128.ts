const MASK = (1n << 64n) - 1n;
const C1 = 0x87c37b91114253d5n;
const C2 = 0x4cf5ad432745937fn;

const rotate = (value: bigint, bits: bigint): bigint =>
  ((value << bits) | (value >> (64n - bits))) & MASK;

function mix(value: bigint): bigint {
  let mixed = value;
  mixed = ((mixed ^ (mixed >> 33n)) * 0xff51afd7ed558ccdn) & MASK;
  mixed = ((mixed ^ (mixed >> 33n)) * 0xc4ceb9fe1a85ec53n) & MASK;
  return mixed ^ (mixed >> 33n);
}

/** MurmurHash3 (x64, 128 bits) of 16 bytes, little-endian, as Neo's GetRandom takes it. */
export function murmur128(data: Buffer, seed: number): Buffer {
  let h1 = BigInt(seed);
  let h2 = BigInt(seed);
  h1 ^= (rotate((data.readBigUInt64LE(0) * C1) & MASK, 31n) * C2) & MASK;
  h1 = ((rotate(h1, 27n) + h2) * 5n + 0x52dce729n) & MASK;
  h2 ^= (rotate((data.readBigUInt64LE(8) * C2) & MASK, 33n) * C1) & MASK;
  h2 = ((rotate(h2, 31n) + h1) * 5n + 0x38495ab5n) & MASK;
  h1 ^= 16n;
  h2 ^= 16n;
  h1 = (h1 + h2) & MASK;
  h2 = (h2 + h1) & MASK;
  h1 = mix(h1);
  h2 = mix(h2);
  h1 = (h1 + h2) & MASK;
  h2 = (h2 + h1) & MASK;
  const out = Buffer.alloc(16);
  out.writeBigUInt64LE(h1, 0);
  out.writeBigUInt64LE(h2, 8);
  return out;
}
