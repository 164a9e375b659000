import assert from 'node:assert/strict';
import { type AlertState, stepAlert } from '../../src/alerts/alert-state.js';

const RULES = { forMs: 60, calmMs: 20, repeatMs: 100 };

/** Looks at these times, with what the condition said; gives what was told, by time. */
function told(
  looks: readonly (readonly [atMs: number, holds: boolean])[],
  rules = RULES,
): [number, string][] {
  let state: AlertState | null = null;
  const all: [number, string][] = [];
  for (const [atMs, holds] of looks) {
    const step = stepAlert(state, holds, atMs, rules);
    state = step.state;
    if (step.tell !== null) all.push([atMs, step.tell]);
  }
  return all;
}

describe('an alert', () => {
  it('fires once its condition has held for its time, and not a moment before', () => {
    assert.deepEqual(
      told([
        [0, true],
        [59, true],
      ]),
      [],
    );
    assert.deepEqual(
      told([
        [0, true],
        [59, true],
        [60, true],
      ]),
      [[60, 'firing']],
    );
    assert.deepEqual(told([[5, true]], { ...RULES, forMs: 0 }), [[5, 'firing']]);
  });

  it('begins its time anew after a break', () => {
    assert.deepEqual(
      told([
        [0, true],
        [50, false],
        [55, true],
        [110, true],
      ]),
      [],
    );
    assert.deepEqual(
      told([
        [0, true],
        [50, false],
        [55, true],
        [115, true],
      ]),
      [[115, 'firing']],
    );
  });

  it('is told of again only after the interval, for as long as it lasts', () => {
    const looks = Array.from({ length: 30 }, (_, at) => [at * 10, true] as const);
    assert.deepEqual(told(looks), [
      [60, 'firing'],
      [160, 'repeated'],
      [260, 'repeated'],
    ]);
  });

  it('is over once it has been calm for long enough, and what flickers is told of once', () => {
    const fired = [
      [0, true],
      [60, true],
    ] as const;
    assert.deepEqual(told([...fired, [70, false], [89, false]]), [[60, 'firing']]);
    assert.deepEqual(told([...fired, [70, false], [90, false]]), [
      [60, 'firing'],
      [90, 'resolved'],
    ]);
    const flickers = [
      [70, false],
      [80, true],
      [85, false],
      [95, true],
      [99, false],
    ] as const;
    assert.deepEqual(told([...fired, ...flickers]), [[60, 'firing']]);
  });

  it('that never fired ends without a word', () => {
    assert.deepEqual(
      told([
        [0, true],
        [10, false],
        [100, false],
      ]),
      [],
    );
  });
});
