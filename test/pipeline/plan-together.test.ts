import assert from 'node:assert/strict';
import type { ReadyAnswer } from '../../src/pipeline/answer.js';
import type { Preflight } from '../../src/pipeline/chain-port.js';
import { planTogether } from '../../src/pipeline/plan-together.js';
import type { Planning } from '../../src/pipeline/planning.js';
import {
  ANSWER_GAS,
  BASE_GAS,
  CALLBACK_GAS,
  type Callback,
  contract,
  PLAIN,
  planning,
  ready,
  UNTIL,
} from './plan-fixture.js';
import type { Judge } from './stage-fixture.js';

describe('planning answers together', () => {
  const TERMS = { nonce: 3, validUntilBlock: UNTIL };
  const plan = async (
    asked: readonly ReadyAnswer[],
    callbacks: Readonly<Record<string, Callback>> = {},
    limits: Partial<Planning['limits']> = {},
  ) => {
    const { transaction, alone } = await planTogether(
      asked,
      planning(contract(asked, callbacks), limits),
      TERMS,
    );
    return {
      transaction,
      items: transaction?.items.map(({ requestId, deliver }) => [requestId, deliver]) ?? null,
      alone: alone.map(({ requestId }) => requestId),
    };
  };
  const three = [ready(1n), ready(2n), ready(3n)];

  it('shares one transaction, whose fee is what all of them use and the margin', async () => {
    const { transaction, items, alone } = await plan(three);
    assert.deepEqual(items, [
      [1n, true],
      [2n, true],
      [3n, true],
    ]);
    assert.deepEqual(alone, []);
    const gas = BASE_GAS + 3n * (ANSWER_GAS + CALLBACK_GAS);
    assert.equal(transaction?.terms.systemFee, gas + 4n);
    assert.equal(transaction?.terms.nonce, 3);
  });

  it('keeps within it what goes to an inbox only, and tells why', async () => {
    const kept = ready(2n, { inboxOnly: 'inbox only until tomorrow' });
    const { items, transaction } = await plan([ready(1n), kept]);
    assert.deepEqual(items, [
      [1n, true],
      [2n, false],
    ]);
    const why = transaction?.why.get(2n) ?? '';
    assert.match(why, /^Success, 5 bytes, kept at the gateway; inbox only until tomorrow; shares/);
  });

  it('has nobody share where the charges do not cover the fees, unless all may lose', async () => {
    const judge = contract(three, {});
    // As if each bore 3 of the network fee less than his share.
    const bearingLess =
      (premium: bigint): Judge =>
      (items, terms): Preflight => {
        const ran = judge(items, terms);
        if (ran.state === 'FAULT') return ran;
        const less = [...ran.effects].map(([id, effect]) => {
          return [id, { ...effect, fee: effect.fee - 3n, premium }] as const;
        });
        return { ...ran, effects: new Map(less) };
      };
    const planWith = (kind: 'http' | 'oracle', premium = 0n) => {
      const allowLoss: Planning['limits']['allowLoss'] = new Set([kind]);
      return planTogether(three, planning(bearingLess(premium), { allowLoss }), TERMS);
    };
    assert.equal((await planWith('oracle')).transaction, null);
    assert.equal((await planWith('oracle', 2n)).transaction, null);
    assert.notEqual((await planWith('oracle', 3n)).transaction, null);
    const { transaction } = await planWith('http');
    const predicted = transaction?.predictions.reduce((sum, { fee }) => sum + fee, 0n) ?? 0n;
    const { systemFee = 0n, networkFee = 0n } = transaction?.terms ?? {};
    assert.equal(systemFee + networkFee - predicted, 9n);
  });

  it('keeps within it what a callback throws at', async () => {
    const { items, alone } = await plan(three, { 2: 'throws' });
    assert.deepEqual(items, [
      [1n, true],
      [2n, false],
      [3n, true],
    ]);
    assert.deepEqual(alone, []);
  });

  it('leaves out whom it would cost too much, and who is answered already', async () => {
    const poor = ready(4n, { maxFee: PLAIN * 3n });
    const { items, alone } = await plan([...three, poor, ready(5n)], { 5: 'gone' });
    assert.deepEqual(
      items?.map(([id]) => id),
      [1n, 2n, 3n],
    );
    assert.deepEqual(alone, [4n, 5n]);
  });

  it('keeps who can pay, though the first look, paid for no callbacks, cut his fee at zero', async () => {
    const others = [1n, 2n, 3n, 4n, 5n, 6n, 7n, 8n].map((id) => ready(id));
    // His part of the last look is 112, and a plain answer after a FAULT takes the rest.
    const kept = ready(9n, { inboxOnly: 'inbox only', maxFee: 445n });
    const { alone, items } = await plan([...others, kept]);
    assert.deepEqual([items?.length, alone], [9, []]);
    const less = ready(9n, { inboxOnly: 'inbox only', maxFee: 435n });
    assert.deepEqual((await plan([...others, less])).alone, [9n]);
  });

  it('has nobody share with a callback that brings the transaction down', async () => {
    for (const callback of ['faults', 'endless', 'slow'] as const) {
      const { items, alone } = await plan(three, { 2: callback });
      assert.deepEqual([items, alone], [null, [1n, 2n, 3n]], callback);
    }
  });

  it('has nobody share above the limits, or where a preflight does not show the fees', async () => {
    const all = [1n, 2n, 3n];
    assert.deepEqual((await plan(three, {}, { maxSystemFee: 600n })).alone, all);
    assert.deepEqual((await plan(three, {}, { maxNetworkFee: 9n })).alone, all);
    const judge = contract(three, {});
    const bare: Judge = (items, terms): Preflight => {
      const ran = judge(items, terms);
      return ran.state === 'HALT' ? { ...ran, contained: false } : ran;
    };
    const { transaction } = await planTogether(three, planning(bare), TERMS);
    assert.equal(transaction, null);
  });

  it('sends only what a preflight covered by half of the least margin, and tries 5 times', async () => {
    const planWith = async (moreGas: bigint) => {
      const judge = contract(three, {});
      let trials = 0;
      const drifting: Judge = (items, terms): Preflight => {
        const ran = judge(items, terms);
        if (ran.state === 'FAULT' || items.length < three.length) return ran;
        trials += 1;
        return { ...ran, gasConsumed: ran.gasConsumed + moreGas * BigInt(trials) };
      };
      const { transaction } = await planTogether(three, planning(drifting), TERMS);
      return [transaction !== null, trials];
    };
    assert.deepEqual(await planWith(2n), [true, 2]);
    assert.deepEqual(await planWith(3n), [false, 5]);
  });

  it('fills a transaction where all are more than it may hold, and leaves the rest', async () => {
    const ten = Array.from({ length: 10 }, (_, at) => ready(BigInt(at + 1)));
    const { items, alone, transaction } = await plan(ten, {}, { maxSystemFee: 1_300n });
    assert.deepEqual(
      items?.map(([id]) => id),
      [1n, 2n, 3n, 4n],
    );
    assert.deepEqual(alone, []);
    assert.equal(transaction?.terms.systemFee, BASE_GAS + 4n * 300n + 4n);
  });

  it('has those share that stand before the one who brings the transaction down', async () => {
    const ten = Array.from({ length: 10 }, (_, at) => ready(BigInt(at + 1)));
    for (const callback of ['faults', 'endless'] as const) {
      const { items, alone } = await plan(ten, { 7: callback }, { maxSystemFee: 9_000n });
      assert.deepEqual(
        items?.map(([id]) => id),
        [1n, 2n, 3n, 4n, 5n],
      );
      assert.deepEqual(alone, []);
    }
    const late = await plan(ten, { 7: 'slow' }, { maxSystemFee: 9_000n });
    assert.equal(late.alone.length, 10);
  });

  it('has one or two left over go alone', async () => {
    assert.deepEqual((await plan([ready(1n)])).alone, [1n]);
    const { items, alone } = await plan([ready(1n), ready(2n)], { 2: 'gone' });
    assert.deepEqual([items, alone], [null, [1n, 2n]]);
  });
});
