import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { depositCredit } from '../../scripts/devnet/contracts.js';
import type { PrivateNetwork } from '../../scripts/devnet/private-network.js';
import { sharedNetwork } from '../../scripts/devnet/shared-network.js';
import { parseGas } from '../../src/base/datoshi.js';
import type { NodeError } from '../../src/base/node-error.js';
import type { NodeConfig } from '../../src/config/node-config.js';
import { type LyingProxy, startLyingProxy } from '../chain/lying-proxy.js';
import { assertHonest, responsesTo } from './answers.js';
import { ask, consumerAsks, specOf } from './asking.js';
import { type NodeFixture, nodeFixture } from './node-fixture.js';
import { refusalOf } from './refusal.js';
import { makeNode, startNode } from './running-node.js';

describe('a node whose books would begin after the gateway did', function () {
  this.timeout(60_000);
  let network: PrivateNetwork;
  let fixture: NodeFixture;
  let proxy: LyingProxy;
  /** After the consumer was given credit. */
  let late: number;
  before(async () => {
    network = await sharedNetwork();
    fixture = await nodeFixture(network);
    late = (await network.height()) + 1;
    await network.waitForBlock(late);
    proxy = await startLyingProxy(network.rpcUrl);
  });
  afterEach(async () => {
    await rm(fixture.config.storage.dir, { recursive: true, force: true });
  });
  after(async () => {
    await proxy?.stop();
    await fixture?.stop();
  });

  const from = (startBlock: number, rpcUrl = network.rpcUrl): NodeConfig => ({
    ...fixture.config,
    network: { ...fixture.config.network, rpcUrls: [rpcUrl] },
    gateway: { ...fixture.config.gateway, startBlock },
  });
  const asks = () => ask(fixture, [consumerAsks(fixture, { spec: specOf(fixture, '/one') })]);
  const assertTold = (error: NodeError, how: RegExp) => {
    assert.deepEqual([error.code, error.retryable], ['GATEWAY_START_TOO_LATE', false]);
    assert.match(
      error.message,
      /^gateway\.startBlock is later than the deployment of the gateway: /,
    );
    assert.match(error.message, how);
    assert.match(
      error.hint ?? '',
      /Set gateway\.startBlock to .*, remove the database if there is/,
    );
  };

  it('refuses to start, and names the right block, which then does', async () => {
    const error = await refusalOf(from(late));
    assertTold(error, new RegExp(`: ${late}, but it was deployed in block \\d+$`));
    const { deployedIn } = error.details as { deployedIn: number };
    assert.ok(deployedIn > fixture.fromBlock && deployedIn < late);
    assert.match(error.hint ?? '', new RegExp(`Set gateway.startBlock to ${deployedIn} `));
    assertTold(await refusalOf(from(deployedIn + 1)), /it was deployed in block/);
    const { ids } = await asks();
    const running = await startNode(from(deployedIn));
    try {
      await assertHonest(fixture, running, await responsesTo(fixture, running, ids), 0);
    } finally {
      await running.stop();
    }
  });

  /** Where no endpoint keeps the past, the books find out by what is missing in them. */
  async function endsWith(startBlock: number, how: RegExp): Promise<void> {
    proxy.keepsPast = false;
    const { node } = makeNode(from(startBlock, proxy.url));
    await node.start();
    await assert.rejects(node.ended, (error: NodeError) => {
      assertTold(error, how);
      return true;
    });
    await node.stop();
  }

  it('ends when the gateway holds more than its events tell', async () => {
    const more = /the gateway holds in all \d+\.\d{8} GAS on the chain and 0\.0+ GAS on the books/;
    await endsWith((await network.height()) + 1, more);
  });

  it('ends when somebody spends what the books never saw him get', async () => {
    await depositCredit(network, fixture.owner, fixture.gateway, fixture.consumer, parseGas('1'));
    const startBlock = await network.height();
    await asks();
    await endsWith(startBlock, /a block moves what the books never had \(account credit:0x/);
  });

  it('ends when a request ends that the books saw no beginning of', async () => {
    const running = await startNode(fixture.config);
    const release = fixture.source.hold();
    const { ids, applied } = await asks();
    await network.waitForBlock(applied.blockIndex + 2);
    release();
    await running.untilEnded(ids);
    await running.stop();
    await rm(fixture.config.storage.dir, { recursive: true, force: true });
    await endsWith(applied.blockIndex + 1, /request \d+ ends, which the books saw no beginning of/);
  });
});
