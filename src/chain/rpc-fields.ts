import { shorten } from '../base/bytes.js';
import { type Hash160, type Hash256, hash160, hash256 } from '../base/hash.js';
import { NodeError } from '../base/node-error.js';
import { showValue } from '../base/show-value.js';
import { MAX_REASON_CHARS, RpcTrouble } from './rpc-error.js';

/**
 * Fields of an RPC answer, read strictly. `what` names the answer; each throws a NodeError
 * RPC_MALFORMED (retryable: another endpoint may do better) that says what was expected.
 */
export type RpcObject = Readonly<Record<string, unknown>>;

export function rpcObject(value: unknown, what: string): RpcObject {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as RpcObject;
  }
  throw unexpected(what, 'an object', value);
}

export function rpcList(value: unknown, what: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw unexpected(what, 'a list', value);
}

export function rpcText(value: unknown, what: string): string {
  if (typeof value === 'string') return value;
  throw unexpected(what, 'a text', value);
}

/** A whole number of 0 to 2^53-1, e.g. a block index or a time in milliseconds. */
export function rpcCount(value: unknown, what: string): number {
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
  throw unexpected(what, 'a whole number', value);
}

/** An amount in datoshi, which servers send as decimal text. */
export function rpcAmount(value: unknown, what: string): bigint {
  if (typeof value === 'string' && /^-?\d{1,78}$/.test(value)) return BigInt(value);
  if (Number.isSafeInteger(value)) return BigInt(value as number);
  throw unexpected(what, 'an amount in decimal digits', value);
}

export function rpcHash256(value: unknown, what: string): Hash256 {
  try {
    return hash256(rpcText(value, what));
  } catch {
    throw unexpected(what, 'a hash of 32 bytes', value);
  }
}

export function rpcHash160(value: unknown, what: string): Hash160 {
  try {
    return hash160(rpcText(value, what));
  } catch {
    throw unexpected(what, 'a hash of 20 bytes', value);
  }
}

/** Why a script FAULTed, as the node tells it, cut to a length that records can bear. */
export const rpcReason = (exception: unknown): string =>
  typeof exception === 'string' && exception !== ''
    ? shorten(exception, MAX_REASON_CHARS)
    : 'the node gives no reason';

function unexpected(what: string, expected: string, got: unknown): NodeError {
  const shown = showValue(got);
  return new NodeError(RpcTrouble.Malformed, `${what}: expected ${expected}, got ${shown}`, {
    retryable: true,
    hint: 'The endpoint does not answer as a Neo N3 node does.',
    details: { what },
  });
}
