import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createAccount } from '../../scripts/devnet/account.js';
import { deployConsumer } from '../../scripts/devnet/contracts.js';
import type { PrivateNetwork } from '../../scripts/devnet/private-network.js';
import { sharedNetwork } from '../../scripts/devnet/shared-network.js';
import { NodeError } from '../../src/base/node-error.js';
import type { NodeConfig } from '../../src/config/node-config.js';
import { DATABASE_FILE } from '../../src/node.js';
import { assertHonest, responsesTo } from './answers.js';
import { ask, consumerAsks, specOf } from './asking.js';
import { assertBooksMatchChain } from './books.js';
import { type NodeFixture, nodeFixture } from './node-fixture.js';
import { makeNode, startNode } from './running-node.js';

/** The promise of a graceful stop. */
const STOP_LIMIT_MS = 10_000;

describe('a node that stops and starts', function () {
  this.timeout(60_000);
  let network: PrivateNetwork;
  let fixture: NodeFixture;
  before(async () => {
    network = await sharedNetwork();
    fixture = await nodeFixture(network);
  });
  after(async () => {
    await fixture?.stop();
  });

  const askTwo = async () =>
    (
      await ask(fixture, [
        consumerAsks(fixture, { spec: specOf(fixture, '/one') }),
        consumerAsks(fixture, { spec: specOf(fixture, '/two'), filter: '$.path' }),
      ])
    ).ids;
  const refusal = async (config: NodeConfig): Promise<NodeError> => {
    const { node } = makeNode(config);
    const error = await node.start().then(
      () => node.stop().then(() => null),
      (thrown: unknown) => thrown,
    );
    assert.ok(error instanceof NodeError, `started, or failed by ${String(error)}`);
    await node.ended;
    return error;
  };

  it('stops within ten seconds though a source is slow, and finds its work again', async () => {
    const first = await startNode(fixture.config);
    const release = fixture.source.hold();
    const ids = await askTwo();
    await first.until('fetching', () => fixture.source.seen.length >= ids.length);
    const begunMs = performance.now();
    await first.stop();
    assert.ok(performance.now() - begunMs < STOP_LIMIT_MS);
    release();
    const second = await startNode(fixture.config);
    try {
      const responses = await responsesTo(fixture, second, ids);
      await assertHonest(fixture, second, responses, 0);
    } finally {
      await second.stop();
    }
  });

  it('keeps a second node off its directory, until it has ended', async () => {
    const first = await startNode(fixture.config);
    try {
      const error = await refusal(fixture.config);
      assert.equal(error.code, 'NODE_RUNNING');
      assert.equal(error.retryable, true);
      assert.match(error.message, /another node works on \//);
    } finally {
      await first.stop();
    }
    const second = await startNode(fixture.config);
    await second.stop();
  });

  it('knows everything again from the chain when its database is gone', async () => {
    const ids = await askTwo();
    const first = await startNode(fixture.config);
    const before = await responsesTo(fixture, first, ids);
    const told = ids.map((id) => first.explain(id));
    await first.stop();
    await rm(fixture.config.storage.dir, { recursive: true });
    const second = await startNode(fixture.config);
    try {
      const after = await responsesTo(fixture, second, ids);
      assert.deepEqual(after, before, 'nothing was answered again');
      for (const [at, id] of ids.entries()) {
        const { state, code, delivered, feeDatoshi, endedBlock, endedTx, reason } =
          second.explain(id);
        const known = { state, code, delivered, feeDatoshi, endedBlock, endedTx, reason };
        assert.deepEqual({ ...told[at], ...known }, told[at]);
      }
      const more = await askTwo();
      await assertHonest(fixture, second, await responsesTo(fixture, second, more), 0);
      await assertBooksMatchChain(network, fixture.gateway, second.db);
    } finally {
      await second.stop();
    }
  });

  it('ends by a bug with what went wrong, and goes on where it was at the next start', async () => {
    const broken = new Error('bug: made by the test');
    const first = await startNode(fixture.config, {
      crashPoint: (at) => {
        if (at === 'signed') throw broken;
      },
    });
    const ids = await askTwo();
    await assert.rejects(first.node.ended, broken);
    await first.stop();
    const second = await startNode(fixture.config);
    try {
      await assertHonest(fixture, second, await responsesTo(fixture, second, ids), 0);
      await assertBooksMatchChain(network, fixture.gateway, second.db);
    } finally {
      await second.stop();
    }
  });

  it('refuses another network, and writes nothing', async () => {
    const config = {
      ...elsewhere('other-network'),
      network: { ...fixture.config.network, magic: fixture.config.network.magic + 1 },
    };
    const error = await refusal(config);
    assert.match(error.code, /^(CHAIN_WRONG_NETWORK|RPC_WRONG_NETWORK)$/);
    assert.equal(error.retryable, false);
    assert.match(error.message, new RegExp(`${fixture.config.network.magic}`));
    assert.match(error.hint ?? '', /network\.magic/);
    assertNothingWritten(config);
  });

  it('refuses a gateway that is not there or is none, and writes nothing', async () => {
    const nowhere = { ...elsewhere('no-gateway'), gateway: gatewayAt(createAccount().hash) };
    const missing = await refusal(nowhere);
    assert.equal(missing.code, 'GATEWAY_MISSING');
    assert.match(missing.message, new RegExp(nowhere.gateway.hash));
    assertNothingWritten(nowhere);
    const consumer = await deployConsumer(network, await network.newAccount(), fixture.gateway);
    const other = { ...elsewhere('no-gateway'), gateway: gatewayAt(consumer) };
    const wrong = await refusal(other);
    assert.equal(wrong.code, 'GATEWAY_NOT_ONE');
    assert.match(wrong.hint ?? '', /gateway\.hash/);
    assertNothingWritten(other);
  });

  it('refuses a database of another gateway', async () => {
    const other = await nodeFixture(network);
    try {
      const config = { ...other.config, storage: fixture.config.storage };
      const { node } = makeNode(config);
      const failure = await node
        .start()
        .then(
          () => node.ended,
          (thrown: unknown) => Promise.reject(thrown),
        )
        .catch((thrown: unknown) => thrown);
      await node.stop();
      assert.ok(failure instanceof NodeError);
      assert.equal(failure.code, 'DB_OTHER_CHAIN');
      assert.match(failure.hint ?? '', /storage\.dir/);
    } finally {
      await other.stop();
    }
  });

  it('refuses a wallet that its password does not open, without a word of either', async () => {
    const wallet = { ...fixture.config.wallet, passwordFile: fixture.config.wallet.file };
    const error = await refusal({ ...elsewhere('wallet'), wallet });
    assert.match(error.code, /WALLET|PASSWORD/);
    assert.ok(!error.message.includes(fixture.node.wif));
  });

  const elsewhere = (name: string): NodeConfig => ({
    ...fixture.config,
    storage: { dir: join(fixture.folder, name) },
  });
  const gatewayAt = (hash: NodeConfig['gateway']['hash']) => ({ hash, startBlock: null });
  const assertNothingWritten = ({ storage }: NodeConfig) =>
    assert.equal(existsSync(join(storage.dir, DATABASE_FILE)), false);
});
