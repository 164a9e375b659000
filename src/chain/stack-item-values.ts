import { toHex, utf8Text } from '../base/bytes.js';
import { type Hash160, type Hash256, hashFromLittleEndian } from '../base/hash.js';
import { type StackItem, stackItemMalformed } from './stack-item.js';

/*
 * What an item holds, as one of our types. `what` names it in messages. Each throws a NodeError
 * STACK_ITEM_MALFORMED that says what was expected. Conversions are those of the virtual machine:
 * bytes read from storage come as ByteString where a contract declares an Integer or a Boolean.
 */

const MAX_INTEGER_BYTES = 32;

export const isNull = (item: StackItem): boolean => item.type === 'Any';

/** Integer, Boolean, or up to 32 bytes of little-endian two's complement. */
export function asInteger(item: StackItem, what: string): bigint {
  if (item.type === 'Integer') return item.value;
  if (item.type === 'Boolean') return item.value ? 1n : 0n;
  if (item.type === 'ByteString' && item.value.length <= MAX_INTEGER_BYTES) {
    return integerFromLittleEndian(item.value);
  }
  throw unexpected(item, what, 'an Integer');
}

/** An Integer that is a block index, a code, a count: within 0 .. 2^53-1, as a number. */
export function asCount(item: StackItem, what: string): number {
  const value = asInteger(item, what);
  if (value >= 0n && value <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(value);
  throw stackItemMalformed(what, `expected an Integer of 0 to 2^53-1, got ${value}`);
}

export function asBoolean(item: StackItem, what: string): boolean {
  if (item.type === 'Boolean') return item.value;
  if (item.type === 'Integer') return item.value !== 0n;
  if (item.type === 'ByteString' && item.value.length <= MAX_INTEGER_BYTES) {
    return item.value.some((byte) => byte !== 0);
  }
  throw unexpected(item, what, 'a Boolean');
}

export function asBytes(item: StackItem, what: string): Buffer {
  if (item.type === 'ByteString' || item.type === 'Buffer') return item.value;
  throw unexpected(item, what, 'a ByteString');
}

export const asBytesOrNull = (item: StackItem, what: string): Buffer | null =>
  isNull(item) ? null : asBytes(item, what);

/** Strictly valid UTF-8. */
export function asText(item: StackItem, what: string): string {
  const bytes = asBytes(item, what);
  const text = utf8Text(bytes);
  if (text !== null) return text;
  throw stackItemMalformed(
    what,
    `expected UTF-8 text, got the bytes ${toHex(bytes.subarray(0, 32))}`,
  );
}

export function asHash160(item: StackItem, what: string): Hash160 {
  return hashFromLittleEndian(sized(item, what, 20));
}

export const asHash160OrNull = (item: StackItem, what: string): Hash160 | null =>
  isNull(item) ? null : asHash160(item, what);

export function asHash256(item: StackItem, what: string): Hash256 {
  return hashFromLittleEndian(sized(item, what, 32));
}

/** The items of an Array or Struct, of exactly `length` where given. */
export function asItems(item: StackItem, what: string, length?: number): readonly StackItem[] {
  if (item.type !== 'Array' && item.type !== 'Struct') throw unexpected(item, what, 'an Array');
  if (length !== undefined && item.items.length !== length) {
    throw stackItemMalformed(what, `expected ${length} items, got ${item.items.length}`);
  }
  return item.items;
}

/** The entries of a Map whose keys are text. */
export function asTextMap(item: StackItem, what: string): Map<string, StackItem> {
  if (item.type !== 'Map') throw unexpected(item, what, 'a Map');
  return new Map(item.entries.map(([key, value]) => [asText(key, `a key of ${what}`), value]));
}

function sized(item: StackItem, what: string, bytes: number): Buffer {
  const value = asBytes(item, what);
  if (value.length === bytes) return value;
  throw stackItemMalformed(what, `expected ${bytes} bytes, got ${value.length}`);
}

function integerFromLittleEndian(bytes: Buffer): bigint {
  if (bytes.length === 0) return 0n;
  const unsigned = BigInt(`0x${toHex(Buffer.from(bytes).reverse())}`);
  return BigInt.asIntN(bytes.length * 8, unsigned);
}

const unexpected = (item: StackItem, what: string, expected: string) =>
  stackItemMalformed(what, `expected ${expected}, got ${item.type === 'Any' ? 'null' : item.type}`);
