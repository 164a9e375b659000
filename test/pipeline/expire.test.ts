import assert from 'node:assert/strict';
import { NodeError } from '../../src/base/node-error.js';
import type { SpendKind } from '../../src/base/spend-kind.js';
import { BURNT } from '../../src/gasbank/accounts.js';
import { createSpending, NO_BUDGETS, type Spending } from '../../src/gasbank/spending.js';
import type { Preflight } from '../../src/pipeline/chain-port.js';
import { createExpire } from '../../src/pipeline/expire.js';
import { createSubmit } from '../../src/pipeline/submit.js';
import { inTransaction } from '../../src/storage/database.js';
import { silentLog } from '../../src/telemetry/log.js';
import { createStages, type Stages, WALLET } from './stage-fixture.js';

const LIMITS = { maxBatch: 2, validBlocks: 10, holdMs: 3_000 };

/** GAS that other transactions hold. */
const spend = ({ db, ledger }: Stages, amount: bigint): void =>
  inTransaction(db, () => {
    const place = { block: null, tx: null, requestId: null };
    ledger.draw({ id: 'other', debit: WALLET, credit: BURNT, amount, cause: 'fees', ...place }, 1);
  });

describe('refunding', () => {
  let stages: Stages;
  let logged: object[];
  beforeEach(() => {
    stages = createStages();
    logged = [];
    stages.fund(1_000n);
  });
  afterEach(() => stages.close());

  function expireAt(
    height: number,
    given: { spending?: Spending; allowLoss?: ReadonlySet<SpendKind>; maxFees?: bigint[] } = {},
  ): Promise<void> {
    const { spending = stages.spending, allowLoss = new Set(['expire' as const]) } = given;
    const [maxSystemFee = 500n, maxNetworkFee = 500n] = given.maxFees ?? [];
    const info: typeof silentLog.info = (event, facts) => void logged.push({ event, ...facts });
    const log = { ...silentLog, info };
    const parts = { ...stages, log, spending, chain: stages.chain.port };
    const submit = createSubmit({ ...parts, walletFloor: 0n, onWalletShort: () => {} });
    const margin = { bps: 0n, minimum: 0n };
    const planLimits = { margin, maxSystemFee, maxNetworkFee, allowLoss };
    return createExpire({ ...parts, planLimits, submit, limits: LIMITS, randomNonce: () => 3 })(
      height,
    );
  }
  const refunding = (...ids: bigint[]): Preflight => ({
    state: 'HALT',
    gasConsumed: 20n * BigInt(ids.length),
    effects: new Map(),
    expired: new Set(ids),
    contained: true,
  });
  const states = (...ids: bigint[]) => ids.map((id) => stages.stateOf(id));

  it('sends what is overdue, so many in one transaction', async () => {
    for (const id of [1n, 2n, 3n]) stages.add(id, ['deadlinePassed']);
    stages.chain.judgeExpiry = (ids) => refunding(...ids);
    await expireAt(300);
    assert.deepEqual(states(1n, 2n, 3n), ['expiring', 'expiring', 'overdue']);
    const [sent] = stages.transactions.inFlight();
    assert.deepEqual([sent?.purpose, sent?.systemFee], ['expire', 40n]);
    assert.equal(sent?.validUntilBlock, 310);
    assert.deepEqual(logged.at(-1), { event: 'refunds sent', requests: 2, tx: sent?.hash });
    await expireAt(301);
    assert.deepEqual(states(3n), ['expiring']);
  });

  it('costs what the limits of fees allow, to the datoshi', async () => {
    stages.add(1n, ['deadlinePassed']);
    stages.chain.judgeExpiry = (ids) => refunding(...ids);
    for (const maxFees of [[19n], [500n, 9n]]) {
      await expireAt(300, { maxFees });
      assert.deepEqual(states(1n), ['overdue']);
      stages.advance(LIMITS.holdMs);
    }
    await expireAt(300, { maxFees: [20n, 10n] });
    assert.deepEqual(states(1n), ['expiring']);
  });

  it('sends as many as a budget has room for, and holds the others until there is more', async () => {
    for (const id of [1n, 2n]) stages.add(id, ['deadlinePassed']);
    stages.chain.judgeExpiry = (ids) => refunding(...ids);
    // One costs 30, two cost 50.
    const node = { perHour: 40n, perDay: null };
    const spending = createSpending(stages.db, { ...NO_BUDGETS, node }, stages.clock.nowMs);
    await expireAt(300, { spending });
    assert.deepEqual(states(1n, 2n), ['expiring', 'overdue']);
    await expireAt(301, { spending });
    assert.match(stages.requests.get(2n)?.reason ?? '', /^gasbank\.budgets\.perHour holds it/);
    assert.equal(stages.held.list(stages.clock.nowMs())[0]?.cause, 'budget');
    stages.advance(3_600_000);
    await expireAt(302, { spending });
    assert.deepEqual(states(2n), ['expiring']);
  });

  it('sends none where the operator does not pay for them, and says who can', async () => {
    stages.add(1n, ['deadlinePassed']);
    await expireAt(300, { allowLoss: new Set() });
    assert.deepEqual(states(1n), ['overdue']);
    assert.match(stages.requests.get(1n)?.reason ?? '', /allowLoss\.expire is false: anyone may/);
    assert.equal(stages.held.list(stages.clock.nowMs())[0]?.cause, 'loss');
  });

  it('pays nothing for what somebody else has refunded or answered already', async () => {
    stages.add(1n, ['deadlinePassed']);
    stages.add(2n, ['deadlinePassed']);
    stages.chain.judgeExpiry = (ids) => refunding(...ids.filter((id) => id === 2n));
    await expireAt(300);
    assert.deepEqual(states(1n, 2n), ['overdue', 'expiring']);
    assert.match(stages.requests.get(1n)?.reason ?? '', /pending no longer/);
    assert.deepEqual(
      stages.transactions.inFlight().map(({ systemFee }) => systemFee),
      [20n],
    );
  });

  it('tries again after a while what the gateway, the wallet or the endpoint denied', async () => {
    stages.add(1n, ['deadlinePassed']);
    spend(stages, 600n);
    const denied: readonly [() => Preflight, RegExp][] = [
      [() => ({ state: 'FAULT', exception: 'paused', limit: null }), /refuses the refund: paused/],
      [
        () => {
          throw new NodeError('RPC_TIMEOUT', 'no answer in 5 s', { retryable: true });
        },
        /no answer in 5 s/,
      ],
      [() => ({ ...refunding(1n), gasConsumed: 450n }) as Preflight, /the wallet has/],
    ];
    for (const [judge, reason] of denied) {
      stages.chain.judgeExpiry = judge;
      await expireAt(300);
      assert.match(stages.requests.get(1n)?.reason ?? '', reason);
      stages.chain.judgeExpiry = (ids) => refunding(...ids);
      await expireAt(301);
      assert.deepEqual(states(1n), ['overdue'], 'not before the pause is over');
      stages.advance(LIMITS.holdMs);
    }
    assert.deepEqual(stages.retries, ['expire', 'expire', 'expire']);
    await expireAt(302);
    assert.deepEqual(states(1n), ['expiring']);
  });

  it('keeps to the limit of one transaction, by fewer at a time or not at all', async () => {
    stages.add(1n, ['deadlinePassed']);
    stages.add(2n, ['deadlinePassed']);
    const dear = (each: bigint) => (ids: readonly bigint[]) =>
      ({ ...refunding(...ids), gasConsumed: each * BigInt(ids.length) }) as Preflight;
    stages.chain.judgeExpiry = dear(300n);
    await expireAt(300);
    assert.deepEqual(states(1n, 2n), ['expiring', 'overdue']);
    stages.chain.judgeExpiry = dear(501n);
    await expireAt(301);
    assert.match(
      stages.requests.get(2n)?.reason ?? '',
      /costs .* more than pipeline\.maxSystemFee/,
    );
  });

  it('stops the node by a failure that trying again would not mend', async () => {
    stages.add(1n, ['deadlinePassed']);
    stages.chain.judgeExpiry = () => {
      throw new Error('bug: made by the test');
    };
    await assert.rejects(expireAt(300), /bug: made by the test/);
  });
});
