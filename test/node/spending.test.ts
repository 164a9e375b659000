import assert from 'node:assert/strict';
import { sharedNetwork } from '../../scripts/devnet/shared-network.js';
import { type Datoshi, formatGas, parseGas } from '../../src/base/datoshi.js';
import type { NodeConfig } from '../../src/config/node-config.js';
import { createProfitView } from '../../src/gasbank/profit-view-store.js';
import { assertKept, eventsOf, responsesTo } from './answers.js';
import { ask, consumerAsks, specOf } from './asking.js';
import { assertBooksMatchChain } from './books.js';
import { deployHostiles, type Hostile, hostileAsks, modeScript } from './hostile.js';
import { mustHalt, type NodeFixture, nodeFixture, setTerms } from './node-fixture.js';
import { makeSpendingOlder } from './older-spending.js';
import { type RunningNode, startNode } from './running-node.js';
import { shiftedClock } from './shifted-clock.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Held work is looked at again within a minute of the clock. */
const A_LOOK_MS = 61_000;
/** More than the system fee of an answer, and less than its trial has. */
const GAS_OF_A_TRIAL = parseGas('1.5');

describe('a node that keeps to what its operator lets it spend', function () {
  this.timeout(60_000);
  let fixture: NodeFixture;
  let running: RunningNode | null = null;
  let clock: ReturnType<typeof shiftedClock>;
  beforeEach(async () => {
    clock = shiftedClock();
    fixture = await nodeFixture(await sharedNetwork());
  });
  afterEach(async () => {
    await running?.stop();
    running = null;
    await fixture?.stop();
  });

  const start = async (gasbank: Partial<NodeConfig['gasbank']>): Promise<RunningNode> => {
    const config = { ...fixture.config, gasbank: { ...fixture.config.gasbank, ...gasbank } };
    running = await startNode(config, { clock });
    return running;
  };
  /** By the blocks, and of the clock as long as it takes to look again. */
  const letAnHourPass = async (node: RunningNode): Promise<void> => {
    makeSpendingOlder(fixture.config.storage.dir, 60);
    // What a node read of the past is good until the next block.
    const height = () => node.node.status().chain.processed ?? 0;
    const before = height();
    await node.until('another block is taken in', () => height() > before);
    clock.forward(A_LOOK_MS);
  };
  const asks = (path: string) => consumerAsks(fixture, { spec: specOf(fixture, path) });
  const budgets = (perHour: Datoshi): NodeConfig['gasbank']['budgets'] => {
    const none = { perHourDatoshi: null, perDayDatoshi: null };
    return { node: { ...none, perHourDatoshi: perHour }, perRequester: none, perKind: {} };
  };
  const metric = async (node: RunningNode, name: string): Promise<string[]> => {
    const text = await node.metricsText();
    return text.split('\n').filter((line) => line.startsWith(name));
  };

  it('holds answers that its budget has no room for, says so, and goes on by itself', async () => {
    const node = await start({ budgets: budgets(parseGas('0.5')) });
    const first = await ask(fixture, [asks('/first')]);
    const [answered] = await responsesTo(fixture, node, first.ids);
    assert.ok(answered && answered.fee > parseGas('0.25'), formatGas(answered?.fee ?? 0n));
    const second = await ask(fixture, [asks('/second'), asks('/third')]);
    const heldOf = (id: bigint) =>
      /gasbank\.budgets\.perHour holds it/.test(node.find(id)?.reason ?? '');
    await node.until('held by the budget', () => second.ids.every(heldOf));
    const told = node.explain(second.ids[0] ?? 0n);
    assert.match(told.reason, /0\.5\d* GAS \(.* spent in the last hour, .* needed; there is room/);
    assert.match(told.next, /the node tries to send the answer at \d{4}-/);
    assert.deepEqual(await metric(node, 'dodona_spending_held'), [
      'dodona_spending_held{cause="budget"} 1',
    ]);
    assert.equal(node.node.status().spending?.held[0]?.cause, 'budget');
    const dueMs = node.db.prepare('SELECT due_ms FROM request WHERE id = ?').pluck();
    const ended = () => second.ids.filter((id) => node.find(id)?.state === 'answered').length;
    // A clock that is wrong, and put right, makes no room: budgets go by the time of the blocks.
    for (const days of [3, -8, 5]) {
      clock.forward(days * DAY_MS + A_LOOK_MS);
      const isLookedAt = (id: bigint) => {
        const waitsMs = Number(dueMs.get(id)) - clock.nowMs();
        return waitsMs > 0 && waitsMs < A_LOOK_MS;
      };
      await node.until('looked at again', () => second.ids.every(isLookedAt));
      assert.equal(ended(), 0, `after ${days} days of the clock`);
    }
    // There is room for one of them, and an hour later for the other.
    await letAnHourPass(node);
    await node.until('one of them is answered', () => ended() === 1);
    await letAnHourPass(node);
    await responsesTo(fixture, node, second.ids);
    await node.until('nothing is held', async () => {
      return (await metric(node, 'dodona_spending_held{')).length === 0;
    });
    await assertBooksMatchChain(fixture.network, fixture.gateway, node.db);
  });

  it('holds one requester to the budget of each, and serves the others', async () => {
    const [greedy] = await deployHostiles(fixture, 1);
    const hostile = greedy as Hostile;
    const none = { perHourDatoshi: null, perDayDatoshi: null };
    const perRequester = { perHourDatoshi: parseGas('0.5'), perDayDatoshi: null };
    const node = await start({ budgets: { node: none, perRequester, perKind: {} } });
    const spec = specOf(fixture, '/greedy');
    const its = () => hostileAsks(fixture, hostile, { spec });
    const { network, owner } = fixture;
    await mustHalt(network.send(owner, modeScript(hostile, '')).then(network.applied));
    const { ids } = await ask(fixture, [its(), its(), its(), asks('/modest')]);
    await responsesTo(fixture, node, ids.slice(3));
    await node.until('the greedy one is held', () =>
      ids
        .slice(0, 3)
        .some((id) =>
          new RegExp(`of requester ${hostile.hash} holds it`).test(node.find(id)?.reason ?? ''),
        ),
    );
    for (let hours = 0; hours < 3; hours++) {
      await letAnHourPass(node);
      const open = () => ids.filter((id) => node.find(id)?.state !== 'answered').length;
      const before = open();
      if (before === 0) break;
      await node.until('one more is answered', () => open() < before);
    }
    await responsesTo(fixture, node, ids);
  });

  it('keeps what its floor says in the wallet, and goes on once there is more', async () => {
    const floor = parseGas('99.9');
    const node = await start({ walletFloorDatoshi: floor });
    const { ids } = await ask(fixture, [asks('/floor')]);
    const [id = 0n] = ids;
    const reason = /and keeps 99\.9\d* GAS \(gasbank\.walletFloor\)/;
    await node.until('held', () => reason.test(node.find(id)?.reason ?? ''));
    assert.deepEqual(await metric(node, 'dodona_spending_held'), [
      'dodona_spending_held{cause="floor"} 1',
    ]);
    await fixture.network.fund([fixture.node.hash], parseGas('1'));
    await responsesTo(fixture, node, ids);
    assert.ok((node.node.status().wallet?.balanceDatoshi ?? 0n) >= floor);
  });

  it('collects what it earned when the wallet runs low', async () => {
    const collect = {
      whenWalletBelowDatoshi: parseGas('100'),
      atLeastDatoshi: parseGas('0.3'),
    };
    const node = await start({ collect });
    const { ids } = await ask(fixture, [asks('/earning')]);
    const [answer] = await responsesTo(fixture, node, ids);
    const collected = async () =>
      (await eventsOf(fixture)).filter(({ name }) => name === 'Collected').length === 1;
    await node.until('collected', collected);
    await assertBooksMatchChain(fixture.network, fixture.gateway, node.db);
    const [event] = (await eventsOf(fixture)).filter(({ name }) => name === 'Collected');
    assert.equal(event?.name === 'Collected' && event.amount, answer?.fee);
    const { ownCosts } = createProfitView(node.db).profitAndLoss(null);
    const paid = ownCosts.find(({ cause }) => cause === 'collections')?.amount ?? 0n;
    assert.ok(paid > 0n);
    assert.equal(node.node.status().earnedDatoshi, 0n);
  });

  it('keeps the answers of a requester whose callbacks fault in blocks, for a while', async () => {
    const [contract] = await deployHostiles(fixture, 1);
    const hostile = contract as Hostile;
    const node = await start({ inboxOnly: { faults: 2, durationMs: HOUR_MS } });
    const askOne = async () => {
      const { ids } = await ask(fixture, [
        modeScript(hostile, 'faultBelowGas', GAS_OF_A_TRIAL),
        hostileAsks(fixture, hostile, { spec: specOf(fixture, '/hostile') }),
      ]);
      const [response] = await responsesTo(fixture, node, ids);
      return response ?? assert.fail('no answer');
    };
    for (const time of ['first', 'second']) {
      const response = await askOne();
      assert.ok(response.lost > 0n, `${time} time: it faulted in the block`);
    }
    const third = await askOne();
    await assertKept(fixture, third, 'inbox only');
    assert.equal(third.lost, 0n, 'its callback was not called');
    const sent = node.explain(third.id).steps.find(({ what }) => what === 'answer sent');
    assert.match(sent?.why ?? '', /kept at the gateway; inbox only until \d{4}-.*brought 2 /);
    const [listed] = node.node.status().spending?.inboxOnly ?? [];
    assert.equal(listed?.requester, hostile.hash);
    assert.deepEqual(await metric(node, 'dodona_inbox_only_requesters'), [
      'dodona_inbox_only_requesters 1',
    ]);
    clock.forward(HOUR_MS);
    assert.ok((await askOne()).lost > 0n, 'it is tried again after that time');
  });

  it('does not refund at its own cost when it may not, and says who can', async () => {
    await setTerms(fixture, { minimum: 0n, lifetime: 20 });
    const node = await start({ allowLoss: new Set() });
    const poor = consumerAsks(fixture, { spec: specOf(fixture, '/poor'), maxFee: 1n });
    const { ids } = await ask(fixture, [poor]);
    const [id = 0n] = ids;
    await node.until('held', () => /allowLoss\.expire is false/.test(node.find(id)?.reason ?? ''));
    assert.equal(node.explain(id).state, 'overdue');
    assert.match(node.explain(id).next, /the node tries to refund the payer at \d{4}-/);
    assert.deepEqual(await metric(node, 'dodona_spending_held'), [
      'dodona_spending_held{cause="loss"} 1',
    ]);
    await node.stop();
    running = null;
    clock.forward(HOUR_MS);
    const again = await start({});
    await again.untilEnded(ids);
    assert.equal(again.explain(id).state, 'expired');
    const { ownCosts } = createProfitView(again.db).profitAndLoss(null);
    assert.ok((ownCosts.find(({ cause }) => cause === 'refunds')?.amount ?? 0n) > 0n);
  });

  it('holds an answer that network fees above the ceiling would make it lose by', async () => {
    await setTerms(fixture, { networkFeeCeiling: 1_000n, lifetime: 20 });
    const node = await start({});
    const { ids } = await ask(fixture, [asks('/dear')]);
    const [id = 0n] = ids;
    const reason =
      /would lose money: .* are charged to nobody \(gasbank\.allowLoss\.http is false\)/;
    await node.until('held', () => reason.test(node.find(id)?.reason ?? ''));
    await node.untilEnded(ids);
    assert.equal(node.explain(id).state, 'expired');
    const told = new RegExp(`"expired",[^\n]*"requestId":"${id}"`);
    await node.until('told in the log', () => told.test(node.logText()));
  });
});
