import { NodeError } from '../base/node-error.js';
import { showValue } from '../base/show-value.js';

/** A value of the virtual machine, as RPC answers tell it. */
export type StackItem =
  | { readonly type: 'Any' }
  | { readonly type: 'Boolean'; readonly value: boolean }
  | { readonly type: 'Integer'; readonly value: bigint }
  | { readonly type: 'ByteString' | 'Buffer'; readonly value: Buffer }
  | { readonly type: 'Array' | 'Struct'; readonly items: readonly StackItem[] }
  | { readonly type: 'Map'; readonly entries: readonly (readonly [StackItem, StackItem])[] }
  | { readonly type: 'Pointer'; readonly position: number }
  | {
      readonly type: 'InteropInterface';
      /** Of an iterator: its id within the answer's session, or null. */
      readonly id: string | null;
      /** Of an iterator that the node expanded: its items, else null. */
      readonly items: readonly StackItem[] | null;
      readonly truncated: boolean;
    };

/** The machine nests at most this deep when it serialises; answers stay below it. */
const MAX_DEPTH = 64;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
/** 256 bits are 78 decimal digits at most. */
const INTEGER = /^-?\d{1,78}$/;

/**
 * Decodes one item of an RPC answer (`{"type": …, "value": …}`). `where` names it in the message of
 * the NodeError STACK_ITEM_MALFORMED, which tells what was wrong and what was expected.
 */
export const parseStackItem = (json: unknown, where = 'stack item'): StackItem =>
  parseItem(json, where, 0);

/** Decodes a list of items, e.g. the `stack` of an invocation. */
export function parseStackItems(json: unknown, where = 'stack'): StackItem[] {
  return list(json, where).map((item, at) => parseItem(item, `${where}[${at}]`, 0));
}

export const stackItemMalformed = (where: string, problem: string): NodeError =>
  new NodeError('STACK_ITEM_MALFORMED', `${where}: ${problem}`, {
    retryable: true,
    hint: 'The endpoint does not answer as a Neo N3 node does: another one may.',
    details: { where },
  });

function parseItem(json: unknown, where: string, depth: number): StackItem {
  if (depth > MAX_DEPTH) throw stackItemMalformed(where, `nested deeper than ${MAX_DEPTH}`);
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw stackItemMalformed(where, `expected an object with a type, got ${showValue(json)}`);
  }
  const { type, value } = json as { type?: unknown; value?: unknown };
  switch (type) {
    case 'Any':
      if (value === undefined || value === null) return { type };
      throw stackItemMalformed(where, `expected no value for Any, got ${showValue(value)}`);
    case 'Boolean':
      if (typeof value === 'boolean') return { type, value };
      throw stackItemMalformed(
        where,
        `expected true or false for Boolean, got ${showValue(value)}`,
      );
    case 'Integer':
      return { type, value: parseInteger(value, where) };
    case 'ByteString':
    case 'Buffer':
      return { type, value: parseBase64(value, where) };
    case 'Array':
    case 'Struct':
      return { type, items: parseList(value, where, depth) };
    case 'Map':
      return { type, entries: parseEntries(value, where, depth) };
    case 'Pointer':
      if (Number.isSafeInteger(value)) return { type, position: value as number };
      throw stackItemMalformed(where, `expected a position for Pointer, got ${showValue(value)}`);
    case 'InteropInterface':
      return parseInterop(json as Readonly<Record<string, unknown>>, where, depth);
    default:
      throw stackItemMalformed(where, `unknown type ${showValue(type)}`);
  }
}

function parseInteger(value: unknown, where: string): bigint {
  // Some servers send small integers as numbers.
  if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value);
  if (typeof value === 'string' && INTEGER.test(value)) return BigInt(value);
  throw stackItemMalformed(where, `expected decimal digits for Integer, got ${showValue(value)}`);
}

function parseBase64(value: unknown, where: string): Buffer {
  if (typeof value === 'string' && BASE64.test(value)) return Buffer.from(value, 'base64');
  throw stackItemMalformed(where, `expected base64, got ${showValue(value)}`);
}

function parseList(value: unknown, where: string, depth: number): StackItem[] {
  return list(value, where).map((item, at) => parseItem(item, `${where}[${at}]`, depth + 1));
}

function parseEntries(value: unknown, where: string, depth: number): [StackItem, StackItem][] {
  return list(value, where).map((entry, at) => {
    const place = `${where}{${at}}`;
    if (typeof entry !== 'object' || entry === null) {
      throw stackItemMalformed(
        place,
        `expected an object with key and value, got ${showValue(entry)}`,
      );
    }
    const { key, value: held } = entry as { key?: unknown; value?: unknown };
    return [
      parseItem(key, `${place}.key`, depth + 1),
      parseItem(held, `${place}.value`, depth + 1),
    ];
  });
}

function parseInterop(
  json: Readonly<Record<string, unknown>>,
  where: string,
  depth: number,
): StackItem {
  const { id, iterator, truncated } = json;
  return {
    type: 'InteropInterface',
    id: typeof id === 'string' ? id : null,
    items: iterator === undefined ? null : parseList(iterator, `${where}.iterator`, depth),
    truncated: truncated === true,
  };
}

function list(value: unknown, where: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw stackItemMalformed(where, `expected a list, got ${showValue(value)}`);
}
