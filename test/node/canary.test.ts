import assert from 'node:assert/strict';
import { depositCredit } from '../../scripts/devnet/contracts.js';
import { sharedNetwork } from '../../scripts/devnet/shared-network.js';
import { parseGas } from '../../src/base/datoshi.js';
import { readContract } from '../../src/chain/contract-read.js';
import { gatewayReads } from '../../src/chain/gateway-reads.js';
import type { NodeConfig } from '../../src/config/node-config.js';
import { createLatestRequests } from '../../src/requests/latest-requests-store.js';
import { assertBooksMatchChain } from './books.js';
import { type NodeFixture, nodeFixture } from './node-fixture.js';
import { type RunningNode, startNode } from './running-node.js';

describe('requests of a node to itself', function () {
  this.timeout(90_000);
  let fixture: NodeFixture;
  let running: RunningNode | null = null;
  before(async () => {
    fixture = await nodeFixture(await sharedNetwork());
  });
  afterEach(async () => {
    await running?.stop();
    running = null;
  });
  after(() => fixture?.stop());

  const configOf = (path: string, rule: Partial<NodeConfig['canary']> = {}): NodeConfig => ({
    ...fixture.config,
    canary: {
      url: `${fixture.source.httpUrl}${path}`,
      ...{ filter: '$.values[0]', everyMs: 1, timeoutMs: 60_000, maxFee: parseGas('1') },
      ...rule,
    },
  });
  const runs = async (outcome: string): Promise<number> => {
    const text = (await running?.metricsText()) ?? '';
    const [, count] =
      new RegExp(`^dodona_canary_runs_total\\{outcome="${outcome}"\\} (\\d+)$`, 'm').exec(text) ??
      [];
    return Number(count);
  };
  const until = (outcome: string, count: number) =>
    running?.until(`${count} times ${outcome}`, async () => (await runs(outcome)) >= count);

  it('cannot be made without credit, and say so', async () => {
    running = await startNode(configOf('/canary', { everyMs: 100 }));
    await until('unsent', 2);
    assert.match(
      running.logText(),
      /canary failed.*0\.00000000 GAS of credit.*pay in with deposit/,
    );
    const text = await running.metricsText();
    assert.match(text, /^dodona_canary_failures_in_a_row [2-9]/m);
    assert.equal(await runs('success'), 0);
  });

  it('are answered like all others, taken with the next, and on the books to the datoshi', async () => {
    const { network, owner, gateway, node } = fixture;
    await depositCredit(network, owner, gateway, node.hash, parseGas('20'));
    running = await startNode(configOf('/canary'));
    await until('success', 3);
    const text = await running.metricsText();
    assert.match(text, /^dodona_canary_failures_in_a_row 0$/m);
    assert.match(text, /^dodona_canary_duration_seconds_count [3-9]/m);
    const made = createLatestRequests(running.db)(node.hash);
    assert.ok(made.length >= 3);
    // The chain keeps no result but those of the latest: each request takes the one before it.
    const [, , third] = made.filter(({ state }) => state === 'answered');
    const kept = await readContract(network.rpc, gatewayReads(gateway).resultOf(third?.id ?? 0n));
    assert.equal(kept, null);
    await running.stop();
    running = await startNode({ ...fixture.config, canary: null });
    await assertBooksMatchChain(network, gateway, running.db);
  });

  it('are a failure when the source is', async () => {
    fixture.source.on('/broken', (_, response) => response.writeHead(404).end());
    running = await startNode(configOf('/broken'));
    await until('wrong', 1);
    assert.match(running.logText(), /canary failed.*answered with NotFound/);
    assert.equal(await runs('success'), 0);
  });

  it('are late when no answer comes in time', async () => {
    const release = fixture.source.hold();
    running = await startNode(configOf('/canary', { timeoutMs: 200, everyMs: 600_000 }));
    await until('late', 1);
    release();
    assert.match(
      running.logText(),
      /canary failed.*not answered within 200 ms \(canary\.timeout\)/,
    );
  });
});
