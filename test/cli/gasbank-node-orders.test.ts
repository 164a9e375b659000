import assert from 'node:assert/strict';
import { join } from 'node:path';
import { sharedNetwork } from '../../scripts/devnet/shared-network.js';
import { formatGas, parseGas } from '../../src/base/datoshi.js';
import { readHoldings } from '../../src/gasbank/read-holdings.js';
import { DATABASE_FILE } from '../../src/node.js';
import { drawIdOf } from '../../src/pipeline/transaction-ending.js';
import { openDatabase } from '../../src/storage/database.js';
import { responsesTo } from '../node/answers.js';
import { ask, consumerAsks, specOf } from '../node/asking.js';
import { assertBooksMatchChain } from '../node/books.js';
import { type NodeFixture, nodeFixture } from '../node/node-fixture.js';
import { type RunningNode, startNode } from '../node/running-node.js';
import { commandLine } from './command-line.js';

describe("gasbank orders of the node's own account", function () {
  this.timeout(60_000);
  const cli = commandLine();
  let fixture: NodeFixture;
  let running: RunningNode;
  before(async () => {
    fixture = await nodeFixture(await sharedNetwork());
    running = await startNode(fixture.config);
    const { ids } = await ask(fixture, [consumerAsks(fixture, { spec: specOf(fixture, '/a') })]);
    await responsesTo(fixture, running, ids);
  });
  after(async () => {
    cli.remove();
    await running?.stop();
    await fixture?.stop();
  });

  const runJson = async (...words: string[]) => {
    const asked = [...words, '--config', fixture.config.file, '--json'];
    const { exitCode, out, err } = await cli.run('gasbank', ...asked);
    assert.equal(exitCode, 0, out + err);
    return JSON.parse(out);
  };
  const holdings = () => readHoldings(fixture.network.rpc, fixture.gateway, fixture.node.hash);
  const phasesOf = async (tx: string): Promise<string[]> => {
    const { transfers } = await runJson('history', 'burnt');
    return transfers
      .filter(({ id, pendingId }: { id: string; pendingId: string | null }) =>
        [id, pendingId].includes(drawIdOf(tx as never)),
      )
      .map(({ phase }: { phase: string }) => phase);
  };

  it('draw the fee in the books, and the running node books what became of them', async () => {
    const { sent, fees } = await runJson('deposit', '1.25', '--for', fixture.consumer);
    await running.until('the draw is posted', async () => (await phasesOf(sent.tx)).length === 2);
    assert.deepEqual(await phasesOf(sent.tx), ['post', 'pending']);
    const { transfers } = await runJson('history', 'burnt', '--limit', '1');
    assert.equal(transfers[0].amountDatoshi, fees.totalDatoshi);
    assert.equal(transfers[0].cause, 'order fees');
    await assertBooksMatchChain(fixture.network, fixture.gateway, running.db);
    const { profitAndLoss } = await runJson('forecast');
    const orders = profitAndLoss.ownCosts.find(
      ({ cause }: { cause: string }) => cause === 'orders',
    );
    assert.equal(orders.amount, fees.totalDatoshi);
    const { result, charged, ownCost } = profitAndLoss;
    assert.equal(BigInt(result), BigInt(charged.premium) - BigInt(ownCost));
  });

  it('collect what answers earned, and leave the books as the chain has it', async () => {
    const before = await holdings();
    assert.equal(before.earned > 0n, true);
    const done = await runJson('collect', 'all');
    assert.equal(done.holdings.earned, '0');
    const after = await holdings();
    assert.equal(after.gas - before.gas, before.earned - BigInt(done.fees.totalDatoshi));
    await running.until('all is booked', async () => {
      const { accounts, inFlight } = await runJson('balance', fixture.node.address);
      const earned = accounts.find(({ account }: { account: string }) => /^earned/.test(account));
      return inFlight.transactions === 0 && earned.postedDatoshi === '0';
    });
    await assertBooksMatchChain(fixture.network, fixture.gateway, running.db);
  });

  it('leave the floor of the wallet alone, and say so', async () => {
    const { gas } = await holdings();
    const { fees } = await runJson('deposit', '1', '--dry-run');
    const left = parseGas('0.05');
    const amount = formatGas(gas - BigInt(fees.totalDatoshi) - left);
    assert.equal(left < fixture.config.gasbank.walletFloorDatoshi, true);
    const asked = ['deposit', amount, '--config', fixture.config.file];
    const { exitCode, out, err } = await cli.run('gasbank', ...asked);
    assert.equal(exitCode, 1, out + err);
    assert.match(err, /the wallet keeps 0\.10000000 GAS \(gasbank\.walletFloor\)/);
    assert.equal((await holdings()).gas, gas);
  });

  it('are refused while the books were not held against the chain for long', async () => {
    await running.stop();
    const lookedAt = (set: string): void => {
      const db = openDatabase(join(fixture.config.storage.dir, DATABASE_FILE));
      db.exec(`UPDATE books_proof SET agreed_block = ${set}`);
      db.close();
    };
    const { reconcileEveryBlocks } = fixture.config.gasbank;
    const asked = ['deposit', '0.5', '--config', fixture.config.file];
    lookedAt(`(SELECT height FROM chain_cursor) - ${3 * reconcileEveryBlocks + 1}`);
    const { exitCode, err } = await cli.run('gasbank', ...asked);
    assert.equal(exitCode, 75, err);
    const reason = /nothing is spent: the books were not held against the chain since block -?\d+:/;
    assert.match(err, reason);
    assert.equal((await runJson('balance')).inFlight.transactions, 0);
    lookedAt(`(SELECT height FROM chain_cursor) - ${3 * reconcileEveryBlocks}`);
  });

  it('are set aside while no node runs, and booked at its next start', async () => {
    const { sent, fees } = await runJson('deposit', '0.5');
    const { inFlight } = await runJson('balance');
    const drawn = parseGas('0.5') + BigInt(fees.totalDatoshi);
    assert.deepEqual(inFlight, { datoshi: String(drawn), transactions: 1 });
    assert.deepEqual(await phasesOf(sent.tx), ['pending']);
    running = await startNode(fixture.config);
    await running.until('the draw is posted', async () => (await phasesOf(sent.tx)).length === 2);
    assert.deepEqual(await phasesOf(sent.tx), ['post', 'pending']);
    await running.until('nothing is in flight', async () => {
      return (await runJson('balance')).inFlight.datoshi === '0';
    });
    await assertBooksMatchChain(fixture.network, fixture.gateway, running.db);
  });
});
