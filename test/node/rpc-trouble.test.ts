import assert from 'node:assert/strict';
import { freePorts } from '../../scripts/devnet/free-port.js';
import {
  type OwnPrivateNetwork,
  startPrivateNetwork,
} from '../../scripts/devnet/private-network.js';
import { isRetryable } from '../../src/base/node-error.js';
import type { NodeConfig } from '../../src/config/node-config.js';
import type { CrashPoint } from '../../src/pipeline/crash-point.js';
import { type Fault, type FaultyProxy, startFaultyProxy } from '../chain/faulty-proxy.js';
import { assertHonest, responsesTo } from './answers.js';
import { ask, consumerAsks, specOf } from './asking.js';
import { assertBooksMatchChain } from './books.js';
import { type NodeFixture, nodeFixture } from './node-fixture.js';
import { makeNode, type RunningNode, startNode } from './running-node.js';

const STOP_LIMIT_MS = 10_000;
const BLOCKS_OF_TROUBLE = 15;

describe('a node whose RPC endpoint', function () {
  this.timeout(60_000);
  let network: OwnPrivateNetwork;
  let fixture: NodeFixture;
  let proxy: FaultyProxy;
  let running: RunningNode | null = null;
  before(async () => {
    network = await startPrivateNetwork({ blockMs: 100, onDisk: true });
    fixture = await nodeFixture(network);
    proxy = await startFaultyProxy(network.rpcUrl);
  });
  afterEach(async () => {
    proxy.fault = 'pass';
    await running?.stop();
    running = null;
  });
  after(async () => {
    await proxy?.stop();
    await fixture?.stop();
    await network?.stop();
  });

  const over = (
    rpcUrls: readonly string[],
    more: Partial<NodeConfig['network']> = {},
  ): NodeConfig => ({
    ...fixture.config,
    network: {
      ...fixture.config.network,
      rpcUrls,
      webSocket: 'off',
      requestTimeoutMs: 1_000,
      healthIntervalMs: 200,
      ...more,
    },
  });
  const start = async (config: NodeConfig, crashPoint?: CrashPoint): Promise<RunningNode> => {
    running = await startNode(config, crashPoint === undefined ? {} : { crashPoint });
    return running;
  };
  const askSome = async () => {
    const paths = ['/a', '/b', '/c'];
    const { ids } = await ask(
      fixture,
      paths.map((path) => consumerAsks(fixture, { spec: specOf(fixture, path) })),
    );
    return ids;
  };
  const assertAnswered = async (node: RunningNode, ids: readonly bigint[]) => {
    // A transaction may die of the trouble; its requests are answered by another then.
    await assertHonest(fixture, node, await responsesTo(fixture, node, ids), 1);
    await assertBooksMatchChain(network, fixture.gateway, node.db);
  };

  for (const fault of ['stall', 'cut', 'refuse', 'freeze'] satisfies Fault[]) {
    it(`has trouble (${fault}) answers everything once that is over`, async () => {
      const node = await start(over([proxy.url]));
      const before = await askSome();
      await node.until('work begun', () => before.every((id) => node.find(id) !== null));
      proxy.fault = fault;
      const during = await askSome();
      await network.waitForBlock((await network.height()) + BLOCKS_OF_TROUBLE);
      proxy.fault = 'pass';
      await assertAnswered(node, [...before, ...during]);
      await node.until('ready again', () => node.node.readiness().ready);
    });
  }

  it('has trouble answers at once by another', async () => {
    const node = await start(over([proxy.url, network.rpcUrl]));
    for (const fault of ['stall', 'refuse', 'freeze'] satisfies Fault[]) {
      proxy.fault = fault;
      await assertAnswered(node, await askSome());
    }
    const [left, used] = node.node.status().endpoints;
    assert.deepEqual([left?.healthy, used?.healthy], [false, true]);
    assert.deepEqual(node.node.readiness(), { ready: true, reasons: [] });
  });

  it('has only the calls of any Neo node answers all the same', async () => {
    const node = await start(over([network.rpcUrl], { dialect: 'portable' }));
    await assertAnswered(node, await askSome());
  });

  it('stalls for good says so, and stops within ten seconds in the middle of its work', async () => {
    // It stalls just as a signed answer is about to be sent.
    const node = await start(over([proxy.url], { requestTimeoutMs: 60_000 }), (at) => {
      if (at === 'persisted') proxy.fault = 'stall';
    });
    const ids = await askSome();
    await node.until('told of', () =>
      node.node.readiness().reasons.some((reason) => /no RPC endpoint is up/.test(reason)),
    );
    const begunMs = performance.now();
    await node.stop();
    assert.ok(performance.now() - begunMs < STOP_LIMIT_MS);
    proxy.fault = 'pass';
    await assertAnswered(await start(over([proxy.url])), ids);
  });

  it('stalls from the first is not waited for when the node is told to stop', async () => {
    proxy.fault = 'stall';
    const { node } = makeNode(over([proxy.url], { requestTimeoutMs: 60_000 }));
    const refused = assert.rejects(node.start(), /the node stops/);
    const begunMs = performance.now();
    await node.stop();
    await refused;
    assert.ok(performance.now() - begunMs < STOP_LIMIT_MS);
  });

  it('is started again goes on with it', async () => {
    const node = await start({ ...fixture.config });
    const before = await askSome();
    await network.neoGo.restart();
    const after = await askSome();
    await assertAnswered(node, [...before, ...after]);
  });

  it('is not there yet ends with an error that says to try again later', async () => {
    const [port = 0] = await freePorts(1);
    const { node } = makeNode(over([`http://127.0.0.1:${port}`]));
    await assert.rejects(node.start(), (error: Error) => {
      assert.ok(isRetryable(error), `${error}`);
      assert.match(error.message, new RegExp(`127\\.0\\.0\\.1:${port}`));
      return true;
    });
    await node.ended;
  });
});
