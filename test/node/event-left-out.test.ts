import assert from 'node:assert/strict';
import { join } from 'node:path';
import { sharedNetwork } from '../../scripts/devnet/shared-network.js';
import type { NodeConfig } from '../../src/config/node-config.js';
import { creditOf } from '../../src/gasbank/accounts.js';
import { type LocalEndpoint, startEndpoint } from '../chain/local-endpoint.js';
import { forward } from '../chain/lying-proxy.js';
import { assertHonest, responsesTo } from './answers.js';
import { ask, consumerAsks, specOf } from './asking.js';
import { type NodeFixture, nodeFixture } from './node-fixture.js';
import { type RunningNode, startNode } from './running-node.js';

const EVERY_BLOCKS = 5;

interface Answer {
  result?: { application?: { contract: string; eventname: string }[] };
}

describe('a request that the only endpoint leaves out of its block', function () {
  this.timeout(60_000);
  let fixture: NodeFixture;
  let endpoint: LocalEndpoint;
  let running: RunningNode;
  let id: bigint;
  let isLying = true;
  before(async () => {
    fixture = await nodeFixture(await sharedNetwork());
    endpoint = await startEndpoint(async (body, response) => {
      const text = await forward(fixture.network.rpcUrl, body);
      response.end(isLying ? withoutRequests(text) : text);
    });
    running = await startNode(over(endpoint.url, 'node'));
  });
  after(async () => {
    await running?.stop();
    await endpoint?.stop();
    await fixture?.stop();
  });

  const over = (rpcUrl: string, folder: string): NodeConfig => ({
    ...fixture.config,
    network: { ...fixture.config.network, rpcUrls: [rpcUrl] },
    gasbank: { ...fixture.config.gasbank, reconcileEveryBlocks: EVERY_BLOCKS },
    storage: { ...fixture.config.storage, dir: join(fixture.folder, folder) },
  });
  const askOne = async (): Promise<bigint> => {
    const { ids } = await ask(fixture, [consumerAsks(fixture, { spec: specOf(fixture, '/one') })]);
    return ids[0] as bigint;
  };
  const books = () => running.node.status().books;

  /** As if the gateway had emitted none. */
  function withoutRequests(text: string): string {
    const answers = JSON.parse(text) as Answer | Answer[];
    for (const { result } of [answers].flat()) {
      if (!Array.isArray(result?.application)) continue;
      result.application = result.application.filter(
        ({ contract, eventname }) => contract !== fixture.gateway || !eventname.endsWith('Request'),
      );
    }
    return JSON.stringify(answers);
  }

  it('stops spending, since the requester has less credit than in the books', async () => {
    id = await askOne();
    await running.until('stopped', () => /the books differ/.test(books().stopped ?? ''));
    assert.equal(running.find(id), null);
    const accounts = books().differences.map(({ account }) => account);
    assert.ok(accounts.includes(creditOf(fixture.consumer)), accounts.join());
  });

  it('is not made good by that endpoint telling the truth from then on', async () => {
    isLying = false;
    const later = await askOne();
    await running.until('held', () => running.find(later)?.state === 'resolved');
    assert.match(books().stopped ?? '', /the books differ/);
    assert.equal(running.find(id), null);
  });

  it('is answered by the same node with a new database, from an honest endpoint', async () => {
    await running.stop();
    running = await startNode(over(fixture.network.rpcUrl, 'anew'));
    await assertHonest(fixture, running, await responsesTo(fixture, running, [id]), 0);
    await running.until('agreed', () => books().agreedBlock !== null);
    assert.equal(books().stopped, null);
  });
});
