import assert from 'node:assert/strict';
import type { Clock } from '../../src/base/clock.js';
import { hash160 } from '../../src/base/hash.js';
import { NodeError } from '../../src/base/node-error.js';
import { ResponseCode } from '../../src/base/outcome.js';
import { type CanaryEnding, createCanary } from '../../src/pipeline/canary.js';
import type { ChainPort, Preflight } from '../../src/pipeline/chain-port.js';
import type { Submission } from '../../src/pipeline/submit.js';
import type { SentTransaction } from '../../src/pipeline/transaction-store.js';
import type { MadeRequest } from '../../src/requests/latest-requests-store.js';
import { silentLog } from '../../src/telemetry/log.js';
import { ACCOUNT, hashOf } from './stage-fixture.js';

const GATEWAY = hash160(`0x${'9a'.repeat(20)}`);
const RULE = {
  ...{ url: 'https://a.example/', filter: '$.ok', maxFee: 500n },
  ...{ everyMs: 60_000, timeoutMs: 9_000 },
};
const TX = hashOf(1);

describe('requests that the node makes to itself', () => {
  let nowMs: number;
  let available: bigint;
  let gas: bigint;
  let refuses: (script: Buffer) => boolean;
  let fails: Error | null;
  let state: SentTransaction['state'] | null;
  let made: Partial<MadeRequest>[];
  let submitted: Submission[];
  let endings: string[];
  beforeEach(() => {
    [nowMs, available, gas, refuses, fails] = [0, 500n, 100n, () => false, null];
    [state, made, submitted, endings] = ['signed', [], [], []];
  });

  const clock: Clock = { nowMs: () => nowMs, monotonicMs: () => nowMs, sleep: async () => {} };
  const told = ({ outcome, durationMs, ...more }: CanaryEnding): string =>
    outcome === 'success'
      ? `after ${durationMs} ms`
      : `${outcome}: ${(more as { why: string }).why}`;
  function canary(limits = { maxSystemFee: 1_000n, maxNetworkFee: 1_000n }) {
    const preflight = async (script: Buffer): Promise<Preflight> => {
      if (fails !== null) throw fails;
      if (refuses(script)) return { state: 'FAULT', exception: 'paused', limit: null };
      const none = { effects: new Map(), expired: new Set<bigint>(), contained: true };
      return { state: 'HALT', gasConsumed: gas, ...none };
    };
    return createCanary({
      ...{ rule: RULE, gateway: GATEWAY, clock, log: silentLog, validBlocks: 9 },
      chain: { account: ACCOUNT, networkFee: () => 10n, preflight } as unknown as ChainPort,
      ledger: { balance: () => ({ posted: available, drawn: 0n, available }) } as never,
      transactions: { get: () => (state === null ? null : ({ state } as SentTransaction)) },
      latestRequests: () => made as MadeRequest[],
      planLimits: { margin: { bps: 0n, minimum: 2n }, ...limits, allowLoss: new Set() },
      submit: async (submission) => {
        submitted.push(submission);
        return { hash: TX, raw: Buffer.alloc(0) };
      },
      randomNonce: () => 5,
      onEnd: (ending) => void endings.push(told(ending)),
    });
  }
  const mine = (more: Partial<MadeRequest>): Partial<MadeRequest>[] => [
    { id: 7n, createdTx: TX, delivered: false, code: null, ...more },
  ];

  it('are made at intervals, one at a time, and paid as an order is', async () => {
    const run = canary();
    await run(20);
    const [{ terms, shares, purpose } = assert.fail()] = submitted;
    assert.deepEqual([purpose, terms.systemFee, terms.networkFee], ['order', 102n, 10n]);
    assert.deepEqual([terms.validUntilBlock, terms.nonce], [29, 5]);
    assert.deepEqual(shares, [{ requestId: null, kind: 'order', requester: null, amount: 112n }]);
    nowMs = 3_000;
    made = mine({ state: 'answered', code: ResponseCode.Success });
    await run(21);
    assert.deepEqual(endings, ['after 3000 ms']);
    nowMs = RULE.everyMs - 1;
    await run(22);
    assert.equal(submitted.length, 1);
    nowMs = RULE.everyMs;
    await run(23);
    assert.equal(submitted.length, 2);
    await run(24);
    assert.equal(submitted.length, 2);
  });

  it('are answered in time up to the last millisecond of canary.timeout, and late after it', async () => {
    const answered = mine({ state: 'answered', code: ResponseCode.Success });
    const endAfter = async (afterMs: number, then: Partial<MadeRequest>[]) => {
      const run = canary();
      [nowMs, made, endings] = [0, [], []];
      await run(20);
      nowMs = afterMs;
      made = then;
      await run(21);
      return endings;
    };
    const { timeoutMs } = RULE;
    assert.deepEqual(await endAfter(timeoutMs, answered), ['after 9000 ms']);
    assert.match(String(await endAfter(timeoutMs + 1, answered)), /^late: request 7 was not ans/);
    assert.deepEqual(await endAfter(timeoutMs, []), []);
    assert.match(
      String(await endAfter(timeoutMs + 1, [])),
      /^late: transaction 0x0.* was not answered within 9000 ms \(canary\.timeout\)/,
    );
  });

  it('fail by a wrong answer, a deadline that passed, or a transaction that did nothing', async () => {
    const endWith = async (then: Partial<MadeRequest>[], end: SentTransaction['state']) => {
      const run = canary();
      [nowMs, made, endings, state] = [0, [], [], 'signed'];
      await run(20);
      [made, state] = [then, end];
      await run(21);
      return String(endings);
    };
    const wrong = mine({ state: 'answered', code: ResponseCode.NotFound });
    assert.match(await endWith(wrong, 'halted'), /^wrong: request 7 was answered with NotFound/);
    for (const over of ['expired', 'overdue', 'expiring'] as const) {
      assert.match(await endWith(mine({ state: over }), 'halted'), /^expired: request 7/);
    }
    assert.match(await endWith([], 'faulted'), /^unsent: transaction 0x0.* is faulted/);
    assert.match(await endWith([], 'dead'), /is dead/);
    assert.equal(await endWith([], 'halted'), '');
    assert.equal(await endWith(mine({ state: 'received' }), 'halted'), '');
  });

  it('are not made without credit, or at more than the limits of fees', async () => {
    available = 499n;
    await canary()(20);
    assert.match(endings[0] ?? '', /^unsent: .* has 0\.00000499 GAS of credit/);
    available = 500n;
    await canary({ maxSystemFee: 101n, maxNetworkFee: 10n })(20);
    await canary({ maxSystemFee: 102n, maxNetworkFee: 9n })(20);
    assert.match(endings[1] ?? '', /^unsent: it would cost 0\.00000112 GAS, more than/);
    assert.equal(endings.length, 3);
    assert.equal(submitted.length, 0);
    await canary({ maxSystemFee: 102n, maxNetworkFee: 10n })(20);
    assert.equal(submitted.length, 1);
  });

  it('take the last result with them, and go without where it is gone', async () => {
    const kept = mine({ state: 'answered', code: ResponseCode.Success });
    await canary()(20);
    made = kept;
    await canary()(20);
    const [alone, taking] = submitted.map(({ script }) => script.length);
    assert.ok((taking ?? 0) > (alone ?? 0));
    refuses = (script) => script.length === taking;
    await canary()(20);
    assert.equal(submitted[2]?.script.length, alone);
    refuses = () => true;
    await canary()(20);
    assert.deepEqual(endings, ['unsent: the gateway refuses it: paused']);
  });

  it('wait for the next turn after trouble that may pass, and end the node by a bug', async () => {
    const run = canary();
    fails = new NodeError('RPC_TIMEOUT', 'no answer in 5 s', { retryable: true });
    await run(20);
    await run(21);
    assert.deepEqual(endings, ['unsent: no answer in 5 s']);
    fails = new Error('bug: made by the test');
    await assert.rejects(canary()(20), fails);
  });
});
