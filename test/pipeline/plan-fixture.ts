import { ResponseCode } from '../../src/base/outcome.js';
import type { AnswerItem, ReadyAnswer } from '../../src/pipeline/answer.js';
import type { AnswerEffect } from '../../src/pipeline/answer-fees.js';
import type { Planning } from '../../src/pipeline/planning.js';
import { createFakeChain, type Judge, REQUESTER } from './stage-fixture.js';

export const NETWORK_FEE = 10n;
export const BASE_GAS = 50n;
export const ANSWER_GAS = 100n;
export const CALLBACK_GAS = 200n;
/** To verify a proof. */
export const PROOF_GAS = 1_000n;
/** Of a plain answer: the transaction, its one answer, and the network fee. */
export const PLAIN = BASE_GAS + ANSWER_GAS + NETWORK_FEE;
export const UNTIL = 77;

export type Callback = 'takes' | 'throws' | 'faults' | 'endless' | 'slow' | 'gone';

/** What the contract does, in the terms of its `charging.go`, with gas that is easy to add up. */
export function contract(
  asked: readonly ReadyAnswer[],
  callbacks: Readonly<Record<string, Callback>>,
) {
  const callbackOf = (id: bigint): Callback => callbacks[String(id)] ?? 'takes';
  const draws = (id: bigint): boolean =>
    asked.some(({ requestId, kind }) => requestId === id && kind === 'random');
  const used = ({ requestId, deliver, result }: AnswerItem): bigint => {
    const taken = deliver && callbackOf(requestId) === 'takes';
    const proof = draws(requestId) ? PROOF_GAS : 0n;
    return ANSWER_GAS + proof + (taken ? CALLBACK_GAS : BigInt(result.length));
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
    const refused = items.find(({ requestId, code }) => code !== 0 && draws(requestId));
    if (refused !== undefined) return { state: 'FAULT', exception: 'only Success', limit: null };
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

export const ready = (id: bigint, more: Partial<ReadyAnswer> = {}): ReadyAnswer => ({
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

export function planning(judge: Judge, limits: Partial<Planning['limits']> = {}): Planning {
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
