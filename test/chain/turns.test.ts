import assert from 'node:assert/strict';
import { createTurns } from '../../src/chain/turns.js';

describe('turns', () => {
  it('has at most so many run at once, and starts in turn, what gives way last', () => {
    const turns = createTurns(2);
    const started: string[] = [];
    const take = (name: string, givesWay: boolean) =>
      turns.take(() => started.push(name), givesWay);
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
    const turns = createTurns(1);
    const started: number[] = [];
    turns.take(() => {}, false);
    for (let each = 0; each < 20_000; each++) {
      turns.take(() => {
        started.push(each);
        turns.end();
      }, true);
    }
    turns.end();
    assert.equal(started.length, 20_000);
  });
});
