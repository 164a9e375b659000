import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  type ChainMoment,
  dueRun,
  nextOccurrence,
  type UpkeepPast,
  upcoming,
} from '../../src/automation/occurrences.js';
import { readTrigger, type Trigger } from '../../src/automation/trigger.js';

const MINUTE_MS = 60_000;
const MIDNIGHT_MS = Date.parse('2026-10-25T00:00Z');
const triggerOf = (text: string): Trigger => {
  const read = readTrigger(text);
  assert.ok(read.kind === 'trigger', text);
  return read.trigger;
};
const at = (block: number, minutes = 0): ChainMoment => ({
  block,
  timeMs: MIDNIGHT_MS + minutes * MINUTE_MS,
});
const since = (registered: ChainMoment, lastDue: number | null = null): UpkeepPast => ({
  registered,
  lastDue,
});

describe('occurrences of upkeeps', () => {
  it('counts blocks from the registration on', () => {
    const trigger = triggerOf('every:10');
    assert.equal(nextOccurrence(trigger, since(at(5))), 15);
    assert.equal(dueRun(trigger, since(at(5)), at(14)), null);
    assert.deepEqual(dueRun(trigger, since(at(5)), at(15)), { due: 15, waiting: 0 });
    assert.equal(dueRun(trigger, since(at(5), 15), at(24)), null);
    assert.equal(nextOccurrence(trigger, since(at(5), 15)), 25);
  });

  it('skips what was missed to the latest', () => {
    assert.deepEqual(dueRun(triggerOf('every:10'), since(at(5), 15), at(99)), {
      due: 95,
      waiting: 0,
    });
    const cron = triggerOf('cron:0 * * * *');
    const past = since(at(1), MIDNIGHT_MS);
    assert.deepEqual(dueRun(cron, past, at(500, 330)), {
      due: MIDNIGHT_MS + 300 * MINUTE_MS,
      waiting: 0,
    });
    assert.deepEqual(dueRun(triggerOf('when:m'), since(at(1), 4), at(9), [3, 5, 8]), {
      due: 8,
      waiting: 0,
    });
  });

  it('catches up as many of the missed as the trigger says, oldest first, and then the latest', () => {
    const trigger = triggerOf('every:10;catchup=2');
    const runs: number[] = [];
    let lastDue: number | null = 15;
    for (;;) {
      const run = dueRun(trigger, since(at(5), lastDue), at(99));
      if (run === null) break;
      runs.push(run.due);
      lastDue = run.due;
    }
    assert.deepEqual(runs, [75, 85, 95]);
    const seen = [1, 2, 3, 4, 5];
    const event = triggerOf(`on:0x${'11'.repeat(20)}:e;catchup=1`);
    assert.deepEqual(dueRun(event, since(at(0)), at(5), seen), { due: 4, waiting: 1 });
  });

  it('takes nothing of the block that an upkeep is registered in, or of before', () => {
    const cron = triggerOf('cron:* * * * *;catchup=10');
    assert.equal(dueRun(cron, since(at(7, 3)), at(8, 3)), null);
    assert.equal(nextOccurrence(cron, since(at(7, 3))), MIDNIGHT_MS + 4 * MINUTE_MS);
    assert.equal(dueRun(triggerOf('when:m'), since(at(7)), at(8), [6, 7]), null);
  });

  it('asks neither for a clock nor for a time zone', () => {
    // 02:30 of that night comes twice, or never, wherever clocks are put back or forward.
    const cron = triggerOf('cron:30 2 * * *');
    const found = upcoming(cron, since(at(1)), 3);
    assert.deepEqual(
      found.map((ms) => new Date(ms).toISOString().slice(0, 16)),
      ['2026-10-25T02:30', '2026-10-26T02:30', '2026-10-27T02:30'],
    );
  });

  it('waits for occurrences that lie ahead of the last run without repeating any', () => {
    const trigger = triggerOf('every:3');
    assert.equal(nextOccurrence(trigger, since(at(5), 9)), 11);
    assert.equal(dueRun(trigger, since(at(5), 200), at(50)), null);
  });

  it('runs, whatever stops come between, what each look alone would have run last', () => {
    const text = fc.oneof(
      fc.integer({ min: 1, max: 9 }).map((blocks) => `every:${blocks}`),
      fc.constantFrom('cron:* * * * *', 'cron:*/7 * * * *', 'cron:3,4 * * * *'),
    );
    const catchup = fc.option(fc.integer({ min: 1, max: 10 }), { nil: null });
    const looks = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(text, catchup, looks, (head, more, gaps) => {
        const trigger = triggerOf(more === null ? head : `${head};catchup=${more}`);
        const registered = at(3, 0);
        const runs: number[] = [];
        let now = registered;
        for (const gap of gaps) {
          // A block a minute.
          now = at(now.block + gap, now.block + gap - registered.block);
          const known = runs.length;
          for (;;) {
            const run = dueRun(trigger, since(registered, runs.at(-1) ?? null), now);
            if (run === null) break;
            assert.ok(run.due > (runs.at(-1) ?? 0), 'strictly later');
            runs.push(run.due);
          }
          const allDue = upcoming(trigger, since(registered), 1_000).filter((due) =>
            trigger.kind === 'cron' ? due <= now.timeMs : due <= now.block,
          );
          const before = runs[known - 1] ?? 0;
          const missed = allDue.filter((due) => due > before);
          assert.deepEqual(runs.slice(known), missed.slice(-((more ?? 0) + 1)));
        }
      }),
      { numRuns: 100 },
    );
  });
});
