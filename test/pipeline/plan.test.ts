import assert from 'node:assert/strict';
import { ResponseCode } from '../../src/base/outcome.js';
import type { AnswerItem, ReadyAnswer } from '../../src/pipeline/answer.js';
import type { AnswerEffect } from '../../src/pipeline/answer-fees.js';
import type { Preflight } from '../../src/pipeline/chain-port.js';
import { planAlone } from '../../src/pipeline/plan-alone.js';
import { planTogether } from '../../src/pipeline/plan-together.js';
import { nonceOf, type Planning } from '../../src/pipeline/planning.js';
import { createFakeChain, hashOf, type Judge, REQUESTER } from './stage-fixture.js';

const NETWORK_FEE = 10n;
const BASE_GAS = 50n;
const ANSWER_GAS = 100n;
const CALLBACK_GAS = 200n;
/** Of a plain answer: the transaction, its one answer, and the network fee. */
const PLAIN = BASE_GAS + ANSWER_GAS + NETWORK_FEE;
const UNTIL = 77;

type Callback = 'takes' | 'throws' | 'faults' | 'endless' | 'slow' | 'gone';

/** What the contract does, in the terms of its `charging.go`, with gas that is easy to add up. */
function contract(asked: readonly ReadyAnswer[], callbacks: Readonly<Record<string, Callback>>) {
  const callbackOf = (id: bigint): Callback => callbacks[String(id)] ?? 'takes';
  const used = ({ requestId, deliver, result }: AnswerItem): bigint => {
    const taken = deliver && callbackOf(requestId) === 'takes';
    return ANSWER_GAS + (taken ? CALLBACK_GAS : BigInt(result.length));
  };
  const judge: Judge = (items, { systemFee, networkFee }) => {
    for (const { requestId, deliver } of items) {
      const callback = callbackOf(requestId);
      const limit = ({ endless: 'gas', slow: 'time' } as Partial<Record<Callback, 'gas' | 'time'>>)[
        callback
      ];
      if (!deliver || !(limit || callback === 'faults')) continue;
      return { state: 'FAULT', exception: callback, limit: limit ?? null };
    }
    const gas = items.reduce((sum, item) => sum + used(item), 0n);
    const common = systemFee - gas + networkFee;
    const effects = new Map<bigint, AnswerEffect>();
    items.forEach((item, at) => {
      const { requestId: id, deliver, lostTx } = item;
      if (callbackOf(id) === 'gone') return;
      let left = asked.find(({ requestId }) => requestId === id)?.maxFee ?? 0n;
      const charge = (amount: bigint): bigint => {
        const charged = amount < 0n ? 0n : amount > left ? left : amount;
        left -= charged;
        return charged;
      };
      const fee = charge(used(item) + (common + BigInt(at)) / BigInt(items.length));
      const delivered = deliver && callbackOf(id) === 'takes';
      effects.set(id, { delivered, fee, lost: charge(lostTx === null ? 0n : 90n), premium: 0n });
    });
    const expired: ReadonlySet<bigint> = new Set();
    return { state: 'HALT', gasConsumed: BASE_GAS + gas, effects, expired, contained: true };
  };
  return judge;
}

const ready = (id: bigint, more: Partial<ReadyAnswer> = {}): ReadyAnswer => ({
  requestId: id,
  kind: 'http',
  requester: REQUESTER,
  inboxOnly: null,
  code: ResponseCode.Success,
  result: Buffer.from('12345'),
  maxFee: 10_000n,
  faults: 0,
  lostTx: null,
  ...more,
});

function planning(judge: Judge, limits: Partial<Planning['limits']> = {}): Planning {
  const fake = createFakeChain();
  fake.judge = judge;
  fake.networkFee = NETWORK_FEE;
  const margin = { bps: 0n, minimum: 4n };
  return {
    chain: fake.port,
    limits: { margin, maxSystemFee: 3_000n, maxNetworkFee: 100n, allowLoss: new Set(), ...limits },
    plain: { last: null },
    bare: { seen: false },
    slow: new Set(),
  };
}

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
    for (const callback of ['throws', 'faults', 'endless'] as const) {
      const { item, why } = await sent(ready(1n), callback);
      assert.deepEqual([item?.code, item?.deliver], [0, false], callback);
      assert.match(why, /kept at the gateway; .*(callback|with delivery)/);
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
    const bearingLess: Judge = (items, terms): Preflight => {
      const ran = judge(items, terms);
      if (ran.state === 'FAULT') return ran;
      const less = [...ran.effects].map(([id, effect]) => {
        return [id, { ...effect, fee: effect.fee - 3n }] as const;
      });
      return { ...ran, effects: new Map(less) };
    };
    const planWith = (...kinds: ('http' | 'oracle')[]) => {
      const allowLoss: Planning['limits']['allowLoss'] = new Set(kinds);
      return planTogether(three, planning(bearingLess, { allowLoss }), TERMS);
    };
    assert.equal((await planWith('oracle')).transaction, null);
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
