import type { ExactValue } from '../filters/exact-json.js';
import { decimalText } from './exact-values.js';

const ISO = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:?\d{2})$/;
/** Of the year 5138: later times are in another unit. */
const MAX_TIME_MS = 99_999_999_999_999;

/** Reads a source's own time, in ms since 1970; null of what is no time. */
export function readTime(value: ExactValue | undefined, format: 'ms' | 's' | 'iso'): number | null {
  const text = decimalText(value);
  if (text === null) return null;
  if (format === 'iso') {
    const timeMs = ISO.test(text) ? Date.parse(text) : Number.NaN;
    return Number.isNaN(timeMs) ? null : timeMs;
  }
  const [, whole = '', fraction = ''] = /^(\d{1,16})(?:\.(\d{1,20}))?$/.exec(text) ?? [];
  if (whole === '') return null;
  const timeMs =
    format === 'ms' ? Number(whole) : Number(whole + fraction.padEnd(3, '0').slice(0, 3));
  return timeMs <= MAX_TIME_MS ? timeMs : null;
}

/**
 * When an answer came from its source, by its own headers: what caches pass on keeps the Date of
 * its source (RFC 9110, 6.6.1). Without one, the moment when it was asked, less the Age of what
 * came.
 */
export function answeredAt(headers: Readonly<Record<string, string>>, askedMs: number): number {
  const { date, age } = headers;
  const dateMs = date === undefined ? Number.NaN : Date.parse(date);
  if (!Number.isNaN(dateMs)) return dateMs;
  const ageS = age !== undefined && /^\d{1,9}$/.test(age) ? Number(age) : 0;
  return askedMs - ageS * 1_000;
}
