import { parseDecimal } from '../../src/prices/decimal.js';
import type { JudgedSource } from '../../src/prices/quote.js';

/** A decimal that is one. */
export const price = (text: string): bigint => {
  const value = parseDecimal(text);
  if (value === null) throw new RangeError(`no price: ${text}`);
  return value;
};

export const NOW_MS = 1_700_000_000_000;

/** Fresh sources, each a group of its own unless its name has a dot (`venue.source`). */
export const fresh = (values: Readonly<Record<string, string>>): JudgedSource[] =>
  Object.entries(values).map(([source, text], at) => ({
    source,
    group: source.split('.')[0] ?? source,
    verdict: 'kept',
    value: price(text),
    timestampMs: NOW_MS - 1_000 * at,
    why: null,
  }));
