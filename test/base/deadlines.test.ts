import assert from 'node:assert/strict';
import { systemClock } from '../../src/base/clock.js';
import { createDeadlines } from '../../src/base/deadlines.js';
import { eventually } from '../chain/eventually.js';

describe('deadlines', () => {
  it('expire in the order of their times, whatever the order of their starts', async () => {
    const deadlines = createDeadlines(systemClock);
    const expired: string[] = [];
    deadlines.start(60, () => expired.push('third'));
    deadlines.start(1, () => expired.push('first'));
    deadlines.start(30, () => expired.push('second'));
    await eventually('all expired', () => expired.length === 3);
    assert.deepEqual(expired, ['first', 'second', 'third']);
    deadlines.start(1, () => expired.push('fourth'));
    await eventually('a later one expired', () => expired.length === 4);
  });

  it('do not expire once cancelled or closed', async () => {
    const deadlines = createDeadlines(systemClock);
    const expired: string[] = [];
    deadlines.start(5, () => expired.push('cancelled')).cancel();
    await new Promise<void>((resolve) => deadlines.start(20, resolve));
    deadlines.start(5, () => expired.push('closed'));
    deadlines.close();
    await new Promise<void>((resolve) => deadlines.start(20, resolve));
    assert.deepEqual(expired, []);
  });

  it('may start another one when they expire', async () => {
    const deadlines = createDeadlines(systemClock);
    await new Promise<void>((resolve) => {
      deadlines.start(1, () => deadlines.start(1, resolve));
    });
  });
});
