import type { Log } from './log.js';

export type LogLevel = Exclude<keyof Log, 'child'>;

/** One event as the log holds it; `facts` are plain, bounded and without secrets. */
export interface LogRecord {
  readonly atMs: number;
  readonly level: LogLevel;
  readonly event: string;
  readonly facts: Readonly<Record<string, unknown>>;
}

/** Whatever its facts are, a line has at most this many characters. */
export const MAX_LINE_CHARS = 16_384;

/**
 * Characters that could forge a line or confuse a terminal: controls, and marks that turn the
 * direction of text or have no width.
 */
const UNSAFE = /[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;
const COLOURS: Readonly<Record<LogLevel, string>> = {
  error: '\u001b[31m',
  warn: '\u001b[33m',
  info: '\u001b[32m',
  debug: '\u001b[2m',
};
const RESET = '\u001b[0m';
const DIM = '\u001b[2m';

/** One JSON object: time (ISO 8601, UTC), level, event, then the facts. */
export function jsonLine(record: LogRecord): string {
  const { atMs, level, event, facts } = record;
  const head = { time: new Date(atMs).toISOString(), level, event };
  const line = joined(json(head), json(without(facts, head)));
  if (line.length <= MAX_LINE_CHARS) return line;
  return joined(json(head), json({ requestId: facts.requestId, cut: line.length }));
}

/** One object of two, whose names differ. */
const joined = (head: string, facts: string): string =>
  facts === '{}' ? head : `${head.slice(0, -1)},${facts.slice(1)}`;

/** For people: time of day (UTC), level, event, then key=value. */
export function prettyLine(record: LogRecord, colour: boolean): string {
  const { atMs, level, event, facts } = record;
  const paint = (code: string, text: string): string => (colour ? `${code}${text}${RESET}` : text);
  const time = new Date(atMs).toISOString().slice(11);
  const words = Object.entries(facts)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${paint(DIM, `${bare(key)}=`)}${bare(value)}`);
  const name = paint(COLOURS[level], level.toUpperCase().padEnd(5));
  const line = [paint(DIM, time), name, json(event).slice(1, -1), ...words].join(' ');
  return line.length <= MAX_LINE_CHARS ? line : `${line.slice(0, MAX_LINE_CHARS)}${RESET}… (cut)`;
}

/** Facts whose names a line's own fields don't take. */
function without(facts: LogRecord['facts'], head: object): LogRecord['facts'] {
  // Almost never is a name taken, and then nothing is copied.
  if (!Object.keys(facts).some((key) => Object.hasOwn(head, key))) return facts;
  return Object.fromEntries(
    Object.entries(facts).map(([key, value]) => [
      Object.hasOwn(head, key) ? `${key}_` : key,
      value,
    ]),
  );
}

/** A value without quotes where that is unambiguous. */
function bare(value: unknown): string {
  const text = json(value);
  const plain = typeof value === 'string' && /^[\w.:/@,+*#%$!?…-]+$/.test(value);
  return plain ? text.slice(1, -1) : text;
}

const json = (value: unknown): string =>
  JSON.stringify(value ?? null).replace(
    UNSAFE,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
