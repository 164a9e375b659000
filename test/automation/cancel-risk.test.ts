import assert from 'node:assert/strict';
import {
  CANCEL_HOLD_MS,
  judgeRisks,
  type OwnerStanding,
  type RiskRule,
} from '../../src/automation/cancel-risk.js';
import type { Hash160 } from '../../src/base/hash.js';
import { numbered } from '../gasbank/histories/model-chain.js';

const [ONE, TWO] = [numbered(0xc0, 1), numbered(0xc0, 2)];
const NOW_MS = 10 * CANCEL_HOLD_MS;

describe('what cancelling in front of runs may cost', () => {
  const unknown: OwnerStanding = { paid: 0n, lost: 0n, lostMs: 0, underWay: 0n };
  const judged = (
    costs: readonly (readonly [Hash160, bigint, 'claim'?])[],
    known: ReadonlyMap<Hash160, Partial<OwnerStanding>> = new Map(),
    rule: Partial<RiskRule> = {},
  ) =>
    judgeRisks(
      costs.map(([owner, cost, claim], at) => {
        return { upkeepId: BigInt(at), owner, cost, isClaim: claim === 'claim' };
      }),
      (owner) => ({ ...unknown, ...known.get(owner) }),
      { limit: 100n, used: 0n, nowMs: NOW_MS, ...rule },
    );
  const risks = (...given: Parameters<typeof judged>) =>
    judged(...given).map(({ risk, refusal }) => (refusal === null ? risk : 'refused'));

  it('is what an owner has not paid before', () => {
    assert.deepEqual(risks([[ONE, 30n]]), [30n]);
    assert.deepEqual(risks([[ONE, 30n]], new Map([[ONE, { paid: 12n }]])), [18n]);
    assert.deepEqual(risks([[ONE, 30n]], new Map([[ONE, { paid: 30n }]])), [0n]);
    const lostOnce = new Map([[ONE, { paid: 30n, lost: 20n, lostMs: NOW_MS }]]);
    assert.deepEqual(risks([[ONE, 30n]], lostOnce), [20n]);
    const busy = new Map([[ONE, { paid: 30n, underWay: 25n }]]);
    assert.deepEqual(risks([[ONE, 30n]], busy), [25n]);
    const overBusy = new Map([[ONE, { paid: 30n, underWay: 99n }]]);
    assert.deepEqual(risks([[ONE, 30n]], overBusy), [30n], 'never more than the run costs');
  });

  it('counts what an owner paid once for all his runs of a transaction', () => {
    const known = new Map([[ONE, { paid: 50n }]]);
    const costs = [
      [ONE, 30n],
      [TWO, 10n],
      [ONE, 30n],
      [ONE, 5n],
    ] as const;
    assert.deepEqual(risks(costs, known), [0n, 10n, 10n, 5n]);
  });

  it('is at most the limit, with what is lost and under way', () => {
    assert.deepEqual(risks([[ONE, 100n]]), [100n]);
    assert.deepEqual(risks([[ONE, 101n]]), ['refused']);
    assert.deepEqual(risks([[ONE, 30n]], new Map(), { used: 70n }), [30n]);
    assert.deepEqual(risks([[ONE, 30n]], new Map(), { used: 71n }), ['refused']);
    const paid = new Map([[ONE, { paid: 30n }]]);
    assert.deepEqual(risks([[ONE, 30n]], paid, { used: 100n, limit: 0n }), [0n]);
    // Those of one transaction count together; what is refused leaves room for others.
    const three = [
      [ONE, 60n],
      [TWO, 50n],
      [TWO, 40n],
    ] as const;
    assert.deepEqual(risks(three), [60n, 'refused', 40n]);
    const [{ refusal } = { refusal: null }] = judged([[ONE, 30n]], new Map(), { used: 71n });
    assert.match(
      refusal ?? '',
      /gasbank\.cancelLossPerHour is 0\.00000100 GAS, of which 0\.00000071/,
    );
  });

  it('holds no claim, which is to bring back what is at risk, and counts what it costs', () => {
    const inDebt = new Map([[ONE, { paid: 9n, lost: 10n, lostMs: NOW_MS }]]);
    assert.deepEqual(risks([[ONE, 30n, 'claim']], inDebt, { used: 100n }), [30n]);
    const two = [
      [TWO, 90n, 'claim'],
      [TWO, 11n],
    ] as const;
    assert.deepEqual(risks(two), [90n, 'refused']);
  });

  it('is nothing from an owner in debt, for an hour', () => {
    const at = (lostMs: number, paid = 9n) => new Map([[ONE, { paid, lost: 10n, lostMs }]]);
    assert.deepEqual(risks([[ONE, 1n]], at(NOW_MS)), ['refused']);
    assert.deepEqual(risks([[ONE, 1n]], at(NOW_MS - CANCEL_HOLD_MS + 1)), ['refused']);
    assert.deepEqual(risks([[ONE, 1n]], at(NOW_MS - CANCEL_HOLD_MS)), [1n]);
    assert.deepEqual(risks([[ONE, 1n]], at(NOW_MS, 10n)), [1n], 'he paid as much');
    const [{ refusal } = { refusal: null }] = judged([[ONE, 1n]], at(NOW_MS));
    assert.match(
      refusal ?? '',
      /cost the node 0\.00000010 GAS with .*; his runs paid 0\.00000009\./,
    );
    assert.match(refusal ?? '', /Held until 1970-01-01T11:00:00\.000Z/);
  });
});
