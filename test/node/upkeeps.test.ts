import assert from 'node:assert/strict';
import { depositCredit } from '../../scripts/devnet/contracts.js';
import { sharedNetwork } from '../../scripts/devnet/shared-network.js';
import { parseGas } from '../../src/base/datoshi.js';
import { eventsOf } from './answers.js';
import { assertBooksMatchChain } from './books.js';
import { deployHostiles, type Hostile, modeScript } from './hostile.js';
import { mustHalt, type NodeFixture, nodeFixture } from './node-fixture.js';
import { type RunningNode, startNode } from './running-node.js';
import { type Performed, register } from './upkeeps.js';

describe('a node runs upkeeps on a real chain', function () {
  this.timeout(60_000);
  let fixture: NodeFixture;
  let running: RunningNode;
  let hostiles: Hostile[];
  before(async () => {
    fixture = await nodeFixture(await sharedNetwork());
    const { network, gateway, owner } = fixture;
    await depositCredit(network, network.faucet, gateway, owner.hash, parseGas('500'));
    hostiles = await deployHostiles(fixture, 4);
    await mustHalt(
      network
        .send(owner, Buffer.concat(hostiles.map((each) => modeScript(each, ''))))
        .then(network.applied),
    );
    running = await startNode(fixture.config);
  });
  after(async () => {
    await running?.stop();
    await fixture?.stop();
  });

  const performed = async (id: bigint): Promise<Performed[]> =>
    (await eventsOf(fixture)).filter(
      (event): event is Performed => event.name === 'UpkeepPerformed' && event.id === id,
    );
  const untilRuns = (id: bigint, count: number) =>
    running.until(`upkeep ${id} ran ${count} times`, async () => {
      return (await performed(id)).length >= count;
    });

  it('every so many blocks, in the next block', async () => {
    const { ids, applied } = await register(fixture, [
      { target: (hostiles[0] as Hostile).hash, trigger: 'every:4' },
      { target: (hostiles[0] as Hostile).hash, trigger: 'every:4' },
    ]);
    for (const id of ids) {
      await untilRuns(id, 3);
      const runs = (await performed(id)).slice(0, 3);
      assert.deepEqual(
        runs.map(({ due }) => due),
        [4, 8, 12].map((blocks) => applied.blockIndex + blocks),
      );
      for (const run of runs) {
        assert.ok(run.block - run.due <= 2, `due ${run.due}, run in ${run.block}`);
        assert.equal(run.delivered, true);
      }
    }
    await assertBooksMatchChain(fixture.network, fixture.gateway, running.db);
  });
});
