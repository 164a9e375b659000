import assert from 'node:assert/strict';
import type { ReadyAnswer } from '../../src/pipeline/answer.js';
import { planAlone } from '../../src/pipeline/plan-alone.js';
import { planTogether } from '../../src/pipeline/plan-together.js';
import type { Planning } from '../../src/pipeline/planning.js';
import {
  ANSWER_GAS,
  BASE_GAS,
  CALLBACK_GAS,
  type Callback,
  contract,
  NETWORK_FEE,
  PROOF_GAS,
  planning,
  ready,
  UNTIL,
} from './plan-fixture.js';

const PROOF = Buffer.alloc(48, 'p');
const MARGIN = 4n;
/** Of a proof that is kept, alone in its transaction. */
const KEPT = BASE_GAS + ANSWER_GAS + PROOF_GAS + 48n + MARGIN + NETWORK_FEE;
const DELIVERED = BASE_GAS + ANSWER_GAS + PROOF_GAS + CALLBACK_GAS + MARGIN + NETWORK_FEE;

const draw = (id: bigint, more: Partial<ReadyAnswer> = {}): ReadyAnswer =>
  ready(id, { kind: 'random', result: PROOF, ...more });

describe('planning the answer to a random request', () => {
  const plan = async (one: ReadyAnswer, callback: Callback = 'takes', given?: Planning) =>
    planAlone(one, given ?? planning(contract([one], { 1: callback })), UNTIL);
  const wayOf = async (...asked: Parameters<typeof plan>) => {
    const planned = await plan(...asked);
    if (planned.kind !== 'send') return planned.kind;
    const [item] = planned.items;
    assert.deepEqual([item?.code, item?.result], [0, PROOF]);
    return item?.deliver === true ? 'delivered' : 'kept';
  };

  it('leaves enough for the proof to be kept when the delivery FAULTs, and no less', async () => {
    assert.equal(await wayOf(draw(1n, { maxFee: DELIVERED + KEPT })), 'delivered');
    assert.equal(await wayOf(draw(1n, { maxFee: DELIVERED + KEPT - 1n })), 'kept');
  });

  it('falls to the kept proof, and below that to nothing: no code may answer', async () => {
    for (const callback of ['throws', 'faults', 'endless'] as const) {
      assert.equal(await wayOf(draw(1n), callback), 'kept', callback);
    }
    assert.equal(await wayOf(draw(1n, { maxFee: KEPT }), 'throws'), 'kept');
    const short = await plan(draw(1n, { maxFee: KEPT - 1n }));
    assert.equal(short.kind, 'giveUp');
    assert.match(short.kind === 'giveUp' ? short.reason : '', /maxFee pays for no answer: /);
    const claims = { faults: 1, lostTx: `0x${'ab'.repeat(32)}` } as const;
    assert.equal(await wayOf(draw(1n, claims)), 'kept');
  });

  it('is given at a loss where that is allowed', async () => {
    const one = draw(1n, { maxFee: KEPT - 1n });
    const given = planning(contract([one], {}), { allowLoss: new Set(['random'] as const) });
    assert.equal(await wayOf(one, 'takes', given), 'kept');
  });

  it('says so where one transaction may not cost what the proof does', async () => {
    const one = draw(1n);
    const given = planning(contract([one], {}), { maxSystemFee: PROOF_GAS });
    const planned = await plan(one, 'takes', given);
    const told = planned.kind === 'giveUp' ? planned.reason : planned.kind;
    assert.match(told, /the limit of one transaction is 0\.00001000/);
  });

  it('measures its plainest answer apart from that of others, which costs a part of it', async () => {
    const both = [draw(1n), ready(2n)];
    const given = planning(contract(both, {}));
    for (const one of both) await planAlone(one, given, UNTIL);
    assert.equal(given.plain.lastDraw?.charge, KEPT);
    assert.equal(given.plain.last?.charge, BASE_GAS + ANSWER_GAS + MARGIN + NETWORK_FEE);
  });

  it('is looked at once where maxFee leaves a tenth more than the last one cost', async () => {
    const one = draw(1n, { maxFee: DELIVERED + KEPT + KEPT / 10n });
    let looks = 0;
    const judge = contract([one], {});
    const given = planning((...asked) => {
      looks += 1;
      return judge(...asked);
    });
    given.plain.lastDraw = { charge: KEPT, validUntilBlock: UNTIL };
    assert.equal(await wayOf(one, 'takes', given), 'delivered');
    assert.equal(looks, 1);
  });
});

describe('planning random requests together', () => {
  const together = async (asked: readonly ReadyAnswer[], limits: Partial<Planning['limits']>) => {
    let looks = 0;
    const judge = contract(asked, {});
    const given = planning((...each) => {
      looks += 1;
      return judge(...each);
    }, limits);
    const terms = { nonce: 3, validUntilBlock: UNTIL };
    const { transaction, alone } = await planTogether(asked, given, terms);
    return {
      items: transaction?.items.map(({ requestId }) => requestId) ?? [],
      transaction,
      alone: alone.map(({ requestId }) => requestId),
      looks: () => looks,
    };
  };

  it('has as many share as one transaction may cost, and leaves the rest for the next', async () => {
    const many = Array.from({ length: 30 }, (_, at) => draw(BigInt(at + 1)));
    const { items, alone, looks } = await together(many, { maxSystemFee: 4_000n });
    assert.deepEqual([items, alone], [[1n, 2n, 3n], []]);
    assert.ok(looks() <= 4, `${looks()} looks`);
  });

  it('has them share with others, each at what it costs itself', async () => {
    const { items, transaction } = await together([draw(1n), ready(2n)], {});
    assert.deepEqual(items, [1n, 2n]);
    const [first, second] = transaction?.predictions ?? [];
    assert.equal((first?.fee ?? 0n) - (second?.fee ?? 0n), PROOF_GAS);
  });

  it('leaves one out that could not be kept after a FAULT for what it leaves', async () => {
    const tight = draw(1n, { maxFee: DELIVERED + KEPT - 200n });
    const { items, alone } = await together([tight, draw(2n), draw(3n)], { maxSystemFee: 9_000n });
    assert.deepEqual([items, alone], [[2n, 3n], [1n]]);
  });
});
