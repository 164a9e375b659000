import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Datoshi } from '../../src/base/datoshi.js';
import { ResponseCode } from '../../src/base/outcome.js';
import type { AnswerItem, ReadyAnswer } from '../../src/pipeline/answer.js';
import type { AnswerEffect, PredictedCharge } from '../../src/pipeline/answer-fees.js';
import type { TransactionTerms } from '../../src/pipeline/chain-port.js';
import { planAlone } from '../../src/pipeline/plan-alone.js';
import { planTogether } from '../../src/pipeline/plan-together.js';
import type { Planning } from '../../src/pipeline/planning.js';
import { createFakeChain, hashOf, REQUESTER } from './stage-fixture.js';

/** A request as the gateway holds it, and what its answer uses of gas. */
interface Held {
  readonly maxFee: Datoshi;
  readonly premium: Datoshi;
  readonly networkFeeCeiling: Datoshi;
  readonly lost: Datoshi;
  readonly callback: 'takes' | 'throws' | 'none';
  readonly gasOfCallback: Datoshi;
  readonly gasOfResult: Datoshi;
}

const BASE_GAS = 5_000n;
const ANSWER_GAS = 3_000n;
const UNTIL = 50;

const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);
const floorDivide = (a: bigint, b: bigint): bigint => a / b - (a % b < 0n ? 1n : 0n);

/** What contracts/gateway/charging.go does, in gas that is easy to add up. */
function respond(
  held: readonly Held[],
  items: readonly AnswerItem[],
  { systemFee, networkFee }: Pick<TransactionTerms, 'systemFee' | 'networkFee'>,
) {
  const heldOf = ({ requestId }: AnswerItem) => held[Number(requestId) - 1] as Held;
  const isTaken = (item: AnswerItem) => item.deliver && heldOf(item).callback === 'takes';
  const usedBy = (item: AnswerItem): bigint => {
    const { callback, gasOfCallback, gasOfResult } = heldOf(item);
    const called = item.deliver && callback !== 'none' ? gasOfCallback : 0n;
    return ANSWER_GAS + called + (isTaken(item) || item.result.length === 0 ? 0n : gasOfResult);
  };
  const used = items.reduce((sum, item) => sum + usedBy(item), 0n);
  const effects = new Map<bigint, AnswerEffect>();
  items.forEach((item, place) => {
    const { maxFee, premium, networkFeeCeiling, lost } = heldOf(item);
    const common = systemFee - used + least(networkFee, networkFeeCeiling);
    const due = usedBy(item) + floorDivide(common + BigInt(place), BigInt(items.length));
    const fee = least(due < 0n ? 0n : due, maxFee);
    const claimed = least(item.lostTx === null ? 0n : lost, maxFee - fee);
    const delivered = isTaken(item);
    const rest = least(premium, maxFee - fee - claimed);
    effects.set(item.requestId, { delivered, fee, lost: claimed, premium: rest });
  });
  return { gasConsumed: BASE_GAS + used, effects };
}

function planningFor(held: readonly Held[], networkFee: Datoshi, contained: boolean): Planning {
  const fake = createFakeChain();
  fake.networkFee = networkFee;
  fake.judge = (items, terms) => {
    // Under invokescript the fees are 0.
    const seen = contained ? terms : { systemFee: 0n, networkFee: 0n };
    return { state: 'HALT', expired: new Set(), contained, ...respond(held, items, seen) };
  };
  fake.pending = (id) => {
    const { premium, networkFeeCeiling, callback } = held[Number(id) - 1] as Held;
    const name = callback === 'none' ? '' : 'onAnswer';
    return { requester: REQUESTER, callback: name, premium, networkFeeCeiling };
  };
  const margin = { bps: 100n, minimum: 50n };
  const allowLoss: Planning['limits']['allowLoss'] = new Set(['http' as const]);
  const limits = { margin, maxSystemFee: 10_000_000n, maxNetworkFee: 1_000_000n, allowLoss };
  return {
    chain: fake.port,
    limits,
    plain: { last: null },
    bare: { seen: false },
    slow: new Set(),
  };
}

const readyOf = ({ maxFee, lost }: Held, at: number): ReadyAnswer => ({
  requestId: BigInt(at + 1),
  kind: 'http',
  requester: REQUESTER,
  code: ResponseCode.Success,
  result: Buffer.from('12345'),
  maxFee,
  faults: lost > 0n ? 1 : 0,
  lostTx: lost > 0n ? hashOf(9) : null,
  inboxOnly: null,
});

const requests = (least: bigint, lost: fc.Arbitrary<bigint>): fc.Arbitrary<Held> =>
  fc.record({
    maxFee: fc.bigInt(least, 200_000n),
    premium: fc.oneof(fc.constant(0n), fc.bigInt(0n, 20_000n), fc.bigInt(0n, 150_000n)),
    networkFeeCeiling: fc.bigInt(0n, 4_000n),
    lost,
    callback: fc.constantFrom('takes', 'throws', 'none'),
    gasOfCallback: fc.bigInt(0n, 20_000n),
    gasOfResult: fc.bigInt(0n, 30_000n),
  });
const networkFees = fc.bigInt(100n, 3_000n);

/** The contract's own words on a planned transaction, against what was predicted of it. */
function assertAsPredicted(
  held: readonly Held[],
  items: readonly AnswerItem[],
  terms: TransactionTerms,
  predictions: readonly PredictedCharge[],
): void {
  const { effects } = respond(held, items, terms);
  for (const { requestId, uncutFee, ...predicted } of predictions) {
    assert.deepEqual(predicted, effects.get(requestId));
    assert.ok(uncutFee >= predicted.fee);
  }
  const uncut = predictions.reduce((sum, { uncutFee }) => sum + uncutFee, 0n);
  assert.ok(uncut <= terms.systemFee + terms.networkFee, 'nobody is charged more than was spent');
  assert.equal(predictions.length, items.length);
}

describe('predicted charges', () => {
  it('are the contract’s of an answer alone, whatever maxFee cuts', async () => {
    const lost = fc.oneof(fc.constant(0n), fc.bigInt(1n, 250_000n));
    let sent = 0;
    await fc.assert(
      fc.asyncProperty(
        requests(1n, lost),
        networkFees,
        fc.boolean(),
        async (one, fee, contained) => {
          const plan = await planAlone(readyOf(one, 0), planningFor([one], fee, contained), UNTIL);
          if (plan.kind !== 'send') return;
          sent += 1;
          assertAsPredicted([one], plan.items, plan.terms, plan.predictions);
        },
      ),
      { numRuns: 1_000 },
    );
    assert.ok(sent > 900, `${sent} were sent: where losses are allowed all are`);
  });

  it('are the contract’s of answers that share a transaction', async () => {
    let together = 0;
    const many = fc.array(requests(30_000n, fc.constant(0n)), { minLength: 2, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(many, networkFees, async (held, fee) => {
        const planning = planningFor(held, fee, true);
        const terms = { nonce: 1, validUntilBlock: UNTIL };
        const { transaction } = await planTogether(held.map(readyOf), planning, terms);
        if (transaction === null) return;
        together += 1;
        const { items, terms: paid, predictions } = transaction;
        assertAsPredicted(held, items, paid, predictions);
        const cut = predictions.filter(({ uncutFee, fee: charged }) => uncutFee !== charged);
        assert.deepEqual(cut, [], 'who shares is not cut');
      }),
      { numRuns: 500 },
    );
    assert.ok(together > 300, `only ${together} shared`);
  });

  it('never let an answer lose money where that is not allowed', async () => {
    await fc.assert(
      fc.asyncProperty(requests(1n, fc.constant(0n)), networkFees, async (one, fee) => {
        const planning = planningFor([one], fee, true);
        const limits = { ...planning.limits, allowLoss: new Set<never>() };
        const plan = await planAlone(readyOf(one, 0), { ...planning, limits }, UNTIL);
        if (plan.kind !== 'send') return;
        const [predicted] = plan.predictions;
        const brought = (predicted?.fee ?? 0n) + (predicted?.premium ?? 0n);
        assert.ok(brought >= plan.terms.systemFee + plan.terms.networkFee);
      }),
      { numRuns: 500 },
    );
  });
});
