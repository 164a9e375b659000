import assert from 'node:assert/strict';
import { hash160 } from '../../src/base/hash.js';
import { ResponseCode } from '../../src/base/outcome.js';
import type { SpendKind } from '../../src/base/spend-kind.js';
import type { AnswerItem, ReadyAnswer } from '../../src/pipeline/answer.js';
import type { ChainPort, Preflight, TransactionTerms } from '../../src/pipeline/chain-port.js';
import { planAlone } from '../../src/pipeline/plan-alone.js';
import type { Planning } from '../../src/pipeline/planning.js';

const READY: ReadyAnswer = {
  requestId: 5n,
  code: ResponseCode.Success,
  result: Buffer.from('[1]'),
  maxFee: 1_000n,
  kind: 'http',
  requester: hash160(`0x${'c3'.repeat(20)}`),
  inboxOnly: null,
  faults: 1,
  lostTx: `0x${'ab'.repeat(32)}`,
};

/** A chain on which the preflight of an answer ends as the function says. */
function planningWith(
  preflightOf: (item: AnswerItem, terms: TransactionTerms) => Preflight,
): Planning {
  const scripts = new Map<Buffer, AnswerItem>();
  const chain = {
    account: hash160(`0x${'a1'.repeat(20)}`),
    respondScript([item]: readonly AnswerItem[]) {
      const script = Buffer.alloc(1);
      scripts.set(script, item as AnswerItem);
      return script;
    },
    networkFee: () => 10n,
    preflight: async (script: Buffer, terms: TransactionTerms) =>
      preflightOf(scripts.get(script) as AnswerItem, terms),
  } as Partial<ChainPort> as ChainPort;
  const margin = { bps: 100n, minimum: 5n };
  const allowLoss: ReadonlySet<SpendKind> = new Set();
  const limits = { margin, maxSystemFee: 10_000n, maxNetworkFee: 100n, allowLoss };
  return { chain, limits, plain: { last: null }, bare: { seen: false }, slow: new Set() };
}

describe('the plan of an answer alone', () => {
  describe('that its callback did not take on trial', () => {
    const plan = async (callback: string, hasMethod = true) => {
      const looks: boolean[] = [];
      const effect = { delivered: false, lost: 0n, premium: 0n };
      const planning = planningWith(({ deliver }, { systemFee }) => {
        looks.push(deliver);
        const effects = new Map([[5n, { ...effect, fee: systemFee + 10n }]]);
        const told = { effects, expired: new Set<bigint>(), contained: true };
        return { state: 'HALT', gasConsumed: 90n, ...told };
      });
      const pending = { requester: READY.requester, callback, premium: 0n };
      Object.assign(planning.chain, {
        pendingTerms: async () => ({ ...pending, networkFeeCeiling: 100n }),
        hasMethod: async () => hasMethod,
      });
      planning.plain.last = { charge: 100n, validUntilBlock: 20 };
      const planned = await planAlone({ ...READY, faults: 0, lostTx: null }, planning, 20);
      if (planned.kind !== 'send') assert.fail(planned.reason);
      return { looks, item: planned.items[0], why: planned.why.get(5n) ?? '' };
    };

    it('takes one look where no callback is named, and is kept', async () => {
      const { looks, item, why } = await plan('');
      assert.deepEqual([looks, item?.deliver], [[true], false]);
      assert.equal(why, 'Success, 3 bytes, kept at the gateway; the request names no callback');
    });

    it('tells whether the callback is missing or throws', async () => {
      const missing = await plan('onAnswer', false);
      assert.match(missing.why, /the contract has no method "onAnswer" with 4 parameters/);
      const throwing = await plan('onAnswer');
      assert.match(throwing.why, /the callback "onAnswer" throws/);
      assert.deepEqual([throwing.looks, throwing.item?.deliver], [[true, false], false]);
    });
  });

  it('asks at once for what a preflight without fees does not show, from the second time on', async () => {
    const seen: string[] = [];
    const planning = planningWith(() => {
      seen.push('preflight');
      const effects = new Map([[5n, { delivered: true, fee: 0n, lost: 0n, premium: 7n }]]);
      const told = { effects, expired: new Set<bigint>(), contained: false };
      return { state: 'HALT', gasConsumed: 90n, ...told };
    });
    planning.plain.last = { charge: 100n, validUntilBlock: 20 };
    const pending = { requester: READY.requester, callback: 'onAnswer', premium: 7n };
    Object.assign(planning.chain, {
      async pendingTerms() {
        seen.push('terms');
        return { ...pending, networkFeeCeiling: 4n };
      },
    });
    for (const order of [
      ['preflight', 'terms'],
      ['terms', 'preflight'],
    ]) {
      const limits = { ...planning.limits, allowLoss: new Set(['http' as const]) };
      const given = { ...planning, limits };
      const plan = await planAlone({ ...READY, faults: 0, lostTx: null }, given, 20);
      assert.deepEqual(seen.splice(0), order);
      if (plan.kind !== 'send') assert.fail(plan.reason);
      const [predicted] = plan.predictions;
      assert.deepEqual([predicted?.fee, predicted?.premium], [plan.terms.systemFee + 4n, 7n]);
    }
  });

  it('gives up a claim that the gateway refuses rather than the answer', async () => {
    // The node's key was changed since: only its old account may claim.
    const effect = { delivered: false, fee: 100n, lost: 0n, premium: 0n };
    const told = { effects: new Map([[5n, effect]]), expired: new Set<bigint>() };
    const planning = planningWith(({ lostTx }) =>
      lostTx === null
        ? { state: 'HALT', gasConsumed: 90n, contained: true, ...told }
        : { state: 'FAULT', exception: 'lostTx was sent by another account', limit: null },
    );
    const plan = await planAlone(READY, planning, 20);
    assert.equal(plan.kind, 'send');
    const [item] = plan.kind === 'send' ? plan.items : [];
    assert.deepEqual([item?.code, item?.deliver, item?.lostTx], [0, false, null]);
  });
});
