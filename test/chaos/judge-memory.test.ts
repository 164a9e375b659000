import assert from 'node:assert/strict';
import { judgeMemory, MAX_SLOPE_MB_PER_MINUTE } from '../../scripts/chaos/judge-memory.js';

const MINUTE_MS = 60_000;

/** A process of so many minutes, whose memory is drawn by a function of its minute. */
const life = (minutes: number, mbAt: (minute: number) => number, startedMs = 0) => ({
  startedMs,
  memory: Array.from({ length: minutes * 60 }, (_, second) => {
    return { atMs: startedMs + second * 1_000, mb: mbAt(second / 60) };
  }),
});

describe('the judgement of memory', () => {
  it('is that a process whose memory rises all the time is not flat', () => {
    const rising = judgeMemory([life(5, (minute) => 200 + 2 * MAX_SLOPE_MB_PER_MINUTE * minute)]);
    assert.equal(rising.ok, false);
    assert.ok(Math.abs(rising.slopeMbPerMinute - 2 * MAX_SLOPE_MB_PER_MINUTE) < 0.01);
  });

  it('is that one which goes up and down, or down, is', () => {
    assert.equal(judgeMemory([life(6, (minute) => 200 + 30 * Math.sin(40 * minute))]).ok, true);
    assert.equal(judgeMemory([life(6, (minute) => 300 - 20 * minute)]).ok, true);
  });

  it('looks at the longest life, and not at its warm-up', () => {
    const warm = (minute: number): number => (minute < 1 ? 100 + 150 * minute : 250);
    const short = life(2, (minute) => 200 + 100 * minute, 10 * MINUTE_MS);
    const judged = judgeMemory([short, life(5, warm)]);
    assert.deepEqual([judged.ok, judged.medianMb, Math.round(judged.minutes)], [true, 250, 4]);
  });

  it('says so when no process lived long enough', () => {
    const judged = judgeMemory([life(1, (minute) => 100 + 100 * minute)]);
    assert.match(judged.seen, /no process lived long enough/);
    assert.equal(judgeMemory([]).ok, true);
  });
});
