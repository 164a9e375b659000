import assert from 'node:assert/strict';
import { depositCredit } from '../../scripts/devnet/contracts.js';
import { sharedNetwork } from '../../scripts/devnet/shared-network.js';
import { parseGas } from '../../src/base/datoshi.js';
import { createPredictionStore } from '../../src/gasbank/prediction-store.js';
import { createProfitView } from '../../src/gasbank/profit-view-store.js';
import { responsesTo } from './answers.js';
import { ask, consumerAsks, senderAsks, specOf } from './asking.js';
import { assertBooksMatchChain } from './books.js';
import type { Response } from './chain-history.js';
import { deployHostiles, type Hostile, hostileAsks, modeScript } from './hostile.js';
import { type NodeFixture, nodeFixture, setTerms } from './node-fixture.js';
import { ownTransactions } from './own-transactions.js';
import { askedTogether } from './ready-together.js';
import { type RunningNode, startNode } from './running-node.js';

/** More than the system fee of an answer, and less than its trial has. */
const GAS_OF_A_TRIAL = parseGas('1.5');
const PREMIUM = parseGas('0.01');

describe('what a node is charged for its answers', function () {
  this.timeout(60_000);
  let fixture: NodeFixture;
  let running: RunningNode | null = null;
  let hostiles: Hostile[];
  before(async () => {
    fixture = await nodeFixture(await sharedNetwork());
    hostiles = await deployHostiles(fixture, 2);
    const { network, owner, gateway } = fixture;
    await depositCredit(network, owner, gateway, owner.hash, parseGas('50'));
    await setTerms(fixture, { premium: PREMIUM });
  });
  afterEach(() => running?.stop());
  after(() => fixture?.stop());

  const spec = () => specOf(fixture, '/charged');
  const delivered = () => consumerAsks(fixture, { spec: spec() });
  const kept = () => senderAsks(fixture, { spec: spec() });
  const hostile = (at: number, mode: string, number = 0n) => [
    modeScript(hostiles[at] as Hostile, mode, number),
    hostileAsks(fixture, hostiles[at] as Hostile, { spec: spec() }),
  ];

  /** Each Response tells what was predicted, and the history says nothing of a difference. */
  function assertPredicted(node: RunningNode, responses: readonly Response[]): void {
    const predictions = createPredictionStore(node.db);
    for (const { id, tx, delivered: isDelivered, fee, lost, premium } of responses) {
      const predicted = predictions.of(tx).find(({ requestId }) => requestId === id);
      const { uncutFee: _, requestId: __, ...charge } = predicted ?? assert.fail(`none of ${id}`);
      assert.deepEqual({ delivered: isDelivered, fee, lost, premium }, charge, `request ${id}`);
      const told = node.explain(id).steps.map(({ what }) => what);
      assert.ok(!told.includes('charged otherwise than predicted'), told.join());
    }
  }

  /** The profit view accounts for each datoshi of the node's transactions. */
  async function assertProfitAddsUp(node: RunningNode): Promise<void> {
    await assertBooksMatchChain(fixture.network, fixture.gateway, node.db);
    const profit = createProfitView(node.db).profitAndLoss(null);
    const { fee, lost, premium } = profit.charged;
    assert.equal(profit.spent, await ownTransactions(fixture, node));
    assert.equal(fee + lost + premium + profit.ownCost, profit.spent + premium);
    const byCause = profit.ownCosts.reduce((sum, { amount }) => sum + amount, 0n);
    assert.equal(byCause, profit.ownCost);
  }

  it('is predicted to the datoshi for one alone, delivered or kept', async () => {
    running = await startNode(fixture.config);
    for (const script of [delivered(), kept()]) {
      const { ids } = await ask(fixture, [script]);
      const responses = await responsesTo(fixture, running, ids);
      assertPredicted(running, responses);
      assert.equal(responses[0]?.premium, PREMIUM);
    }
    await assertProfitAddsUp(running);
  });

  it('is predicted to the datoshi for those who share a transaction', async () => {
    const throwing = hostile(0, 'throw');
    const scripts = [delivered(), kept(), delivered(), ...throwing, delivered(), kept()];
    const together = await askedTogether(fixture, fixture.config, scripts);
    running = together.running;
    const responses = await responsesTo(fixture, running, together.ids);
    assert.deepEqual([...new Set(responses.map(({ tx }) => tx))].length, 1);
    assertPredicted(running, responses);
    const why = (at: number) => {
      const steps = running?.explain(together.ids[at] ?? 0n).steps ?? [];
      return steps.find(({ what }) => what === 'answer sent')?.why ?? '';
    };
    assert.match(why(1), /kept at the gateway; the request names no callback; shares/);
    assert.match(why(3), /kept at the gateway; the callback "onAnswer" throws; shares/);
    await assertProfitAddsUp(running);
  });

  it('is predicted with the fees that a callback made the node lose', async () => {
    running = await startNode(fixture.config);
    const { ids } = await ask(fixture, hostile(1, 'faultBelowGas', GAS_OF_A_TRIAL));
    const responses = await responsesTo(fixture, running, ids);
    assert.ok((responses[0]?.lost ?? 0n) > 0n);
    assertPredicted(running, responses);
    await assertProfitAddsUp(running);
    const { ownCost } = createProfitView(running.db).profitAndLoss(null);
    assert.equal(ownCost, 0n, 'whoever caused it paid for it');
  });

  it('is told apart from its prediction where the block differs from the trial', async () => {
    // Without a container the trial shows no fees, by which this callback knows the block. What is
    // added to the gas of the trial pays for keeping the answer.
    const network = { ...fixture.config.network, dialect: 'portable' as const };
    const pipeline = { ...fixture.config.pipeline, feeMarginMinDatoshi: parseGas('0.5') };
    running = await startNode({ ...fixture.config, network, pipeline });
    const { ids } = await ask(fixture, hostile(0, 'throwInBlock'));
    const [response] = await responsesTo(fixture, running, ids);
    assert.deepEqual([response?.delivered, response?.lost], [false, 0n]);
    const told = running.explain(ids[0] ?? 0n).steps.find(({ what }) => /otherwise/.test(what));
    assert.match(told?.why ?? '', /the callback took the answer on trial, and not in the block/);
    const text = await running.metricsText();
    assert.match(text, /dodona_charge_differences_total\{reason="callback"\} 1/);
    await assertProfitAddsUp(running);
  });

  it('shows what the node pays itself: the ceiling of network fees, and maxFee', async () => {
    await setTerms(fixture, { premium: 0n, minimum: 0n, networkFeeCeiling: 1_000n });
    const allowLoss = new Set(['http' as const]);
    const gasbank = { ...fixture.config.gasbank, allowLoss };
    running = await startNode({ ...fixture.config, gasbank });
    const before = createProfitView(running.db).profitAndLoss(null).ownCost;
    assert.equal(before, 0n);
    const poor = consumerAsks(fixture, { spec: spec(), maxFee: parseGas('0.05') });
    const { ids } = await ask(fixture, [delivered()]);
    const late = await ask(fixture, [poor]);
    const responses = await responsesTo(fixture, running, [...ids, ...late.ids]);
    assertPredicted(running, responses);
    assert.equal(responses[1]?.fee, parseGas('0.05'));
    await assertProfitAddsUp(running);
    const { ownCosts } = createProfitView(running.db).profitAndLoss(null);
    const causes = ownCosts.filter(({ amount }) => amount !== 0n).map(({ cause }) => cause);
    assert.deepEqual(causes, ['cut at maxFee', 'above the ceiling']);
    const sent = running
      .explain(late.ids[0] ?? 0n)
      .steps.find(({ what }) => what === 'answer sent');
    assert.match(sent?.why ?? '', /are charged to nobody \(gasbank.allowLoss.http is true\)/);
    await setTerms(fixture, { minimum: parseGas('0.35'), networkFeeCeiling: parseGas('1.1') });
  });
});
