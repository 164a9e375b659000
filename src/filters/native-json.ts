import { type NativeProfile, Refusal } from './filter-outcome.js';
import { type JsonRules, type JsonShape, readJson } from './json-reader.js';
import type { ResultText } from './result-text.js';

/** A value of a document as Neo's nodes hold it: numbers are float64, members keep their order. */
export type NativeValue = null | boolean | number | string | NativeValue[] | NativeObject;

/** Members in the document's order; neo-go keeps members of the same name, and finds the first. */
export class NativeObject {
  readonly names: readonly string[];
  readonly values: readonly NativeValue[];
  #index: Map<string, number> | null = null;

  constructor(names: string[], values: NativeValue[]) {
    this.names = names;
    this.values = values;
  }

  /** The position of the first member of that name, or -1. */
  find(name: string): number {
    if (this.names.length < INDEX_FROM) return this.names.indexOf(name);
    if (this.#index === null) {
      this.#index = new Map();
      for (let i = this.names.length - 1; i >= 0; i--) this.#index.set(this.names[i] ?? '', i);
    }
    return this.#index.get(name) ?? -1;
  }
}

/** From this many members on, names are looked up in a map. */
const INDEX_FROM = 16;

/**
 * How the nodes read JSON. csharp: Neo.Json's JToken.Parse (Utf8JsonReader, comments skipped, at
 * most 64 levels). neo-go: nspcc-dev/go-ordered-json's Decoder, which reads one value and looks no
 * further; it has no limit on levels, so its limit here is ours, and far above real documents.
 */
const RULES: Record<NativeProfile, JsonRules> = {
  csharp: {
    maxDepth: 64,
    comments: true,
    trailing: 'refuse',
    duplicates: 'refuse',
    surrogates: 'refuse',
  },
  'neo-go': {
    maxDepth: 1_000,
    comments: false,
    trailing: 'ignore',
    duplicates: 'keep',
    surrogates: 'replace',
  },
};

const SHAPE: JsonShape<NativeValue> = {
  literal: (value) => value,
  text: (value) => value,
  integer: (value) => value,
  number: (literal) => {
    const value = Number(literal);
    if (Number.isFinite(value)) return value;
    throw new Refusal('not-json', `the body has a number beyond float64: ${literal.slice(0, 40)}`);
  },
  array: (items) => items,
  object: (names, values) => new NativeObject(names, values),
};

/** Reads a document as the node of that profile does. Throws a Refusal `not-json`. */
export const readNativeJson = (text: string, profile: NativeProfile): NativeValue =>
  readJson(text, RULES[profile], SHAPE);

/** The text of a quoted name in a path: both nodes read it as a whole JSON document. */
export function readQuotedName(inner: string, profile: NativeProfile): string {
  return String(readJson(`"${inner}"`, { ...RULES[profile], trailing: 'refuse' }, SHAPE));
}

/** Characters that both nodes write as they are: .NET's JavaScriptEncoder.Default. */
const PLAIN = /^[\x20\x21\x23-\x25\x28-\x2a\x2c-\x3b\x3d\x3f-\x5b\x5d-\x5f\x61-\x7e]*$/;
const ESCAPED = /[^\x20\x21\x23-\x25\x28-\x2a\x2c-\x3b\x3d\x3f-\x5b\x5d-\x5f\x61-\x7e]/g;
const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\f': '\\f',
  '\r': '\\r',
};

/** Writes a value byte for byte as the nodes do: compact, ASCII only, members in order. */
export function writeNativeJson(value: NativeValue, to: ResultText): void {
  if (typeof value === 'string') return writeString(value, to);
  if (typeof value === 'number') return to.add(numberText(value));
  if (value === null || typeof value === 'boolean') return to.add(String(value));
  if (Array.isArray(value)) {
    to.add('[');
    for (const [i, item] of value.entries()) {
      if (i > 0) to.add(',');
      writeNativeJson(item, to);
    }
    return to.add(']');
  }
  to.add('{');
  for (const [i, name] of value.names.entries()) {
    if (i > 0) to.add(',');
    writeString(name, to);
    to.add(':');
    writeNativeJson(value.values[i] ?? null, to);
  }
  to.add('}');
}

function writeString(text: string, to: ResultText): void {
  to.add('"');
  to.add(PLAIN.test(text) ? text : text.replace(ESCAPED, escapeUnit));
  to.add('"');
}

const escapeUnit = (unit: string): string =>
  SHORT_ESCAPES[unit] ?? `\\u${unit.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`;

/**
 * A float64 as JavaScript writes it, but for the sign of zero, which both nodes keep. neo-go writes
 * just this. The C# node agrees from 1e-4 to below 1e17; beyond, .NET writes 1E-05 and 9.05E+28
 * where the dialect's agreed text is 0.00001 and 9.05e+28.
 */
const numberText = (value: number): string => (Object.is(value, -0) ? '-0' : String(value));
