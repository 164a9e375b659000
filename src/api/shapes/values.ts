import { z } from 'zod';
import { hash160ToAddress, parseAccount } from '../../base/hash.js';
import { readStoredId } from '../stored-id.js';

/** Items of a page, unless `limit` says otherwise, and at most. */
export const DEFAULT_PAGE = 50;
export const MAX_PAGE = 200;

// What answers are made of.

export const amount = () =>
  z
    .string()
    .regex(/^-?\d+$/)
    .meta({ description: 'datoshi, as a decimal text: 1 GAS is 100000000', examples: ['1250000'] });

export const id = (what: string) =>
  z
    .string()
    .regex(/^\d{1,19}$/)
    .meta({ description: `id of ${what}, decimal`, examples: ['12'] });

export const account = (what = 'an account or contract') =>
  z
    .string()
    .regex(/^0x[0-9a-f]{40}$/)
    .meta({ description: `script hash of ${what}, as Neo displays it` });

export const address = () => z.string().meta({ description: 'Neo N3 address' });

export const txHash = () =>
  z
    .string()
    .regex(/^0x[0-9a-f]{64}$/)
    .meta({ description: 'hash of a transaction, as Neo displays it' });

export const time = (what = 'when it was') =>
  z.iso.datetime({ precision: 3 }).meta({ description: `${what}, UTC` });

export const block = (what = 'index of the block') => z.int().min(0).meta({ description: what });

export const count = (what: string) => z.int().min(0).meta({ description: what });

export const price = () =>
  z
    .string()
    .regex(/^\d+(\.\d+)?$/)
    .meta({ description: 'a price as a decimal text', examples: ['3.0512'] });

/** The cursor of the next page; null on the last one. */
export const cursor = () =>
  z.string().nullable().meta({ description: 'asks for the next page; null: this is the last' });

export const isoTime = (ms: number): string => new Date(ms).toISOString();
export const isoOrNull = (ms: number | null): string | null => (ms === null ? null : isoTime(ms));
export const textOrNull = (value: bigint | null): string | null => value?.toString() ?? null;
export const addressOf = hash160ToAddress;

// What questions are made of: texts, with what is expected of them.

const reading = <T>(expected: string, read: (text: string) => T) =>
  z.string({ error: () => `expected ${expected}, once` }).transform((text, context): T => {
    try {
      return read(text);
    } catch {
      context.addIssue({ code: 'custom', message: `expected ${expected}` });
      return z.NEVER;
    }
  });

export const idText = (what: string) =>
  reading(`the decimal id of ${what}, such as 12`, (text) => {
    const read = readStoredId(text);
    if (read === null) throw new RangeError();
    return read;
  }).meta({ description: `id of ${what}`, pattern: '^\\d{1,19}$' });

export const accountText = (what: string) =>
  reading(`${what} as 0x and 40 hex digits, or as an address`, parseAccount).meta({
    description: `${what}: 0x and 40 hex digits, or an address`,
  });

export const limitText = (most = MAX_PAGE) =>
  numberText(1, most, 'items on the page', Math.min(DEFAULT_PAGE, most));

export const numberText = (least: number, most: number, what: string, usual: number) =>
  reading(`a number from ${least} to ${most}`, (text) => {
    const value = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= least && value <= most)) throw new RangeError();
    return value;
  })
    .meta({ description: what, type: 'integer', minimum: least, maximum: most, default: usual })
    .optional();

export const cursorText = (what: string) => idText(`${what}: the cursor of a page`).optional();

export const timeText = (what: string) =>
  reading('a time in UTC, such as 2026-03-01T09:00:00Z', (text) => {
    const isUtc = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?Z)?$/.test(text);
    const atMs = isUtc ? Date.parse(text) : Number.NaN;
    if (!Number.isFinite(atMs)) throw new RangeError();
    return atMs;
  }).meta({ description: what, format: 'date-time' });

export const wordText = <const T extends string>(...words: readonly [T, ...T[]]) =>
  z.enum(words, { error: () => `expected one of ${words.join(', ')}` });

export const plainText = (expected: string, pattern: RegExp) =>
  reading(expected, (text) => {
    if (!pattern.test(text)) throw new RangeError();
    return text;
  }).meta({ description: expected, pattern: pattern.source });

/** The cursor of the page after this one: the key of its last item, if it is full. */
export const nextCursor = <T>(
  page: readonly T[],
  limit: number,
  keyOf: (item: T) => bigint | number,
): string | null => {
  const last = page.at(-1);
  return last === undefined || page.length < limit ? null : String(keyOf(last));
};
