import { shorten } from '../base/bytes.js';
import { NodeError } from '../base/node-error.js';

const UNIT_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;

/** A day, or a time of a day in UTC. */
const DATE = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?Z?)?$/;

/**
 * A point in time that somebody gave as a date (UTC) or as a duration before now, in milliseconds.
 * Throws a NodeError BAD_QUERY.
 */
export function parseSince(text: string, nowMs: number): number {
  const ago = /^(\d{1,6})([smhdw])$/.exec(text);
  if (ago !== null) return nowMs - Number(ago[1]) * UNIT_MS[ago[2] as keyof typeof UNIT_MS];
  const isDate = DATE.test(text);
  const day = isDate && text.includes('T') && !text.endsWith('Z') ? `${text}Z` : text;
  const atMs = isDate ? Date.parse(day) : Number.NaN;
  // Date.parse takes the 31st of June for the 1st of July.
  if (Number.isNaN(atMs) || !new Date(atMs).toISOString().startsWith(text.slice(0, 10))) {
    throw new NodeError('BAD_QUERY', `since is ${JSON.stringify(shorten(text, 60))}`, {
      hint: 'expected a date in UTC (2026-11-23 or 2026-11-23T08:30) or a duration (30m, 12h, 7d)',
    });
  }
  return atMs;
}
