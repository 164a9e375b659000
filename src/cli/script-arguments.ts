import { fromHex, shorten } from '../base/bytes.js';
import { hash160 } from '../base/hash.js';
import { NodeError } from '../base/node-error.js';
import { type ScriptArg, utf8 } from '../chain/script.js';

const EXPECTED =
  'expected JSON: texts, whole numbers, true, false, null, lists, {"hash160":"0x…"}, ' +
  '{"hex":"…"} for bytes, {"integer":"…"} for large numbers';

/**
 * A value for a contract, written as JSON: a text stands for its UTF-8 bytes, a number for an
 * Integer. Throws a NodeError BAD_QUERY.
 */
export function parseScriptArgument(name: string, text: string): ScriptArg {
  let value: unknown;
  try {
    value = JSON.parse(text, exactNumber);
  } catch {
    throw bad(name, text);
  }
  return argumentOf(value, name, text);
}

/** As `parseScriptArgument`, of a list. */
export function parseScriptArguments(name: string, text: string): readonly ScriptArg[] {
  const value = parseScriptArgument(name, text);
  if (Array.isArray(value)) return value as readonly ScriptArg[];
  throw bad(name, text);
}

/** A number that a float64 does not carry must be written as a text in {"integer": "…"}. */
function exactNumber(_key: string, value: unknown): unknown {
  if (typeof value !== 'number') return value;
  if (!Number.isSafeInteger(value)) throw new RangeError('not a whole number up to 2^53');
  return BigInt(value);
}

function argumentOf(value: unknown, name: string, text: string): ScriptArg {
  if (value === null || typeof value === 'boolean' || typeof value === 'bigint') return value;
  if (typeof value === 'string') return utf8(value);
  if (Array.isArray(value)) return value.map((item) => argumentOf(item, name, text));
  const entries = Object.entries(value as object);
  const [kind, given] = entries[0] ?? [];
  if (entries.length !== 1 || typeof given !== 'string') throw bad(name, text);
  try {
    if (kind === 'hash160') return hash160(given);
    if (kind === 'hex') return fromHex(given);
    if (kind === 'integer') return BigInt(given);
  } catch {
    throw bad(name, text);
  }
  throw bad(name, text);
}

const bad = (name: string, text: string): NodeError =>
  new NodeError('BAD_QUERY', `${name} is ${shorten(text, 60)}`, { hint: EXPECTED });
