import assert from 'node:assert/strict';
import { ResponseCode } from '../../src/base/outcome.js';
import type { ReadyAnswer } from '../../src/pipeline/answer.js';
import type { Preflight } from '../../src/pipeline/chain-port.js';
import { planAlone } from '../../src/pipeline/plan-alone.js';
import { nonceOf, type Planning } from '../../src/pipeline/planning.js';
import {
  ANSWER_GAS,
  BASE_GAS,
  CALLBACK_GAS,
  type Callback,
  contract,
  NETWORK_FEE,
  PLAIN,
  planning,
  ready,
  UNTIL,
} from './plan-fixture.js';
import { hashOf, type Judge } from './stage-fixture.js';

describe('planning an answer alone', () => {
  const plan = async (
    one: ReadyAnswer,
    callback: Callback = 'takes',
    limits: Partial<Planning['limits']> = {},
  ) => {
    const given = planning(contract([one], { [String(one.requestId)]: callback }), limits);
    return planAlone(one, given, UNTIL);
  };
  const sent = async (...given: Parameters<typeof plan>) => {
    const planned = await plan(...given);
    if (planned.kind !== 'send') assert.fail(`${planned.kind}: ${planned.reason}`);
    const [item] = planned.items;
    return { item, terms: planned.terms, why: [...planned.why.values()].join() };
  };

  it('pays the gas it used and the margin, under a nonce by which a FAULT can be claimed', async () => {
    const { item, terms } = await sent(ready((7n << 32n) + 5n));
    assert.equal(item?.deliver, true);
    assert.deepEqual(terms, {
      systemFee: BASE_GAS + ANSWER_GAS + CALLBACK_GAS + 4n,
      networkFee: NETWORK_FEE,
      nonce: 5,
      validUntilBlock: UNTIL,
    });
    assert.equal(nonceOf((7n << 32n) + 5n), 5);
  });

  it('delivers only if a plain answer could still be paid when the delivery FAULTs', async () => {
    const needed = BASE_GAS + ANSWER_GAS + CALLBACK_GAS + 4n + NETWORK_FEE + PLAIN + 4n;
    assert.equal((await sent(ready(1n, { maxFee: needed }))).item?.deliver, true);
    const short = await sent(ready(1n, { maxFee: needed - 1n }));
    assert.equal(short.item?.deliver, false);
    assert.match(short.why, /and 0\.00000164 for a plain answer after it, maxFee is/);
  });

  describe('with what a plain answer cost the last time', () => {
    const NEEDED = BASE_GAS + ANSWER_GAS + CALLBACK_GAS + 4n + NETWORK_FEE;
    const LAST = PLAIN + 4n;
    const looks = async (maxFee: bigint, measuredAt: number) => {
      const one = ready(1n, { maxFee });
      const judge = contract([one], {});
      const seen: boolean[] = [];
      const given = planning((items, terms) => {
        seen.push(items[0]?.deliver === true);
        return judge(items, terms);
      });
      given.plain.last = { charge: LAST, validUntilBlock: measuredAt };
      const planned = await planAlone(one, given, UNTIL);
      if (planned.kind !== 'send') assert.fail(planned.reason);
      return { seen, delivers: planned.items[0]?.deliver, last: given.plain.last };
    };

    it('looks once where maxFee leaves twice as much', async () => {
      const { seen, delivers } = await looks(NEEDED + 2n * LAST, UNTIL - 100);
      assert.deepEqual([seen, delivers], [[true], true]);
    });

    it('measures where maxFee leaves less, or the last time is long ago', async () => {
      const tight = await looks(NEEDED + LAST, UNTIL);
      assert.deepEqual([tight.seen, tight.delivers], [[true, false], true]);
      const old = await looks(NEEDED + 2n * LAST, UNTIL - 101);
      assert.equal(old.seen.length, 2);
      assert.deepEqual(old.last, { charge: LAST, validUntilBlock: UNTIL });
      const short = await looks(NEEDED + LAST - 1n, UNTIL);
      assert.deepEqual([short.seen, short.delivers], [[true, false, false], false]);
    });
  });

  it('keeps what a callback throws at, FAULTs on, or burns all gas for', async () => {
    const told = {
      throws: /kept at the gateway; .*(callback|with delivery)/,
      faults: /kept at the gateway; the callback fails \(preflight FAULTed: faults\)/,
      endless: /kept at the gateway; .* with delivery needs more GAS than there is/,
    };
    for (const [callback, pattern] of Object.entries(told)) {
      const { item, why } = await sent(ready(1n), callback as keyof typeof told);
      assert.deepEqual([item?.code, item?.deliver], [0, false], callback);
      assert.match(why, pattern);
    }
  });

  it('holds a slow callback once, and keeps its answer the next time', async () => {
    const one = ready(1n);
    const given = planning(contract([one], { 1: 'slow' }));
    assert.equal((await planAlone(one, given, UNTIL)).kind, 'hold');
    const again = await planAlone(one, given, UNTIL);
    assert.equal(again.kind === 'send' && again.items[0]?.deliver, false);
  });

  it('gives less where maxFee pays for no more, and gives up where it pays for nothing', async () => {
    const large = { result: Buffer.alloc(500, 'x') };
    const code = ResponseCode.InsufficientFunds;
    const some = await sent(ready(1n, { ...large, maxFee: 600n }), 'throws');
    assert.deepEqual([some.item?.code, some.item?.result.length], [code, 0]);
    const nothing = await plan(ready(1n, { ...large, maxFee: PLAIN + 3n }));
    assert.match(nothing.kind === 'giveUp' ? nothing.reason : '', /maxFee pays for no answer: /);
    assert.equal((await plan(ready(1n, { maxFee: PLAIN + 4n }))).kind, 'send');
  });

  it('gives at a loss, where that is allowed, the cheapest answer and no better one', async () => {
    const poor = ready(1n, { result: Buffer.alloc(500, 'x'), maxFee: PLAIN + 3n });
    const allowLoss: Planning['limits']['allowLoss'] = new Set(['http' as const]);
    const { item, why } = await sent(poor, 'takes', { allowLoss });
    assert.deepEqual([item?.code, item?.deliver], [ResponseCode.InsufficientFunds, false]);
    assert.match(why, /0\.00000001 of its 0\.00000164 GAS are charged to nobody/);
    const others = await plan(poor, 'takes', { allowLoss: new Set(['oracle' as const]) });
    assert.equal(others.kind, 'giveUp');
  });

  it('counts the premium as earned where the fee does not cover what it costs', async () => {
    const one = ready(1n);
    const bearing = (premium: bigint): Judge => {
      const judge = contract([one], {});
      return (items, terms): Preflight => {
        const ran = judge(items, terms);
        if (ran.state === 'FAULT') return ran;
        const effects = [...ran.effects].map(([id, effect]) => {
          return [id, { ...effect, fee: effect.fee - 3n, premium }] as const;
        });
        return { ...ran, effects: new Map(effects) };
      };
    };
    assert.equal((await planAlone(one, planning(bearing(3n)), UNTIL)).kind, 'send');
    const short = await planAlone(one, planning(bearing(2n)), UNTIL);
    assert.ok(short.kind === 'hold' && short.cause === 'loss');
  });

  it('answers ResponseTooLarge where one transaction may not cost so much', async () => {
    const large = ready(1n, { result: Buffer.alloc(5_000, 'x') });
    const { item } = await sent(large, 'throws');
    assert.deepEqual([item?.code, item?.deliver], [ResponseCode.ResponseTooLarge, false]);
  });

  it('claims what was lost, and never calls the callback again', async () => {
    const lostTx = hashOf(9);
    const { item } = await sent(ready(1n, { lostTx, faults: 1 }));
    assert.deepEqual([item?.deliver, item?.lostTx], [false, lostTx]);
  });

  it('answers for less than it lost rather than not at all', async () => {
    const lostTx = hashOf(9);
    const { item } = await sent(ready(1n, { lostTx, faults: 1, maxFee: PLAIN + 20n }));
    assert.equal(item?.code, ResponseCode.InsufficientFunds);
    assert.equal(item?.lostTx, lostTx);
  });

  it('holds what is not its fault: a request that is gone, a network fee above the limit', async () => {
    const gone = await plan(ready(1n), 'gone');
    assert.match(gone.kind === 'hold' ? gone.reason : '', /pending no longer/);
    const dear = await plan(ready(1n), 'takes', { maxNetworkFee: 9n });
    assert.match(dear.kind === 'hold' ? dear.reason : '', /pipeline\.maxNetworkFee is/);
    const refused = planning(() => ({ state: 'FAULT', exception: 'no witness', limit: null }));
    const held = await planAlone(ready(1n), refused, UNTIL);
    assert.match(held.kind === 'hold' ? held.reason : '', /the gateway refuses .*no witness/);
  });
});
