import { ExactNumber, readNumber } from './exact-number.js';
import { Refusal } from './filter-outcome.js';
import { type JsonRules, type JsonShape, readJson } from './json-reader.js';
import type { ResultText } from './result-text.js';

/** A JSON value in plain JavaScript; numbers that a float64 would change are kept exact. */
export type ExactValue =
  | null
  | boolean
  | number
  | string
  | ExactNumber
  | ExactValue[]
  | ExactObject;
export interface ExactObject {
  [name: string]: ExactValue;
}

/** Levels of arrays and objects in a document. */
export const MAX_DEPTH = 256;

/**
 * Names that appear twice are refused: parsers differ in which one they keep, so the answer would
 * depend on who looks. Half a surrogate pair is kept, and written as the escape that it was.
 */
const RULES: JsonRules = {
  maxDepth: MAX_DEPTH,
  comments: false,
  trailing: 'refuse',
  duplicates: 'refuse',
  surrogates: 'keep',
};

/** Marks objects whose members JavaScript would not keep in the document's order. */
const ORDER = Symbol('names in order');
const BYTE_ORDER_MARK = '\ufeff';

const SHAPE: JsonShape<ExactValue> = {
  literal: (value) => value,
  text: (value) => value,
  integer: (value) => value,
  number: readNumber,
  array: (items) => items,
  object: plainObject,
};

/** Reads a document; a byte order mark is skipped (RFC 8259 allows it). Throws a Refusal. */
export function readExactJson(text: string): ExactValue {
  return readJson(text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text, RULES, SHAPE);
}

function plainObject(names: string[], values: ExactValue[]): ExactObject {
  const object: ExactObject = {};
  let reordered = false;
  for (let i = 0; i < names.length; i++) {
    const name = names[i] ?? '';
    const value = values[i] ?? null;
    // Assigning __proto__ would set the prototype instead of a member.
    if (name === '__proto__') defineMember(object, name, value, true);
    else object[name] = value;
    reordered ||= name >= '0' && name <= '9\uffff';
  }
  if (reordered) defineMember(object, ORDER, names, false);
  return object;
}

const defineMember = (object: object, key: PropertyKey, value: unknown, enumerable: boolean) =>
  Object.defineProperty(object, key, { value, enumerable, writable: true, configurable: true });

/** The names of an object's members in the document's order; a kept number has none. */
export function memberNames(object: ExactObject | ExactNumber): readonly string[] {
  return (object as { [ORDER]?: readonly string[] })[ORDER] ?? Object.keys(object);
}

/**
 * Writes a value as compact JSON: members in the document's order, strings as JSON.stringify writes
 * them, numbers as JavaScript does. Throws a Refusal `inexact-number` on a number that cannot be
 * carried exactly, naming `where` it was selected.
 */
export function writeExactJson(value: ExactValue, to: ResultText, where: () => string): void {
  if (value instanceof ExactNumber) throw inexact(value, where());
  if (Array.isArray(value)) {
    to.add('[');
    for (const [i, item] of value.entries()) {
      if (i > 0) to.add(',');
      writeExactJson(item, to, where);
    }
    return to.add(']');
  }
  if (typeof value !== 'object' || value === null) return to.add(JSON.stringify(value));
  to.add('{');
  for (const [i, name] of memberNames(value).entries()) {
    to.add(`${i > 0 ? ',' : ''}${JSON.stringify(name)}:`);
    writeExactJson(value[name] ?? null, to, where);
  }
  to.add('}');
}

function inexact(number: ExactNumber, where: string): Refusal {
  const literal = number.literal.length > 60 ? `${number.literal.slice(0, 60)}…` : number.literal;
  return new Refusal(
    'inexact-number',
    `the match at ${where} holds ${literal}, which a float64 cannot carry exactly (it can carry ` +
      'integers up to 2^53 and decimals of about 15 digits); select a text instead',
  );
}
