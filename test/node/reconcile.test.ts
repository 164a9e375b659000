import assert from 'node:assert/strict';
import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import type { PrivateNetwork } from '../../scripts/devnet/private-network.js';
import { sharedNetwork } from '../../scripts/devnet/shared-network.js';
import type { NodeConfig } from '../../src/config/node-config.js';
import { creditOf } from '../../src/gasbank/accounts.js';
import { GATEWAY_HELD } from '../../src/gasbank/chain-figures.js';
import { createProofStore } from '../../src/gasbank/proof-store.js';
import { DATABASE_FILE } from '../../src/node.js';
import { createCursorStore } from '../../src/pipeline/cursor-store.js';
import { LIE_DATOSHI, type Lie, type LyingProxy, startLyingProxy } from '../chain/lying-proxy.js';
import { assertHonest, responsesTo } from './answers.js';
import { ask, consumerAsks, specOf } from './asking.js';
import { assertEveryBlock } from './books-by-block.js';
import { type NodeFixture, nodeFixture } from './node-fixture.js';
import { type RunningNode, startNode } from './running-node.js';

/** After three times that without a comparison nothing is spent. */
const EVERY_BLOCKS = 5;

describe('a node that holds its books against the chain', function () {
  this.timeout(60_000);
  let network: PrivateNetwork;
  let fixture: NodeFixture;
  let proxy: LyingProxy;
  let running: RunningNode;
  before(async () => {
    network = await sharedNetwork();
    fixture = await nodeFixture(network);
    proxy = await startLyingProxy(network.rpcUrl);
  });
  afterEach(async () => {
    proxy.lie = 'truth';
    await running?.stop();
  });
  after(async () => {
    await proxy?.stop();
    await fixture?.stop();
  });

  const over = (...rpcUrls: string[]): NodeConfig => ({
    ...fixture.config,
    network: { ...fixture.config.network, rpcUrls },
    gasbank: { ...fixture.config.gasbank, reconcileEveryBlocks: EVERY_BLOCKS },
  });
  const askOne = async (): Promise<bigint> => {
    const { ids } = await ask(fixture, [consumerAsks(fixture, { spec: specOf(fixture, '/one') })]);
    return ids[0] as bigint;
  };
  const assertAnswered = async (...ids: bigint[]) => {
    await assertHonest(fixture, running, await responsesTo(fixture, running, ids), 0);
  };
  const books = () => running.node.status().books;
  const untilAgreed = () =>
    running.until('all accounts agreed since the start', () => {
      const { startedAtMs } = running.node.status();
      return (books().agreedAtMs ?? 0) >= (startedAtMs ?? 0);
    });
  const untilHeld = (id: bigint, reason: RegExp) =>
    running.until(`request ${id} is held: ${reason}`, () => {
      const told = running.find(id);
      return told?.state === 'resolved' && reason.test(told.reason);
    });
  const untilTrueAgain = async () => {
    proxy.lie = 'truth';
    await running.until('spending goes on', () => books().stopped === null);
    assert.deepEqual(books().differences, []);
  };

  it('finds them to agree at every block, under traffic', async () => {
    running = await startNode(over(proxy.url));
    const ids: bigint[] = [];
    for (let round = 0; round < 8; round++) {
      const scripts = Array.from({ length: 4 }, (_, at) =>
        consumerAsks(fixture, { spec: specOf(fixture, `/${round}/${at}`) }),
      );
      ids.push(...(await ask(fixture, scripts)).ids);
    }
    await assertAnswered(...ids);
    const { agreedBlock } = books();
    await running.until('compared again', () => (books().agreedBlock ?? 0) > (agreedBlock ?? 0));
    assert.doesNotMatch(running.logText(), /the books differ/);
    // And by itself, as the node may have passed over a block.
    const { blocks } = await assertEveryBlock(fixture, running.db);
    assert.ok(blocks > 3, `${blocks} blocks`);
  });

  it('spends nothing while an endpoint tells otherwise, and goes on when it does no more', async () => {
    running = await startNode(over(proxy.url));
    await untilAgreed();
    proxy.lie = 'balance';
    await running.until('stopped', () => books().stopped !== null);
    const [difference] = books().differences;
    assert.equal(difference?.account, GATEWAY_HELD);
    assert.equal(difference.chainDatoshi - difference.ledgerDatoshi, LIE_DATOSHI);
    assert.ok((difference.agreedBlock ?? 0) < difference.firstBlock);
    const id = await askOne();
    await untilHeld(id, /nothing is spent: the books differ from the chain: the gateway holds in/);
    assert.match(running.explain(id).next, /the node tries to send the answer at/);
    assert.deepEqual(running.node.readiness(), { ready: true, reasons: [] });
    await untilTrueAgain();
    await assertAnswered(id);
  });

  for (const lie of ['height', 'stale', 'fault', 'short'] satisfies Lie[]) {
    it(`spends nothing when nothing can be compared for long (${lie}), and goes on after`, async () => {
      running = await startNode(over(proxy.url));
      await untilAgreed();
      proxy.lie = lie;
      const reason = /the books were not held against the chain since block \d+: the endpoint/;
      await running.until('stopped', () => reason.test(books().stopped ?? ''));
      const id = await askOne();
      await untilHeld(id, reason);
      assert.ok(proxy.told > 0);
      await untilTrueAgain();
      await assertAnswered(id);
    });
  }

  it('believes one endpoint that agrees rather than another that lies', async () => {
    running = await startNode(over(proxy.url, network.rpcUrl));
    proxy.lie = 'balance';
    await running.until('told', () => /tells other balances than another/.test(running.logText()));
    await assertAnswered(await askOne());
    assert.deepEqual(books().differences, []);
  });

  it('opens its books when all endpoints tell the same, not when one lies', async () => {
    const config = over(proxy.url, network.rpcUrl);
    proxy.lie = 'balance';
    running = await startNode({ ...config, storage: { dir: join(fixture.folder, 'opened') } });
    await running.until('told', () => /different opening balances/.test(running.logText()));
    const id = await askOne();
    await running.until('its answer waits', () => running.find(id)?.state === 'resolved');
    assert.doesNotMatch(running.logText(), /opening balance booked/);
    proxy.lie = 'truth';
    await assertAnswered(id);
    await untilAgreed();
  });

  it('names an account that was changed by hand, though it is started anew', async () => {
    running = await startNode(over(network.rpcUrl));
    await untilAgreed();
    const account = creditOf(fixture.consumer);
    forge(account, 1_000n);
    await running.until('named', () =>
      books().differences.some((difference) => difference.account === account),
    );
    await running.stop();
    running = await startNode(over(network.rpcUrl));
    assert.match(books().stopped ?? '', /the books differ from the chain/);
    const id = await askOne();
    await untilHeld(id, new RegExp(`nothing is spent: the books differ.*${account} has`));
    forge(account, -1_000n);
    await running.until('spending goes on', () => books().stopped === null);
    await assertAnswered(id);
    const height = createCursorStore(running.db).read()?.height ?? 0;
    assert.ok((createProofStore(running.db).proof()?.agreedBlock ?? 0) <= height);
  });

  /** Past the ledger's triggers, as nobody but a bug or a burglar would. */
  function forge(account: string, amount: bigint): void {
    const db = new SqliteDatabase(join(fixture.config.storage.dir, DATABASE_FILE));
    db.prepare('UPDATE ledger_account SET posted = posted + ? WHERE id = ?').run(amount, account);
    db.close();
  }
});
