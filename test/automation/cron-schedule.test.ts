import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  type CronSchedule,
  latestCron,
  nextCron,
  readCron,
} from '../../src/automation/cron-schedule.js';

function scheduleOf(expression: string): CronSchedule {
  const read = readCron(expression);
  assert.ok(read.kind === 'schedule', `${expression} was refused`);
  return read.schedule;
}

const timeText = (ms: number | null): string | null =>
  ms === null ? null : new Date(ms).toISOString().slice(0, 16);

/** Expression, a moment, and the next after and the latest at or before it, from a calendar. */
const MOMENTS = `
* * * * *          2026-01-01T00:00  2026-01-01T00:01  2026-01-01T00:00
*/15 * * * *       2026-01-01T00:07  2026-01-01T00:15  2026-01-01T00:00
0 9 * * 1-5        2026-03-06T09:00  2026-03-09T09:00  2026-03-06T09:00
30 22-23,0 * * *   2026-01-01T23:45  2026-01-02T00:30  2026-01-01T23:30
0 0 29 2 *         2026-01-01T00:00  2028-02-29T00:00  2024-02-29T00:00
0 0 29 2 1         2026-01-01T00:00  2044-02-29T00:00  2016-02-29T00:00
0 0 29 2 *         2096-03-01T00:00  2104-02-29T00:00  2096-02-29T00:00
0 0 */10 */5 *     2026-06-12T00:00  2026-06-21T00:00  2026-06-11T00:00
0 0 1-31/10 * 5-7  2026-01-01T00:00  2026-01-11T00:00  2025-12-21T00:00
0 12 31 * *        2026-04-01T00:00  2026-05-31T12:00  2026-03-31T12:00
0 0 1 1 *          2026-01-01T00:00  2027-01-01T00:00  2026-01-01T00:00
0 0 13 * 5         2026-01-01T00:00  2026-02-13T00:00  2025-06-13T00:00
0 0 * * 7          2026-01-01T00:00  2026-01-04T00:00  2025-12-28T00:00
59 23 31 12 *      2026-12-31T23:58  2026-12-31T23:59  2025-12-31T23:59
05,10-12 003 * * *  2026-01-01T03:10  2026-01-01T03:11  2026-01-01T03:10
30 2 29 3 *        2026-03-29T00:00  2026-03-29T02:30  2025-03-29T02:30
`;

/** Nothing that crontab has not; and nothing that would make the parser write out a long list. */
const REFUSED = [
  '',
  '* * * *',
  '* * * * * *',
  ' * * * * *',
  '*  * * * *',
  '*\t* * * *',
  '60 * * * *',
  '* 24 * * *',
  '* * 0 * *',
  '* * 32 * *',
  '* * * 13 *',
  '* * * 0 *',
  '* * * * 8',
  '*/0 * * * *',
  '5/10 * * * *',
  '1, * * * *',
  ',1 * * * *',
  '1- * * * *',
  '-1 * * * *',
  '+1 * * * *',
  '1.5 * * * *',
  '0-999999999 * * * *',
  '@daily',
  '0 0 L * *',
  '0 0 15W * *',
  '0 0 * * 1#2',
  '0 0 ? * *',
  '0 0 31 2 *',
  '0 0 30 2 *',
  '0 0 * * mon',
  '0 0 1 jan *',
  '0 22-2 * * *',
  '*/60 * * * *',
  '000000001 * * * *',
  '٣ * * * *',
];

describe('cron expressions', () => {
  const rows = MOMENTS.trim()
    .split('\n')
    .map((line) => line.split(/\s{2,}/) as [string, string, string, string]);
  for (const [expression, at, next, latest] of rows) {
    it(`${expression}: after ${at} comes ${next}`, () => {
      const schedule = scheduleOf(expression);
      const atMs = Date.parse(`${at}Z`);
      assert.equal(timeText(nextCron(schedule, atMs)), next);
      assert.equal(timeText(latestCron(schedule, atMs)), latest);
      // Seconds within the minute change nothing.
      assert.equal(timeText(latestCron(schedule, atMs + 59_999)), latest);
    });
  }

  for (const expression of REFUSED) {
    it(`refuses ${JSON.stringify(expression)}`, () => {
      const read = readCron(expression);
      assert.ok(read.kind === 'refused', 'it was taken');
      assert.ok(read.reason.length > 10, read.reason);
    });
  }

  it('finds what a scan of every minute finds', () => {
    const fields = [
      [0, 59],
      [0, 23],
      [1, 31],
      [1, 12],
      [0, 6],
    ] as const;
    const field = ([from, to]: readonly [number, number]) =>
      fc.oneof(
        { weight: 2, arbitrary: fc.constant(null) },
        fc.uniqueArray(fc.integer({ min: from, max: to }), { minLength: 1, maxLength: 4 }),
      );
    const scannedDays = 75;
    fc.assert(
      fc.property(
        fc.tuple(...fields.map(field)),
        fc.date({ min: new Date('2023-01-01'), max: new Date('2100-01-01'), noInvalidDate: true }),
        (values, date) => {
          // A 30 February and the like are refused, which is tried above.
          if (values[2]?.every((day) => day > 28)) values[2] = [28, ...values[2]];
          const expression = values.map((list) => list?.join(',') ?? '*').join(' ');
          const schedule = scheduleOf(expression);
          const isMoment = (at: Date): boolean =>
            [
              at.getUTCMinutes(),
              at.getUTCHours(),
              at.getUTCDate(),
              at.getUTCMonth() + 1,
              at.getUTCDay(),
            ].every((part, place) => values[place]?.includes(part) ?? true);
          const minute = Math.floor(date.getTime() / 60_000);
          const scan = (from: number, step: 1 | -1): number | null => {
            for (let at = from; Math.abs(at - from) < scannedDays * 1_440; at += step) {
              if (isMoment(new Date(at * 60_000))) return at * 60_000;
            }
            return null;
          };
          const same = (found: number | null, scanned: number | null): void => {
            if (scanned !== null) assert.equal(timeText(found), timeText(scanned), expression);
            else if (found !== null) {
              const awayMs = Math.abs(found - date.getTime());
              assert.ok(awayMs >= (scannedDays - 1) * 86_400_000, `${expression}: ${found}`);
              assert.ok(isMoment(new Date(found)), expression);
            }
          };
          same(nextCron(schedule, date.getTime()), scan(minute + 1, 1));
          same(latestCron(schedule, date.getTime()), scan(minute, -1));
        },
      ),
      { numRuns: 60 },
    );
  });
});
