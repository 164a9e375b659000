import type { StackItem } from '../../src/chain/stack-item.js';

/** Bytes of an event's parameters as StdLib.serialize writes them, which 1,024 is the limit of. */
export const serialisedSize = (state: readonly StackItem[]): number =>
  sizeOf({ type: 'Array', items: state });

function sizeOf(item: StackItem): number {
  switch (item.type) {
    case 'Any':
      return 1;
    case 'Boolean':
      return 2;
    case 'Integer': {
      const bytes = integerBytes(item.value);
      return 1 + 1 + bytes;
    }
    case 'ByteString':
    case 'Buffer':
      return 1 + varSize(item.value.length) + item.value.length;
    case 'Array':
    case 'Struct':
      return item.items.reduce((sum, each) => sum + sizeOf(each), 1 + varSize(item.items.length));
    default:
      throw new Error(`no event holds a ${item.type}`);
  }
}

/** Bytes of the shortest two's complement; none for 0. */
export function integerBytes(value: bigint): number {
  let bytes = 0;
  while (BigInt.asIntN(bytes * 8, value) !== value) bytes++;
  return bytes;
}

const varSize = (length: number): number => (length < 0xfd ? 1 : 3);
