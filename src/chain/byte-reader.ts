/** Reads Neo's binary format from the start of some bytes; past the end it throws a RangeError. */
export interface ByteReader {
  readonly offset: number;
  uint8(): number;
  uint16(): number;
  uint32(): number;
  int64(): bigint;
  take(bytes: number): Buffer;
  /** A count in Neo's variable length, at most `max`. */
  varInt(max: number, what: string): number;
  /** Bytes with their length before them, at most `max`. */
  varBytes(max: number, what: string): Buffer;
}

export function createByteReader(bytes: Uint8Array): ByteReader {
  const source = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let offset = 0;
  const take = (count: number): Buffer => {
    if (offset + count > source.length) {
      throw new RangeError(`cut short: expected ${count} more bytes at ${offset}`);
    }
    offset += count;
    return source.subarray(offset - count, offset);
  };
  const varInt = (max: number, what: string): number => {
    const first = take(1).readUInt8();
    const value =
      first < 0xfd
        ? first
        : first === 0xfd
          ? take(2).readUInt16LE()
          : first === 0xfe
            ? take(4).readUInt32LE()
            : Number(take(8).readBigUInt64LE());
    if (value > max) throw new RangeError(`${what}: expected at most ${max}, got ${value}`);
    return value;
  };
  return {
    get offset() {
      return offset;
    },
    uint8: () => take(1).readUInt8(),
    uint16: () => take(2).readUInt16LE(),
    uint32: () => take(4).readUInt32LE(),
    int64: () => take(8).readBigInt64LE(),
    take: (count) => Buffer.from(take(count)),
    varInt,
    varBytes: (max, what) => Buffer.from(take(varInt(max, what))),
  };
}

/** A count in Neo's variable length. */
export function varInt(value: number): Buffer {
  if (value < 0xfd) return Buffer.from([value]);
  const wide = value > 0xffff;
  const out = Buffer.alloc(wide ? 5 : 3);
  out[0] = wide ? 0xfe : 0xfd;
  if (wide) out.writeUInt32LE(value, 1);
  else out.writeUInt16LE(value, 1);
  return out;
}

/** Bytes with their length before them. */
export const varBytes = (bytes: Uint8Array): Buffer => Buffer.concat([varInt(bytes.length), bytes]);
