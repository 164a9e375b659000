import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import type { PrivateNetwork } from '../../scripts/devnet/private-network.js';
import { sharedNetwork } from '../../scripts/devnet/shared-network.js';
import { assertHonest, responsesTo } from './answers.js';
import { ask, consumerAsks, specOf } from './asking.js';
import { assertBooksMatchChain } from './books.js';
import { type NodeFixture, nodeFixture } from './node-fixture.js';
import { refusalOf } from './refusal.js';
import { startNode } from './running-node.js';

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
      const error = await refusalOf(fixture.config);
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
});
