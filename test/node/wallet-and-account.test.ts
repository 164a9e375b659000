import assert from 'node:assert/strict';
import { createAccount } from '../../scripts/devnet/account.js';
import { depositCredit } from '../../scripts/devnet/contracts.js';
import type { PrivateNetwork } from '../../scripts/devnet/private-network.js';
import { sharedNetwork } from '../../scripts/devnet/shared-network.js';
import { parseGas } from '../../src/base/datoshi.js';
import { assertHonest, responsesTo } from './answers.js';
import { ask, consumerAsks, specOf } from './asking.js';
import { assertBooksMatchChain } from './books.js';
import {
  mustHalt,
  type NodeFixture,
  type NodeFixtureOptions,
  nodeFixture,
} from './node-fixture.js';
import { type RunningNode, startNode } from './running-node.js';

describe('a node', function () {
  this.timeout(60_000);
  let network: PrivateNetwork;
  let fixture: NodeFixture;
  let running: RunningNode;
  before(async () => {
    network = await sharedNetwork();
  });
  afterEach(async () => {
    await running?.stop();
    await fixture?.stop();
  });

  const setUp = async (options: NodeFixtureOptions = {}) => {
    fixture = await nodeFixture(network, options);
  };
  const askTwo = () =>
    ask(fixture, [
      consumerAsks(fixture, { spec: specOf(fixture, '/one') }),
      consumerAsks(fixture, { spec: specOf(fixture, '/two') }),
    ]);
  const assertAnswered = async (ids: readonly bigint[]) => {
    await assertHonest(fixture, running, await responsesTo(fixture, running, ids), 0);
  };
  const acceptNodeAccount = async (overlapBlocks: number, account = fixture.node) => {
    const { gateway, owner } = fixture;
    await mustHalt(network.invoke(owner, gateway, 'proposeNodeAccount', [account.hash]));
    await mustHalt(network.invoke(account, gateway, 'acceptNodeAccount', [overlapBlocks]));
  };
  const untilHeld = (id: bigint, reason: RegExp) =>
    running.until(`request ${id} is held: ${reason}`, () => {
      const told = running.find(id);
      return told?.state === 'resolved' && reason.test(told.reason);
    });

  it('without GAS says so of every answer it holds, and sends them once it has some', async () => {
    await setUp({ nodeGas: 0n });
    running = await startNode(fixture.config);
    const { ids } = await askTwo();
    for (const id of ids) await untilHeld(id, /the wallet has 0\.0+ GAS/);
    const told = running.explain(ids[0] ?? 0n);
    assert.match(told.next, /the node tries to send the answer at \d{4}-/);
    await network.fund(fixture.node.hash, parseGas('5'));
    await assertAnswered(ids);
    await assertBooksMatchChain(network, fixture.gateway, running.db);
    assert.ok((running.node.status().wallet?.balanceDatoshi ?? 0n) > 0n);
  });

  it('whose wallet paid others before it was looked at keeps its books all the same', async () => {
    await setUp();
    const { node, gateway, consumer } = fixture;
    await depositCredit(network, node, gateway, consumer, parseGas('30'));
    running = await startNode(fixture.config);
    const first = await askTwo();
    await assertAnswered(first.ids);
    await assertBooksMatchChain(network, gateway, running.db);
    // Funded and spent again between two looks at the wallet.
    await network.fund(node.hash, parseGas('200'));
    await depositCredit(network, node, gateway, consumer, parseGas('220'));
    const second = await askTwo();
    await assertAnswered(second.ids);
    await assertBooksMatchChain(network, gateway, running.db);
  });

  it("that is not the gateway's tells so, and begins to answer once it is", async () => {
    await setUp({ nodeAccount: createAccount().hash });
    running = await startNode(fixture.config);
    const { ids } = await askTwo();
    for (const id of ids) await untilHeld(id, /the node account's witness is missing/);
    const { ready, reasons } = running.node.readiness();
    assert.equal(ready, false);
    assert.match(
      reasons.join('; '),
      /the gateway takes answers from N\w+, this node signs as N\w+/,
    );
    await acceptNodeAccount(0);
    await running.until('ready', () => running.node.readiness().ready);
    await assertAnswered(ids);
    await assertBooksMatchChain(network, fixture.gateway, running.db);
  });

  it('goes on through an overlap, stops at a revocation, and resumes when accepted', async () => {
    await setUp();
    const { gateway, owner, node } = fixture;
    running = await startNode(fixture.config);
    const successor = await network.newAccount(parseGas('10'));
    await acceptNodeAccount(1_000, successor);
    assert.deepEqual(running.node.readiness(), { ready: true, reasons: [] });
    const before = await askTwo();
    await assertAnswered(before.ids);
    await mustHalt(network.invoke(owner, gateway, 'revokeNodeAccount'));
    await running.until('not ready', () => !running.node.readiness().ready);
    assert.match(running.node.readiness().reasons.join(), /takes answers from nobody/);
    const after = await askTwo();
    for (const id of after.ids) await untilHeld(id, /witness is missing/);
    await acceptNodeAccount(0, node);
    await assertAnswered(after.ids);
    await assertBooksMatchChain(network, gateway, running.db);
  });
});
