import { parse } from 'node-cron';
import { messageOf } from '../base/node-error.js';

/** The moments of a cron expression, as the numbers that each of its fields allows. */
export interface CronSchedule {
  /** Ascending. */
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  readonly days: ReadonlySet<number>;
  /** 1 to 12. */
  readonly months: ReadonlySet<number>;
  /** 0 is Sunday. */
  readonly weekdays: ReadonlySet<number>;
}

export type ReadCron =
  | { readonly kind: 'schedule'; readonly schedule: CronSchedule }
  | { readonly kind: 'refused'; readonly reason: string };

/** Lowest and highest number of each field: minute, hour, day of month, month, day of week. */
const BOUNDS = [
  [0, 59],
  [0, 23],
  [1, 31],
  [1, 12],
  [0, 7],
] as const;
const MAX_DIGITS = 8;
const ITEM = /^(?:(\*)|(\d+)(?:-(\d+))?)(?:\/(\d+))?$/;

/**
 * Reads five fields in UTC (minute, hour, day of month, month, day of week; 0 and 7 are Sunday),
 * each a list of what the gateway takes: all, a number, a range, or steps of all or of a range.
 * What they mean is node-cron's: day of month and day of week must both hold. Its parser also reads
 * seconds, names and Quartz's letters, and writes out ranges of any length: so fields are checked
 * before.
 */
export function readCron(expression: string): ReadCron {
  const fields = expression.split(' ');
  if (fields.length !== BOUNDS.length) {
    return { kind: 'refused', reason: 'expected 5 fields with one space between them' };
  }
  const plain = fields.map((field, at) =>
    plainField(field, BOUNDS[at] as readonly [number, number]),
  );
  const wrong = fields.find((_, at) => plain[at] === null);
  if (wrong !== undefined) {
    const expected = 'a list of *, a, a-b, */n and a-b/n with numbers in its range';
    return { kind: 'refused', reason: `the field ${JSON.stringify(wrong)} is not ${expected}` };
  }
  try {
    const { minute, hour, dayOfMonth, month, dayOfWeek } = parse(plain.join(' '));
    const schedule = {
      minutes: ascending(minute),
      hours: ascending(hour),
      days: new Set(numbers(dayOfMonth)),
      months: new Set(month),
      weekdays: new Set(numbers(dayOfWeek)),
    };
    return { kind: 'schedule', schedule };
  } catch (error) {
    // A day that no month of the list has, such as 31 2.
    return { kind: 'refused', reason: messageOf(error) };
  }
}

/** The field without leading zeros; null where the gateway would not take it. */
function plainField(field: string, [low, high]: readonly [number, number]): string | null {
  const items = field.split(',').map((item) => {
    const [, all, first, last, step] = ITEM.exec(item) ?? [];
    const from = numberOf(first ?? String(low), low, high);
    const to = numberOf(last ?? first ?? String(high), low, high);
    const by = numberOf(step ?? '1', 1, high);
    if (from === null || to === null || by === null || to < from) return null;
    if (all !== undefined) return step === undefined ? '*' : `*/${by}`;
    if (first === undefined) return null;
    if (last === undefined) return step === undefined ? String(from) : null;
    return step === undefined ? `${from}-${to}` : `${from}-${to}/${by}`;
  });
  return items.includes(null) ? null : items.join(',');
}

function numberOf(digits: string, low: number, high: number): number | null {
  const value = digits.length <= MAX_DIGITS ? Number(digits) : Number.NaN;
  return value >= low && value <= high ? value : null;
}

const ascending = (values: readonly number[]): readonly number[] =>
  [...new Set(values)].sort((a, b) => a - b);

function numbers(values: readonly (number | string)[]): number[] {
  return values.map((value) => {
    if (typeof value === 'number') return value;
    throw new RangeError(`${value} is no number`);
  });
}

const MINUTE_MS = 60_000;
const DAY_MS = 1_440 * MINUTE_MS;
/** A 29 February on one weekday comes back within 40 years, over 2100 too. */
const SEARCHED_MONTHS = 41 * 12;

/** First moment after `afterMs` (milliseconds since 1970, UTC); null where there is none. */
export function nextCron(schedule: CronSchedule, afterMs: number): number | null {
  const fromMs = (Math.floor(afterMs / MINUTE_MS) + 1) * MINUTE_MS;
  return search(schedule, fromMs, 1);
}

/** Last moment at or before `atMs`; null where there is none. */
export function latestCron(schedule: CronSchedule, atMs: number): number | null {
  return search(schedule, Math.floor(atMs / MINUTE_MS) * MINUTE_MS, -1);
}

/** The nearest moment in one direction of time, from a whole minute on. */
function search(schedule: CronSchedule, fromMs: number, step: 1 | -1): number | null {
  const from = new Date(fromMs);
  const firstDayMs = Date.UTC(from.getUTCFullYear(), from.getUTCMonth(), from.getUTCDate());
  const inFirstDay = within(schedule, (fromMs - firstDayMs) / MINUTE_MS, step);
  if (isDayOf(schedule, firstDayMs) && inFirstDay !== null) {
    return firstDayMs + inFirstDay * MINUTE_MS;
  }
  let dayMs = firstDayMs + step * DAY_MS;
  for (let month = 0; month < SEARCHED_MONTHS; month++) {
    const day = new Date(dayMs);
    const beyondMs = monthBeyond(day, step);
    if (schedule.months.has(day.getUTCMonth() + 1)) {
      for (; dayMs !== beyondMs; dayMs += step * DAY_MS) {
        if (!isDayOf(schedule, dayMs)) continue;
        const minute = within(schedule, step > 0 ? 0 : DAY_MS / MINUTE_MS - 1, step);
        return minute === null ? null : dayMs + minute * MINUTE_MS;
      }
    }
    dayMs = beyondMs;
  }
  return null;
}

/** The first day of the month after, or the last of the month before. */
const monthBeyond = (day: Date, step: 1 | -1): number =>
  step > 0
    ? Date.UTC(day.getUTCFullYear(), day.getUTCMonth() + 1, 1)
    : Date.UTC(day.getUTCFullYear(), day.getUTCMonth(), 0);

function isDayOf({ days, months, weekdays }: CronSchedule, dayMs: number): boolean {
  const day = new Date(dayMs);
  return (
    months.has(day.getUTCMonth() + 1) && days.has(day.getUTCDate()) && weekdays.has(day.getUTCDay())
  );
}

/** The nearest minute of a day, from `minute` on, that hours and minutes allow. */
function within({ hours, minutes }: CronSchedule, minute: number, step: 1 | -1): number | null {
  const [hour, past] = [Math.floor(minute / 60), minute % 60];
  const isBeyond = (value: number, than: number): boolean =>
    step > 0 ? value > than : value < than;
  const nearest = (values: readonly number[], keep: (value: number) => boolean): number | null =>
    (step > 0 ? values.find(keep) : values.findLast(keep)) ?? null;
  const inHour = hours.includes(hour)
    ? nearest(minutes, (value) => value === past || isBeyond(value, past))
    : null;
  if (inHour !== null) return hour * 60 + inHour;
  const otherHour = nearest(hours, (value) => isBeyond(value, hour));
  const first = nearest(minutes, () => true);
  return otherHour === null || first === null ? null : otherHour * 60 + first;
}
