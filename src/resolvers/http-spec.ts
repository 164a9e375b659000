import { shorten } from '../base/bytes.js';
import { Refusal } from '../filters/filter-outcome.js';
import { type JsonShape, readJson } from '../filters/json-reader.js';
import { HTTP_METHODS, type HttpMethod, takesBody } from '../net/request-headers.js';

/** Bytes of a spec; the gateway refuses longer ones. */
export const MAX_SPEC_BYTES = 512;

/** What `requestHttp` asks for, as its spec says. */
export interface HttpSpec {
  readonly kind: 'spec';
  readonly method: HttpMethod;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}

export interface BadHttpSpec {
  readonly kind: 'bad-spec';
  /** One sentence: what is wrong, and what was expected. */
  readonly reason: string;
}

/** A value with its compact JSON text, in which names keep their order and numbers their digits. */
type Value = { readonly json: string } & (
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'object'; readonly members: ReadonlyMap<string, Value> }
  | { readonly kind: 'array' | 'other' }
);
type Members = Extract<Value, { kind: 'object' }>;

const other = (json: string): Value => ({ kind: 'other', json });

const SHAPE: JsonShape<Value> = {
  literal: (value) => other(String(value)),
  integer: (value) => other(String(value)),
  number: (literal) => other(literal),
  array: (items) => ({ kind: 'array', json: `[${items.map(({ json }) => json).join(',')}]` }),
  text: (text) => ({ kind: 'text', text, json: JSON.stringify(text) }),
  object: (names, values) => {
    const entries = names.map((name, index) => [name, values[index] as Value] as const);
    const members = entries.map(([name, { json }]) => `${JSON.stringify(name)}:${json}`);
    return { kind: 'object', members: new Map(entries), json: `{${members.join(',')}}` };
  },
};

const RULES = {
  maxDepth: 64,
  comments: false,
  trailing: 'refuse',
  duplicates: 'refuse',
  surrogates: 'refuse',
} as const;

const KEYS = ['method', 'url', 'headers', 'body'];

/**
 * Reads a spec `{"method","url","headers","body"}`: url is required, method is GET unless given,
 * headers is an object of texts. body is a text, sent as it is, or an object or array, sent as
 * compact JSON with content-type application/json unless the headers say otherwise. Strict: no
 * other key, none twice, no comment.
 */
export function parseHttpSpec(text: string): HttpSpec | BadHttpSpec {
  const size = Buffer.byteLength(text);
  if (size > MAX_SPEC_BYTES) return bad(`it has ${size} bytes, at most ${MAX_SPEC_BYTES} allowed`);
  try {
    const value = readJson(text, RULES, SHAPE);
    if (value.kind !== 'object') return bad('expected an object with "url"');
    return readMembers(value);
  } catch (error) {
    if (error instanceof Refusal) return bad(error.message);
    throw error;
  }
}

function readMembers({ members }: Members): HttpSpec | BadHttpSpec {
  for (const key of members.keys()) {
    if (!KEYS.includes(key))
      return bad(`unknown key "${shorten(key)}": ${KEYS.join(', ')} allowed`);
  }
  const url = members.get('url');
  if (url?.kind !== 'text') return bad('"url" must be there and a text');
  const method = readMethod(members.get('method'));
  if (method === null) return bad(`"method" must be one of ${HTTP_METHODS.join(', ')}`);
  const headers = readHeaders(members.get('headers'));
  if (headers === null) return bad('"headers" must be an object whose values are texts');
  const body = members.get('body');
  if (body === undefined) return { kind: 'spec', method, url: url.text, headers, body: null };
  if (!takesBody(method)) return bad(`"body" does not go with ${method}`);
  const spec = { kind: 'spec', method, url: url.text } as const;
  if (body.kind === 'text') return { ...spec, headers, body: body.text };
  if (body.kind === 'other') return bad('"body" must be a text, or an object or array to be JSON');
  const isTyped = Object.keys(headers).some((name) => name.toLowerCase() === 'content-type');
  const typed = isTyped ? headers : { ...headers, 'content-type': 'application/json' };
  return { ...spec, headers: typed, body: body.json };
}

function readMethod(value: Value | undefined): HttpMethod | null {
  if (value === undefined) return 'GET';
  if (value.kind !== 'text') return null;
  return HTTP_METHODS.find((method) => method === value.text) ?? null;
}

function readHeaders(value: Value | undefined): Record<string, string> | null {
  if (value === undefined) return {};
  if (value.kind !== 'object') return null;
  const entries: [string, string][] = [];
  for (const [name, one] of value.members) {
    if (one.kind !== 'text') return null;
    entries.push([name, one.text]);
  }
  return Object.fromEntries(entries);
}

const bad = (why: string): BadHttpSpec => ({ kind: 'bad-spec', reason: `bad spec: ${why}` });
