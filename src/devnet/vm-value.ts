import type { ScriptArg } from '../chain/script.js';
import type { StackItem } from '../chain/stack-item.js';

/**
 * A value as a test of a contract writes it. A text is text, in UTF-8; only `0x` and 40 or 64 hex
 * digits in lower case are the hash of a contract, an account or a transaction. Numbers are whole.
 */
export type VmArgument =
  | null
  | boolean
  | bigint
  | number
  | string
  | Uint8Array
  | readonly VmArgument[];

/** A value as a contract returns it: every number a bigint, bytes and texts alike a Buffer. */
export type VmValue = null | boolean | bigint | Buffer | VmValue[] | Map<VmValue, VmValue>;

const HASH = /^0x(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

/** The argument as a script pushes it. Throws a RangeError for a fraction or an unsafe number. */
export function toScriptArg(value: VmArgument): ScriptArg {
  if (typeof value === 'string') {
    return HASH.test(value) ? (value as `0x${string}`) : Buffer.from(value, 'utf8');
  }
  if (Array.isArray(value)) return value.map(toScriptArg);
  if (typeof value === 'number' && !Number.isSafeInteger(value)) {
    throw new RangeError(`expected a whole number up to 2^53, or a bigint, got ${value}`);
  }
  return value as ScriptArg;
}

/** Throws a RangeError for what only the machine itself can hold, such as an iterator. */
export function fromStackItem(item: StackItem): VmValue {
  switch (item.type) {
    case 'Any':
      return null;
    case 'Boolean':
    case 'Integer':
    case 'ByteString':
    case 'Buffer':
      return item.value;
    case 'Array':
    case 'Struct':
      return item.items.map(fromStackItem);
    case 'Map':
      return new Map(
        item.entries.map(([key, value]) => [fromStackItem(key), fromStackItem(value)]),
      );
    default:
      throw new RangeError(`a contract returned a value of the type ${item.type}: read it by RPC`);
  }
}
