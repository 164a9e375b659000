import { shorten } from '../base/bytes.js';
import { NodeError } from '../base/node-error.js';

// Bounds of one line, so that no fact can flood the log.
export const MAX_FACT_DEPTH = 5;
export const MAX_FACT_ITEMS = 50;
export const MAX_FACT_CHARS = 2_000;
const MAX_KEY_CHARS = 80;
const MAX_STACK_LINES = 8;

export const REDACTED = '[redacted]';

/** A key that has one of these in it, whatever its case and punctuation, holds a secret. */
const SECRET_WORDS = new RegExp(
  [
    'wif|password|passphrase|privatekey|encryptedkey|nep2|mnemonic|secret|credential',
    'authorization|cookie|apikey|(access|auth|bearer|api|session)token',
  ].join('|'),
);
/** But where something is kept, or what it's called, may be told. */
const ABOUT_SECRETS = /(file|path|name|names|mode)$/;

/** Texts that are secrets by their form, wherever they stand. */
const SECRET_FORMS: readonly (readonly [RegExp, string])[] = [
  // WIF of a compressed or uncompressed key, and NEP-2.
  [/\b[KL][1-9A-HJ-NP-Za-km-z]{51}\b/g, REDACTED],
  [/\b5[1-9A-HJ-NP-Za-km-z]{50}\b/g, REDACTED],
  [/\b6P[1-9A-HJ-NP-Za-km-z]{56}\b/g, REDACTED],
  [/\b([A-Za-z][A-Za-z0-9+.-]{0,30}:\/\/)[^\s/@]{1,500}@/g, `$1${REDACTED}@`],
  [/\b(Bearer|Basic) +[A-Za-z0-9._~+/=-]{6,}/gi, `$1 ${REDACTED}`],
];

/** Without this in it, a text has none of those forms: most are looked through once. */
const MAY_HAVE_SECRET =
  /[KL5][1-9A-HJ-NP-Za-km-z]{50}|6P[1-9A-HJ-NP-Za-km-z]{51}|:\/\/|bearer|basic/i;

const NO_LETTERS = /[^a-z0-9]/g;

/** True for a key whose value must not be shown. */
export function isSecretKey(key: string): boolean {
  const letters = key.toLowerCase().replace(NO_LETTERS, '');
  return SECRET_WORDS.test(letters) && !ABOUT_SECRETS.test(letters);
}

/** A text for a line: what has the form of a secret is taken out, and it's cut to the bound. */
export function safeText(text: string): string {
  // Cut first (with room for what replaces), so that a huge text costs nothing.
  const cut = text.length > MAX_FACT_CHARS * 2 ? text.slice(0, MAX_FACT_CHARS * 2) : text;
  const clean = MAY_HAVE_SECRET.test(cut)
    ? SECRET_FORMS.reduce((result, [form, by]) => result.replace(form, by), cut)
    : cut;
  return clean.length <= MAX_FACT_CHARS && cut === text
    ? clean
    : `${clean.slice(0, MAX_FACT_CHARS)}… (${text.length} characters)`;
}

/**
 * Facts as plain JSON data: bigint as decimal text, bytes as their number only, errors with code
 * and causes, secrets redacted, everything bounded. Never throws, whatever it is given.
 */
export function safeFacts(facts: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const safe = safeGuarded(facts ?? {}, 0, []);
  const isRecord = typeof safe === 'object' && safe !== null && !Array.isArray(safe);
  return isRecord ? (safe as Record<string, unknown>) : { facts: safe };
}

function safeValue(value: unknown, depth: number, above: readonly object[]): unknown {
  switch (typeof value) {
    case 'string':
      return safeText(value);
    case 'bigint':
      return safeText(value.toString());
    case 'number':
      return Number.isFinite(value) ? value : String(value);
    case 'boolean':
    case 'undefined':
      return value;
    case 'object':
      return value === null ? null : safeGuarded(value, depth, above);
    default:
      return `[${typeof value}]`;
  }
}

/** Objects may run code of their own while they are read. */
function safeGuarded(value: object, depth: number, above: readonly object[]): unknown {
  try {
    if (above.includes(value)) return '[circular]';
    if (depth >= MAX_FACT_DEPTH) return '[too deep]';
    return safeObject(value, depth + 1, [...above, value]);
  } catch {
    return '[unreadable]';
  }
}

function safeObject(value: object, depth: number, above: readonly object[]): unknown {
  if (value instanceof Error) return safeError(value, depth, above);
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (value instanceof Set) return safeList([...value], depth, above);
  if (Array.isArray(value)) return safeList(value, depth, above);
  const keys = value instanceof Map ? [...value.keys()] : Object.keys(value);
  const result: Record<string, unknown> = {};
  for (const key of keys.slice(0, MAX_FACT_ITEMS)) {
    const name = shorten(String(key), MAX_KEY_CHARS);
    const shown = isSecretKey(name) ? REDACTED : safeField(value, key, depth, above);
    if (name === '__proto__') defineField(result, name, shown);
    else result[name] = shown;
  }
  if (keys.length > MAX_FACT_ITEMS) result['…'] = `${keys.length - MAX_FACT_ITEMS} more`;
  return result;
}

/** Assigned, it would be the object's prototype instead of a key like any other. */
function defineField(to: object, name: string, value: unknown): void {
  Object.defineProperty(to, name, { value, enumerable: true, configurable: true });
}

function safeField(from: object, key: unknown, depth: number, above: readonly object[]): unknown {
  try {
    const value = from instanceof Map ? from.get(key) : from[key as keyof typeof from];
    return safeValue(value, depth, above);
  } catch {
    return '[unreadable]';
  }
}

function safeList(list: readonly unknown[], depth: number, above: readonly object[]): unknown[] {
  const shown = list.slice(0, MAX_FACT_ITEMS).map((item) => safeValue(item, depth, above));
  return list.length > MAX_FACT_ITEMS ? [...shown, `${list.length - MAX_FACT_ITEMS} more`] : shown;
}

/** The stack is told of bugs only: an operator's trouble is in its message, hint and cause. */
function safeError(error: Error, depth: number, above: readonly object[]): unknown {
  const code = (error as { code?: unknown }).code;
  const known = error instanceof NodeError || typeof code === 'string';
  return {
    message: safeText(String(error.message)),
    ...(code === undefined ? {} : { code: safeValue(code, depth, above) }),
    ...(error instanceof NodeError ? nodeErrorFacts(error, depth, above) : {}),
    ...(error.cause === undefined ? {} : { cause: safeValue(error.cause, depth, above) }),
    ...(known ? {} : { name: safeText(error.name), stack: stackLines(error) }),
  };
}

function nodeErrorFacts(error: NodeError, depth: number, above: readonly object[]): object {
  const details = Object.keys(error.details).length === 0 ? undefined : error.details;
  return {
    ...(error.retryable ? { retryable: true } : {}),
    ...(error.hint === undefined ? {} : { hint: safeText(error.hint) }),
    ...(details === undefined ? {} : { details: safeValue(details, depth, above) }),
  };
}

function stackLines(error: Error): string[] {
  return String(error.stack ?? '')
    .split('\n')
    .filter((line) => line.trimStart().startsWith('at '))
    .slice(0, MAX_STACK_LINES)
    .map((line) => safeText(line.trim()));
}
