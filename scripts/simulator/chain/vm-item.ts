import type { Hash160, Hash256 } from '../../../src/base/hash.js';
import { utf8 } from '../../../src/chain/script.js';
import { VmFault } from './vm-fault.js';

/** A value of the virtual machine. Bytes are a ByteString. */
export type Item = null | boolean | bigint | Buffer | readonly Item[] | ItemMap;
export type ItemMap = ReadonlyMap<Item, Item>;

/** What `item` makes one of: a number an Integer, a displayed hash its bytes. */
export type ItemLike = Item | number | Hash160 | Hash256 | readonly ItemLike[];

export function item(value: ItemLike): Item {
  if (typeof value === 'number') return BigInt(value);
  // Not by base/bytes, which looks at every digit: a chain turns a great many of them around.
  if (typeof value === 'string') return Buffer.from(value.slice(2), 'hex').reverse();
  if (Array.isArray(value)) return value.map(item);
  return value as Item;
}

/** The bytes of a text. */
export const textItem = (text: string): Buffer => utf8(text);

/** As RPC answers tell an item. */
export function itemToJson(value: Item): unknown {
  if (value === null) return { type: 'Any' };
  if (typeof value === 'boolean') return { type: 'Boolean', value };
  if (typeof value === 'bigint') return { type: 'Integer', value: value.toString() };
  if (Buffer.isBuffer(value)) return { type: 'ByteString', value: value.toString('base64') };
  if (value instanceof Map) {
    const entries = [...value].map(([key, held]) => ({
      key: itemToJson(key),
      value: itemToJson(held),
    }));
    return { type: 'Map', value: entries };
  }
  return { type: 'Array', value: (value as readonly Item[]).map(itemToJson) };
}

/** Bytes of an Integer: the shortest two's complement, none for 0. */
export function integerBytes(value: bigint): number {
  if (value === 0n) return 0;
  const magnitude = value < 0n ? -value - 1n : value;
  return Math.floor(magnitude.toString(2).length / 8) + 1;
}

const prefixBytes = (length: number): number => (length < 0xfd ? 1 : length <= 0xffff ? 3 : 5);
const withPrefix = (length: number): number => 1 + prefixBytes(length) + length;

/**
 * Bytes of what StdLib.serialize makes of a value. Of records, too: their fields in order, accounts
 * being displayed hashes, and other texts UTF-8.
 */
export function serializedBytes(value: unknown): number {
  if (value === null || value === undefined) return 1;
  if (typeof value === 'boolean') return 2;
  if (typeof value === 'bigint') return 2 + integerBytes(value);
  if (typeof value === 'number') return 2 + integerBytes(BigInt(value));
  if (typeof value === 'string') {
    return withPrefix(/^0x[0-9a-f]{40}$/.test(value) ? 20 : Buffer.byteLength(value));
  }
  if (Buffer.isBuffer(value)) return withPrefix(value.length);
  const parts = Array.isArray(value)
    ? value
    : value instanceof Map
      ? [...value].flat()
      : Object.values(value as object);
  const count = value instanceof Map ? value.size : parts.length;
  return parts.reduce((sum: number, part) => sum + serializedBytes(part), 1 + prefixBytes(count));
}

const MAX_INTEGER_BYTES = 32;

/** As the machine converts where a contract works with an Integer. */
export function toInteger(value: Item): bigint {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'boolean') return value ? 1n : 0n;
  if (Buffer.isBuffer(value) && value.length <= MAX_INTEGER_BYTES) return littleEndian(value);
  throw new VmFault('invalid conversion: not an Integer');
}

/** As the machine converts where a contract works with bytes. */
export function toBytes(value: Item): Buffer {
  if (Buffer.isBuffer(value)) return value;
  if (typeof value === 'boolean') return Buffer.from([value ? 1 : 0]);
  if (typeof value === 'bigint') return bytesOf(value);
  throw new VmFault('invalid conversion: not a ByteString');
}

export function toBoolean(value: Item): boolean {
  if (value === null) return false;
  if (typeof value === 'boolean') return value;
  if (typeof value === 'bigint') return value !== 0n;
  if (Buffer.isBuffer(value)) {
    if (value.length > MAX_INTEGER_BYTES) throw new VmFault('invalid conversion: not a Boolean');
    return value.some((byte) => byte !== 0);
  }
  return true;
}

export function toList(value: Item): readonly Item[] {
  if (Array.isArray(value)) return value;
  throw new VmFault('invalid conversion: not an Array');
}

/** The account of 20 bytes. */
export const toAccount = (bytes: Buffer): Hash160 =>
  `0x${Buffer.from(bytes).reverse().toString('hex')}`;

function littleEndian(bytes: Buffer): bigint {
  if (bytes.length === 0) return 0n;
  const digits = Buffer.from(bytes).reverse().toString('hex');
  return BigInt.asIntN(bytes.length * 8, BigInt(`0x${digits}`));
}

function bytesOf(value: bigint): Buffer {
  const length = integerBytes(value);
  if (length === 0) return Buffer.alloc(0);
  const digits = BigInt.asUintN(length * 8, value)
    .toString(16)
    .padStart(length * 2, '0');
  return Buffer.from(digits, 'hex').reverse();
}
