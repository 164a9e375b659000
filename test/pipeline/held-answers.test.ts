import assert from 'node:assert/strict';
import { type Hash160, hash160 } from '../../src/base/hash.js';
import { RpcError } from '../../src/chain/rpc.js';
import type { Budgets } from '../../src/gasbank/budgets.js';
import { createCallbackFaults } from '../../src/gasbank/callback-fault-store.js';
import { createSpending, NO_BUDGETS } from '../../src/gasbank/spending.js';
import { createRespond, nextGroup } from '../../src/pipeline/respond.js';
import { createSubmit } from '../../src/pipeline/submit.js';
import { createSuspects } from '../../src/pipeline/suspects.js';
import type { RequestRow } from '../../src/requests/request-store.js';
import { inTransaction } from '../../src/storage/database.js';
import { createStages, type Judge, REQUESTER, type Stages } from './stage-fixture.js';

const HOUR_MS = 3_600_000;
const LIMITS = {
  maxBatch: 4,
  maxBatchBytes: 100,
  concurrency: 1,
  validBlocks: 10,
  holdMs: 3_000,
  holdMsPerAnswer: 0,
};
const OTHER = hash160(`0x${'dd'.repeat(20)}`);

/** Each answer uses 100 of gas, and bears its share of the fees. */
const accepting: Judge = (items, { systemFee, networkFee }) => ({
  state: 'HALT',
  gasConsumed: 100n * BigInt(items.length),
  effects: new Map(
    items.map(({ requestId: id, deliver }, place) => {
      const fee = (systemFee + networkFee + BigInt(place)) / BigInt(items.length);
      return [id, { delivered: deliver, fee, lost: 0n, premium: 0n }];
    }),
  ),
  expired: new Set(),
  contained: true,
});

describe('answers that wait', () => {
  let stages: Stages;
  let stop: AbortController;
  let looks: number[][];
  beforeEach(() => {
    stages = createStages();
    stages.fund(100_000n);
    stop = new AbortController();
    looks = [];
    stages.chain.judge = (items, terms) => {
      looks.push(items.map(({ requestId }) => Number(requestId)));
      return accepting(items, terms);
    };
  });
  afterEach(() => stages.close());

  function respond(
    budgets: Budgets = NO_BUDGETS,
    inboxOnly = { faults: 0, durationMs: 1 },
    chainMs = stages.clock.nowMs,
  ) {
    const parts = { ...stages, chain: stages.chain.port };
    const spending = createSpending(stages.db, budgets, chainMs);
    const margin = { bps: 0n, minimum: 2n };
    const limits = { margin, maxSystemFee: 5_000n, maxNetworkFee: 5_000n };
    const walletFloor = 0n;
    return createRespond({
      ...parts,
      spending,
      callbackFaults: createCallbackFaults(stages.db, inboxOnly),
      planning: {
        chain: parts.chain,
        limits: { ...limits, allowLoss: new Set() },
        plain: { last: { charge: 200n, validUntilBlock: 110 } },
        bare: { seen: false },
        slow: new Set(),
      },
      suspects: createSuspects(),
      submit: createSubmit({ ...parts, spending, walletFloor, onWalletShort: () => {} }),
      limits: LIMITS,
      heightNow: () => 100,
      mayStart: () => true,
      randomNonce: () => 7,
      onDuration: () => {},
      onBug: (error) => assert.fail(String(error)),
      signal: stop.signal,
    });
  }
  const pump = async (stage: ReturnType<typeof respond>) => {
    stage.pump();
    await stage.idle();
  };
  const add = (id: bigint, requester: Hash160 = REQUESTER) =>
    stages.add(id, ['answerFound'], { requester, maxFee: 2_000n });
  const states = (...ids: bigint[]) => ids.map((id) => stages.stateOf(id));
  const perHour = (amount: bigint) => ({ perHour: amount, perDay: null });

  it('for room in a budget are sent as far as it reaches, and the rest after the hour', async () => {
    for (const id of [1n, 2n, 3n, 4n]) add(id);
    // Four would cost 412, two 212: the third and the fourth wait, each by itself.
    const stage = respond({ ...NO_BUDGETS, node: perHour(250n) });
    await pump(stage);
    assert.deepEqual(states(1n, 2n, 3n, 4n), ['sent', 'sent', 'resolved', 'resolved']);
    const told = stages.requests.get(3n);
    assert.match(
      told?.reason ?? '',
      /^gasbank\.budgets\.perHour holds it: 0\.00000250 GAS \(0\.00/,
    );
    const [held] = stages.held.list(stages.clock.nowMs());
    assert.equal(held?.cause, 'budget');
    assert.equal(held.untilMs, told?.dueMs);
    const before = looks.length;
    stages.advance(60_000);
    await pump(stage);
    assert.equal(
      looks.length,
      before,
      'where there is no room, nobody looks at what it would cost',
    );
    stages.advance(HOUR_MS);
    await pump(stage);
    assert.deepEqual(states(3n, 4n), ['sent', 'sent']);
    assert.deepEqual(stages.held.list(stages.clock.nowMs()), []);
  });

  it('for room in a budget find it by the time of the blocks, wherever the clock goes', async () => {
    add(1n);
    add(2n);
    let chainMs = 50 * HOUR_MS;
    const stage = respond({ ...NO_BUDGETS, node: perHour(150n) }, undefined, () => chainMs);
    await pump(stage);
    assert.deepEqual(states(1n, 2n), ['sent', 'resolved']);
    for (const ms of [100 * HOUR_MS, -170 * HOUR_MS, 70 * HOUR_MS]) {
      stages.advance(ms);
      // Whatever the clock says, it is looked at again within a minute by it.
      inTransaction(stages.db, () => stages.requests.hold(2n, 'a', stages.clock.nowMs(), null));
      await pump(stage);
      assert.deepEqual(states(2n), ['resolved'], `after ${ms} ms of the clock`);
      const waitsMs = (stages.requests.get(2n)?.dueMs ?? 0) - stages.clock.nowMs();
      assert.ok(waitsMs > 0 && waitsMs <= 60_000, `it waits ${waitsMs} ms`);
    }
    chainMs += HOUR_MS;
    stages.advance(60_000);
    await pump(stage);
    assert.deepEqual(states(2n), ['sent']);
  });

  it('write their history once, however often they are tried and what they would cost', async () => {
    add(1n);
    const stage = respond({ ...NO_BUDGETS, node: perHour(150n) });
    for (let tries = 0; tries < 3; tries++) {
      stages.chain.networkFee = 100n + BigInt(tries);
      await pump(stage);
      stages.advance(61_000);
    }
    const steps = stages.db
      .prepare("SELECT COUNT(*) AS count FROM request_step WHERE what = 'held'")
      .get() as { count: bigint };
    assert.equal(steps.count, 1n);
  });

  it('for the budget of one requester let others by, in one transaction', async () => {
    add(1n);
    add(2n);
    add(3n, OTHER);
    add(4n, OTHER);
    const budgets = { ...NO_BUDGETS, perRequester: perHour(180n) };
    await pump(respond(budgets));
    const sent = states(1n, 2n, 3n, 4n).map((state) => state === 'sent');
    assert.deepEqual(sent, [true, false, true, false], 'each requester has room for one');
    assert.match(stages.requests.get(2n)?.reason ?? '', new RegExp(`of requester ${REQUESTER}`));
  });

  it('for the budget of one requester are told from those beside them', async () => {
    add(1n);
    const stage = respond({ ...NO_BUDGETS, perRequester: perHour(215n) });
    await pump(stage);
    // It spent 112. A third of the next transaction is 104, which the others have room for.
    for (const id of [2n, 3n, 4n]) add(id, id === 2n ? REQUESTER : OTHER);
    await pump(stage);
    assert.deepEqual(states(1n, 2n, 3n, 4n), ['sent', 'resolved', 'sent', 'sent']);
    const [third, fourth] = [3n, 4n].map((id) => stages.requests.get(id)?.tx);
    assert.equal(third, fourth, 'they share a transaction');
  });

  it('because the RPC node refuses the group are tried in halves, not as the same group', async () => {
    for (const id of [1n, 2n, 3n, 4n]) add(id);
    stages.chain.judge = (items, terms) => {
      looks.push(items.map(({ requestId }) => Number(requestId)));
      if (items.length > 2) throw new RpcError('invokecontainedscript', -32_602, 'too large', null);
      return accepting(items, terms);
    };
    const stage = respond();
    await pump(stage);
    assert.deepEqual(states(1n), ['resolved']);
    stages.advance(LIMITS.holdMs);
    looks.length = 0;
    await pump(stage);
    assert.deepEqual(states(1n, 2n, 3n, 4n), ['sent', 'sent', 'sent', 'sent']);
    assert.ok(looks.every((ids) => ids.length <= 2));
  });

  it('do not wait, but are kept, where the callback brought transactions down', async () => {
    const stage = respond(NO_BUDGETS, { faults: 1, durationMs: HOUR_MS });
    add(1n);
    await pump(stage);
    const [first] = stages.transactions.inFlight();
    assert.ok(first);
    inTransaction(stages.db, () => {
      stages.transactions.end(first.hash, 'faulted', 101, 'ABORT');
      const change = { reason: 'FAULTed', faults: 1, lostTx: first.hash, tx: null };
      stages.requests.move(1n, 'transactionFaulted', change, { atMs: 1, what: 'faulted' });
    });
    await pump(stage);
    add(2n);
    add(3n, OTHER);
    const delivered: [bigint, boolean][] = [];
    stages.chain.judge = (items, terms) => {
      for (const { requestId, deliver } of items) delivered.push([requestId, deliver]);
      return accepting(items, terms);
    };
    await pump(stage);
    assert.deepEqual(states(2n, 3n), ['sent', 'sent']);
    assert.ok(delivered.some(([id, deliver]) => id === 3n && deliver === true));
    assert.ok(!delivered.some(([id, deliver]) => id === 2n && deliver === true));
    assert.match(stages.requests.get(2n)?.reason ?? '', /kept at the gateway; inbox only until/);
  });
});

describe('a group', () => {
  const row = (id: number): RequestRow => ({ id: BigInt(id), result: null }) as RequestRow;
  const group = (sizes: Readonly<Record<number, number>>, ...ids: number[]) =>
    nextGroup(
      ids.map(row),
      { maxBatch: 4, maxBatchBytes: 100 },
      () => false,
      ({ id }) => sizes[Number(id)] ?? 4,
    ).map(({ id }) => Number(id));

  it('is no larger than each of its members may be in', () => {
    assert.deepEqual(group({}, 1, 2, 3, 4, 5), [1, 2, 3, 4]);
    assert.deepEqual(group({ 1: 2 }, 1, 2, 3), [1, 2]);
    assert.deepEqual(group({ 2: 2 }, 1, 2, 3), [1, 2]);
    assert.deepEqual(group({ 3: 2 }, 1, 2, 3, 4), [1, 2, 4]);
  });
});
