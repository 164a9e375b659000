import assert from 'node:assert/strict';
import { createTurns } from '../../src/chain/turns.js';

describe('turns', () => {
  it('has at most so many run at once, and starts in turn, what gives way last', () => {
    const started: string[] = [];
    const turns = createTurns(2, (name: string) => started.push(name));
    const { take } = turns;
    take('ahead 1', true);
    take('ahead 2', true);
    take('ahead 3', true);
    take('now 1', false);
    take('ahead 4', true);
    take('now 2', false);
    assert.deepEqual(started, ['ahead 1', 'ahead 2']);
    for (let ended = 0; ended < 6; ended++) turns.end();
    assert.deepEqual(started.slice(2), ['now 1', 'now 2', 'ahead 3', 'ahead 4']);
    take('later 1', true);
    take('later 2', false);
    take('later 3', false);
    assert.deepEqual(started.slice(6), ['later 1', 'later 2']);
  });

  it('goes on when what is started is over at once', () => {
    const started: number[] = [];
    const turns = createTurns(1, (each: number) => {
      if (each < 0) return;
      started.push(each);
      turns.end();
    });
    turns.take(-1, false);
    for (let each = 0; each < 20_000; each++) turns.take(each, true);
    turns.end();
    assert.equal(started.length, 20_000);
  });

  it('forgets what gives way when it is dropped, and only that', () => {
    const started: string[] = [];
    const turns = createTurns(1, (name: string) => started.push(name));
    turns.take('running', true);
    turns.take('ahead 1', true);
    turns.take('now', false);
    turns.take('ahead 2', true);
    assert.deepEqual(turns.dropGivingWay(), ['ahead 1', 'ahead 2']);
    for (let ended = 0; ended < 2; ended++) turns.end();
    assert.deepEqual(started, ['running', 'now']);
    turns.take('later', true);
    assert.deepEqual(started, ['running', 'now', 'later']);
  });
});
