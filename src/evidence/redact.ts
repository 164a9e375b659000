import { utf8Text } from '../base/bytes.js';
import type { UsedSecret } from './commitment.js';

/** A secret with what is to stand in its place. */
export interface RedactedSecret extends UsedSecret {
  readonly token: string;
}

/** Tells whether bytes hold one of the values, in whatever form; null when they hold none. */
export type FindSecret = (bytes: Buffer, secrets: readonly UsedSecret[]) => UsedSecret | null;

export interface Redacted {
  /** Null where a secret is found and can't be taken out: then nothing of it is to be kept. */
  readonly bytes: Buffer | null;
  /** Whether anything was taken out. */
  readonly changed: boolean;
}

export type Redact = (bytes: Buffer) => Redacted;

/** Where there are no secrets. */
export const NOTHING_TO_REDACT: Redact = (bytes) => ({ bytes, changed: false });

/** Rounds of looking for base64 in one text; what is left then is found by the last look. */
const MAX_BASE64_ROUNDS = 256;

/**
 * Replaces secrets by their tokens: as they are, in JSON's or a URL's escapes, in hex and in
 * base64, each time in the same form, so that what reads the text again finds the token where the
 * secret was. `find` has the last look, since it knows forms that cannot be replaced.
 */
export function createRedact(secrets: readonly RedactedSecret[], find: FindSecret): Redact {
  if (secrets.length === 0) return NOTHING_TO_REDACT;
  const longestFirst = [...secrets].sort((a, b) => b.value.length - a.value.length);
  const replaces = longestFirst.map(replacer);
  return (bytes) => {
    if (bytes.length === 0) return { bytes, changed: false };
    const before = bytes.toString('latin1');
    const after = replaces.reduce((text, replace) => replace(text), before);
    const changed = after !== before;
    const redacted = changed ? Buffer.from(after, 'latin1') : bytes;
    if (find(redacted, secrets) !== null) return { bytes: null, changed: true };
    return { bytes: redacted, changed };
  };
}

/** Works on bytes as characters (Latin-1). */
function replacer({ value, token }: RedactedSecret): (text: string) => string {
  const escaped = new RegExp(anyEscapes(value), 'g');
  const hex = new RegExp(value.toString('hex'), 'gi');
  const tokenHex = Buffer.from(token).toString('hex');
  return (text) => {
    const plain = text.replace(escaped, token).replace(hex, tokenHex);
    return replaceBase64(plain, value, Buffer.from(token));
  };
}

/**
 * The value with each character as it is or escaped, as JSON and URLs do it, JSON within strings of
 * JSON included: there backslashes double with each level.
 */
function anyEscapes(value: Buffer): string {
  const text = utf8Text(value);
  if (text === null) return [...value].map((byte) => oneOf(formsOfBytes(Buffer.of(byte)))).join('');
  const pieces = text.match(/\\+|[^\\]/gu) ?? [];
  return pieces
    .map((piece) => oneOf(piece.startsWith('\\') ? formsOfBackslashes(piece) : formsOf(piece)))
    .join('');
}

const formsOfBytes = (bytes: Buffer): string[] => [
  literal(bytes.toString('latin1')),
  [...bytes].map((byte) => `%${anyCase(hexOf(byte, 2))}`).join(''),
];

/** Backslashes before one that is escaped four times over. */
const MAX_BACKSLASHES = 15;
const BACKSLASHES = `\\\\{1,${MAX_BACKSLASHES}}`;

/** A run of them is one piece: told apart, its parts could be divided in too many ways. */
const formsOfBackslashes = ({ length }: string): string[] => [
  `\\\\{${length},${length * (MAX_BACKSLASHES + 1)}}`,
  `(?:${BACKSLASHES}u005[cC]){${length}}`,
  `(?:%5[cC]){${length}}`,
];

function formsOf(character: string): string[] {
  const forms = formsOfBytes(Buffer.from(character));
  const units = Array.from({ length: character.length }, (_, at) => character.charCodeAt(at));
  forms.push(units.map((unit) => `${BACKSLASHES}u${anyCase(hexOf(unit, 4))}`).join(''));
  const short = SHORT_ESCAPES[character];
  if (short !== undefined) forms.push(BACKSLASHES + literal(short));
  if (character === ' ') forms.push('\\+');
  return forms;
}

/** What stands behind the backslash. */
const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '/': '/',
  '\b': 'b',
  '\f': 'f',
  '\n': 'n',
  '\r': 'r',
  '\t': 't',
};

const oneOf = (forms: readonly string[]): string => `(?:${forms.join('|')})`;

const hexOf = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');

const anyCase = (digits: string): string =>
  digits.replace(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`);

const literal = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');

/** Characters of a group of four before those that hold nothing but the value, by its offset. */
const CORE_STARTS = [0, 2, 3] as const;

/** Looks for the value behind 0, 1 and 2 other bytes, and encodes anew what it stands in. */
function replaceBase64(text: string, value: Buffer, token: Buffer): string {
  let current = text;
  let plain = standardAlphabet(current);
  for (const [shift, start] of CORE_STARTS.entries()) {
    const encoded = Buffer.concat([Buffer.alloc(shift), value]).toString('base64');
    const core = encoded.slice(start, Math.floor(((shift + value.length) * 8) / 6));
    if (core === '') continue;
    for (let round = 0; round < MAX_BASE64_ROUNDS; round++) {
      const found = plain.indexOf(core);
      const next = found < 0 ? null : encodeAnew(current, found - start, value, token);
      if (next === null) break;
      current = next;
      plain = standardAlphabet(current);
    }
  }
  return current;
}

const standardAlphabet = (text: string): string => text.replace(/-/g, '+').replace(/_/g, '/');

/** Null where the value is not in the base64 around a place at which one of its groups begins. */
function encodeAnew(text: string, group: number, value: Buffer, token: Buffer): string | null {
  let from = group;
  while (from >= 4 && /^[A-Za-z0-9+/_-]{4}$/.test(text.slice(from - 4, from))) from -= 4;
  if (from < 0) return null;
  const [run = ''] = /^[A-Za-z0-9+/_-]+={0,2}/.exec(text.slice(from)) ?? [];
  const decoded = Buffer.from(run, 'base64').toString('latin1');
  const hidden = decoded.replaceAll(value.toString('latin1'), () => token.toString('latin1'));
  if (hidden === decoded) return null;
  const isForUrl = /[-_]/.test(run);
  const isPadded = run.endsWith('=') || (run.length % 4 === 0 && !isForUrl);
  const padded = Buffer.from(hidden, 'latin1').toString('base64');
  const inAlphabet = isForUrl ? padded.replace(/\+/g, '-').replace(/\//g, '_') : padded;
  const encoded = isPadded ? inAlphabet : inAlphabet.replace(/=+$/, '');
  return text.slice(0, from) + encoded + text.slice(from + run.length);
}
