import { AssertionError } from 'node:assert/strict';

/**
 * Like `assert.ok`, which, if it fails without a message, looks for one in the source: in
 * files that a loader transformed to few long lines that takes minutes, so a failure looks like a
 * hang.
 */
export function holds(condition: unknown, what = 'this does not hold'): asserts condition {
  if (condition) return;
  throw new AssertionError({
    message: what,
    actual: condition,
    expected: true,
    operator: 'ok',
    stackStartFn: holds,
  });
}
