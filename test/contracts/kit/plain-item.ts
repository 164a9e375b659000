import { toHex } from '../../../src/base/bytes.js';
import type { StackItem } from '../../../src/chain/stack-item.js';

/**
 * What a reader sees of an item: bytes as hexadecimal digits, null, and no difference between a
 * struct of the machine and an array.
 */
export function plain(item: StackItem): unknown {
  if (item.type === 'Array' || item.type === 'Struct') return item.items.map(plain);
  if (item.type === 'ByteString' || item.type === 'Buffer') return toHex(item.value);
  return 'value' in item ? item.value : null;
}
