import assert from 'node:assert/strict';
import { join } from 'node:path';
import { sharedNetwork } from '../../scripts/devnet/shared-network.js';
import type { NodeConfig } from '../../src/config/node-config.js';
import { creditOf } from '../../src/gasbank/accounts.js';
import { type OmittingProxy, startOmittingProxy } from '../chain/omitting-proxy.js';
import { assertHonest, responsesTo } from './answers.js';
import { ask, consumerAsks, specOf } from './asking.js';
import { type NodeFixture, nodeFixture } from './node-fixture.js';
import { type RunningNode, startNode } from './running-node.js';

const EVERY_BLOCKS = 5;

describe('a request that an endpoint leaves out of its block', function () {
  this.timeout(60_000);
  let fixture: NodeFixture;
  let liar: OmittingProxy;
  let honest: OmittingProxy;
  let running: RunningNode;
  before(async () => {
    fixture = await nodeFixture(await sharedNetwork());
    const { gateway, network } = fixture;
    liar = await startOmittingProxy(network.rpcUrl, gateway);
    honest = await startOmittingProxy(network.rpcUrl, gateway);
    honest.isLying = false;
  });
  beforeEach(() => {
    liar.isLying = true;
  });
  afterEach(() => running?.stop());
  after(async () => {
    await Promise.all([liar?.stop(), honest?.stop()]);
    await fixture?.stop();
  });

  const start = async (rpcUrls: string[], quorum: number, folder: string) => {
    const { network, gasbank, storage }: NodeConfig = fixture.config;
    running = await startNode({
      ...fixture.config,
      network: { ...network, rpcUrls, quorum },
      gasbank: { ...gasbank, reconcileEveryBlocks: EVERY_BLOCKS },
      storage: { ...storage, dir: join(fixture.folder, folder) },
    });
  };
  const askOne = async (): Promise<bigint> => {
    const { ids } = await ask(fixture, [consumerAsks(fixture, { spec: specOf(fixture, '/one') })]);
    return ids[0] as bigint;
  };
  const assertAnswered = async (id: bigint) => {
    await assertHonest(fixture, running, await responsesTo(fixture, running, [id]), 0);
  };
  const books = () => running.node.status().books;

  it('stops spending where it is the only one, and is answered with a new database', async () => {
    await start([liar.url], 1, 'lied-to');
    const id = await askOne();
    await running.until('stopped', () => /the books differ/.test(books().stopped ?? ''));
    const accounts = books().differences.map(({ account }) => account);
    assert.ok(accounts.includes(creditOf(fixture.consumer)), accounts.join());
    liar.isLying = false;
    const later = await askOne();
    await running.until('held', () =>
      /nothing is spent: the books differ/.test(running.find(later)?.reason ?? ''),
    );
    assert.equal(running.find(id), null);
    await running.stop();
    await start([honest.url], 1, 'anew');
    await assertAnswered(id);
    await assertAnswered(later);
    await running.until('agreed', () => books().agreedBlock !== null);
    assert.equal(books().stopped, null);
  });

  it('is answered where two of three have to agree', async () => {
    await start([liar.url, honest.url, fixture.network.rpcUrl], 2, 'three');
    await assertAnswered(await askOne());
    await running.until('named', () => /tell different blocks/.test(running.logText()));
    assert.match(await running.metricsText(), /^dodona_rpc_contradictions_total [1-9]/m);
  });

  it('waits where two of two have to agree, until they do', async () => {
    liar.isLying = false;
    await start([liar.url, `${liar.url}/again`, honest.url], 2, 'two');
    liar.isLying = true;
    const id = await askOne();
    await running.until('said', () =>
      /block not read.*1 of 2 RPC endpoints tell the same of block/.test(running.logText()),
    );
    assert.equal(running.find(id), null);
    liar.isLying = false;
    await assertAnswered(id);
    assert.equal(books().stopped, null);
  });
});
