import assert from 'node:assert/strict';
import fc from 'fast-check';
import { hash160 } from '../../src/base/hash.js';
import {
  amountsByScope,
  type Budgets,
  describeReached,
  findReached,
  hasBudgets,
  type MinuteSpend,
  minuteOf,
  type SpendScope,
  type SpendShare,
} from '../../src/gasbank/budgets.js';
import { NO_BUDGETS } from '../../src/gasbank/spending.js';

const MINUTE_MS = 60_000;
const NOW_MS = 30_000_000 * MINUTE_MS + 12_345;
const NOW = minuteOf(NOW_MS);
const ALICE = hash160(`0x${'aa'.repeat(20)}`);
const BOB = hash160(`0x${'bb'.repeat(20)}`);

const share = (amount: bigint, requester = ALICE, kind: 'http' | 'oracle' = 'http') =>
  ({ requestId: 1n, kind, requester, amount }) satisfies SpendShare;

describe('budgets', () => {
  const perHour = (amount: bigint): Budgets => ({
    ...NO_BUDGETS,
    node: { perHour: amount, perDay: null },
  });
  const spentIn =
    (minutes: readonly MinuteSpend[]) =>
    (_scope: SpendScope, since: number): MinuteSpend[] =>
      minutes.filter(({ minute }) => minute >= since);

  it('let through what just fits, and name the limit that would not', () => {
    const minutes = spentIn([{ minute: NOW - 10, amount: 70n }]);
    assert.equal(findReached([share(30n)], perHour(100n), minutes, NOW_MS), null);
    const reached = findReached([share(31n)], perHour(100n), minutes, NOW_MS);
    assert.deepEqual(reached, {
      scope: 'all',
      key: 'gasbank.budgets.perHour',
      limit: 100n,
      spent: 70n,
      needed: 31n,
      atMs: NOW_MS,
      resumesMs: (NOW - 10 + 60) * MINUTE_MS,
    });
  });

  it('forget what is an hour past, and tell of what can never fit', () => {
    const old = spentIn([{ minute: NOW - 60, amount: 100n }]);
    assert.equal(findReached([share(100n)], perHour(100n), old, NOW_MS), null);
    const never = findReached([share(101n)], perHour(100n), old, NOW_MS);
    assert.equal(never?.resumesMs, null);
    assert.match(describeReached(never ?? assert.fail()), /more than the whole limit: raise it/);
  });

  it('add up for the node, for each kind and for each requester', () => {
    const shares = [share(1n), share(2n, BOB, 'oracle'), share(4n, BOB)];
    assert.deepEqual(
      [...amountsByScope(shares)],
      [
        ['all', 7n],
        ['kind:http', 5n],
        [`requester:${ALICE}`, 1n],
        ['kind:oracle', 2n],
        [`requester:${BOB}`, 6n],
      ],
    );
    const limits = { perHour: null, perDay: 5n };
    const none = spentIn([]);
    const ofBob = findReached(shares, { ...NO_BUDGETS, perRequester: limits }, none, NOW_MS);
    assert.equal(ofBob?.scope, `requester:${BOB}`);
    assert.equal(ofBob.key, 'gasbank.budgets.perRequesterPerDay');
    assert.match(describeReached(ofBob), new RegExp(`of requester ${BOB} holds it`));
    const ofKind = { ...NO_BUDGETS, perKind: { http: { perHour: 4n, perDay: null } } };
    assert.equal(
      findReached(shares, ofKind, none, NOW_MS)?.key,
      'gasbank.budgets.perKind.http.perHour',
    );
  });

  it('tell of the limit that lasts longest', () => {
    const both = { ...NO_BUDGETS, node: { perHour: 10n, perDay: 10n } };
    const minutes = spentIn([{ minute: NOW - 5, amount: 10n }]);
    const reached = findReached([share(1n)], both, minutes, NOW_MS);
    assert.equal(reached?.key, 'gasbank.budgets.perDay');
    assert.equal(reached.resumesMs, (NOW - 5 + 1_440) * MINUTE_MS);
  });

  it('are nothing to look at where the operator sets none', () => {
    assert.equal(hasBudgets(NO_BUDGETS), false);
    assert.equal(hasBudgets(perHour(0n)), true);
  });

  const histories = fc
    .array(fc.record({ ago: fc.integer({ min: 0, max: 90 }), amount: fc.bigInt(1n, 100n) }))
    .map((spends) =>
      spends
        .map(({ ago, amount }) => ({ minute: NOW - ago, amount }))
        .sort((a, b) => a.minute - b.minute),
    );

  it('never let a limit be passed, and have room at the time they name, not a minute before', () => {
    fc.assert(
      fc.property(histories, fc.bigInt(1n, 150n), fc.bigInt(1n, 400n), (history, needed, limit) => {
        const at = (nowMs: number) => {
          const until = history.filter(({ minute }) => minute <= minuteOf(nowMs));
          return findReached([share(needed)], perHour(limit), spentIn(until), nowMs);
        };
        const inWindow = history.filter(({ minute }) => minute > NOW - 60);
        const spent = inWindow.reduce((sum, { amount }) => sum + amount, 0n);
        const reached = at(NOW_MS);
        assert.equal(reached === null, spent + needed <= limit);
        if (reached === null) return;
        if (reached.resumesMs === null) return assert.ok(needed > limit);
        assert.equal(at(reached.resumesMs), null);
        assert.notEqual(at(reached.resumesMs - 1), null);
      }),
      { numRuns: 500 },
    );
  });
});
