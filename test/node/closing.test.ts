import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { walletFileText } from '../../scripts/devnet/account.js';
import { depositCredit } from '../../scripts/devnet/contracts.js';
import { sharedNetwork } from '../../scripts/devnet/shared-network.js';
import { parseGas } from '../../src/base/datoshi.js';
import type { Hash160 } from '../../src/base/hash.js';
import { readContract } from '../../src/chain/contract-read.js';
import { gatewayCalls } from '../../src/chain/gateway-calls.js';
import { gatewayReads } from '../../src/chain/gateway-reads.js';
import { runCliProcess } from '../cli/cli-process.js';
import { eventsOf } from './answers.js';
import { ask, consumerAsks, specOf } from './asking.js';
import { assertBooksMatchChain } from './books.js';
import { endingsOf } from './chain-history.js';
import { mustHalt, type NodeFixture, nodeFixture, setTerms } from './node-fixture.js';
import { KILLED } from './node-process.js';
import { type RunningNode, startNode } from './running-node.js';
import { deployMetronomes, register } from './upkeeps.js';

const LIFETIME_BLOCKS = 25;

describe('the drill of closing the service', function () {
  this.timeout(240_000);
  let fixture: NodeFixture;
  let running: RunningNode | null = null;
  let answered: readonly bigint[];
  let refunded: readonly bigint[];
  before(async () => {
    fixture = await nodeFixture(await sharedNetwork());
    const { network, gateway, owner, node, folder } = fixture;
    const file = join(folder, 'owner.json');
    writeFileSync(file, await walletFileText([owner], 'of the owner'), { mode: 0o600 });
    writeFileSync(join(folder, 'owner.password'), 'of the owner', { mode: 0o600 });
    await depositCredit(network, owner, gateway, owner.hash, parseGas('30'));
    // The node's own credit, as for canaries.
    await depositCredit(network, owner, gateway, node.hash, parseGas('2'));
    const [target] = await deployMetronomes(fixture, [4]);
    await register(fixture, [{ target: target as Hash160, trigger: 'every:5' }]);
  });
  after(async () => {
    await running?.stop();
    await fixture?.stop();
  });

  const asOwner = () => [
    ...['--wallet', join(fixture.folder, 'owner.json')],
    ...['--password-file', join(fixture.folder, 'owner.password')],
  ];
  const close = (crashAt: string, ...words: string[]) => {
    const all = ['drill', 'close', '--config', fixture.config.file, ...words];
    return runCliProcess(fixture.folder, crashAt, all);
  };
  async function closes(expected: number, ...words: string[]): Promise<string> {
    const { exitCode, text } = await close('', ...words);
    assert.equal(exitCode, expected, text);
    return text;
  }
  const read = () => gatewayReads(fixture.gateway);
  const isPaused = () => readContract(fixture.network.rpc, read().isPaused());
  const pending = () => readContract(fixture.network.rpc, read().pendingCount());
  const askSome = async (...paths: string[]): Promise<readonly bigint[]> => {
    const scripts = paths.map((path) => consumerAsks(fixture, { spec: specOf(fixture, path) }));
    return (await ask(fixture, scripts)).ids;
  };

  it('shows the steps, and pauses for the owner only', async () => {
    running = await startNode(fixture.config);
    answered = await askSome('/one', '/two');
    await running.untilEnded(answered);
    const plan = await closes(0, '--dry-run');
    assert.match(plan, /^pause +.*\n(?:.*\n)*stop[\s\S]*Nothing was changed/);
    assert.match(await closes(1), /only the gateway's owner can pause it/);
    assert.equal(await isPaused(), false);
    assert.match(await closes(1, '--sweep'), /--sweep goes with --to/);
  });

  it('goes on after a crash at any step, until nothing is owed, and each request ended once', async () => {
    const { network, gateway, node, owner, config } = fixture;
    await running?.stop();
    running = null;
    const waits = await askSome('/waits');
    await setTerms(fixture, { lifetime: LIFETIME_BLOCKS });
    refunded = await askSome('/nobody', '/answers');
    const crashed = await close('pause sent', ...asOwner());
    assert.equal(crashed.exitCode, KILLED, crashed.text);
    // What the books do not know is not taken for ended.
    const unread = await closes(75, ...asOwner());
    assert.match(unread, /not closed yet: 3 requests[\s\S]*3 of them are not[\s\S]*start the node/);
    assert.equal(await isPaused(), true);
    await assert.rejects(askSome('/late'), /paused/);

    // It reads them, but may pay for no answer and no refund.
    const allowLoss = new Set([...config.gasbank.allowLoss].filter((kind) => kind !== 'expire'));
    running = await startNode({
      ...config,
      gasbank: { ...config.gasbank, allowLoss },
      pipeline: { ...config.pipeline, maxNetworkFeeDatoshi: 0n },
    });
    const all = [...waits, ...refunded];
    await running.until('all are known', () => all.every((id) => running?.find(id) !== null));
    await running.stop();
    running = null;
    await network.waitForBlock((await network.height()) + LIFETIME_BLOCKS);
    const refunding = await close('expire sent', ...asOwner());
    assert.equal(refunding.exitCode, KILLED, refunding.text);
    assert.match(refunding.text, /2 requests are refunded/);
    assert.match(await closes(75, '--no-wait'), /1 requests end, by an answer or a refund/);

    const answering = await startNode(config);
    running = answering;
    const to = ['--to', owner.address];
    const collecting = close('collect sent', ...to);
    await answering.untilEnded(waits, 60_000);
    await answering.stop();
    running = null;
    const collected = await collecting;
    assert.equal(collected.exitCode, KILLED, collected.text);
    const withdrawn = await close('withdraw', ...to);
    assert.equal(withdrawn.exitCode, KILLED, withdrawn.text);
    assert.equal(await pending(), 0);
    const done = await closes(0, ...to);
    assert.match(done, /The service is closed\. Nothing is owed: no request waits/);
    assert.match(done, /own +nothing is left/);
    assert.match(
      done,
      /others +\d+\.\d+ GAS at the gateway are of others[\s\S]*locked for upkeeps/,
    );
    assert.match(await closes(0, '--dry-run'), /The service is closed/);
    answered = [...answered, ...waits];
    const [earned, credit] = await Promise.all([
      readContract(network.rpc, read().earnedOf(node.hash)),
      readContract(network.rpc, read().creditOf(node.hash)),
    ]);
    assert.deepEqual([earned, credit], [0n, 0n]);
    const endings = endingsOf(await eventsOf(fixture));
    const namesOf = (ids: readonly bigint[]) =>
      ids.map((id) => endings.get(id)?.map(({ name }) => name));
    assert.deepEqual(namesOf(answered), [['Response'], ['Response'], ['Response']]);
    assert.deepEqual(namesOf(refunded), [['Expired'], ['Expired']]);
    await mustHalt(
      network
        .send(owner, gatewayCalls(gateway).withdraw(owner.hash, owner.hash, parseGas('1')))
        .then(network.applied),
    );
  });

  it('sweeps what is left, opens again, and its books are what the chain says', async () => {
    const { network, gateway, owner, config, folder } = fixture;
    const json = await closes(0, '--to', owner.address, '--sweep', '--json', '--no-wait');
    const told = JSON.parse(json) as { closed: boolean; done: { step: string; tx: string }[] };
    assert.equal(told.closed, true);
    assert.deepEqual(
      told.done.map(({ step }) => step),
      ['sweep'],
    );
    await closes(0, '--reopen', ...asOwner());
    assert.equal(await isPaused(), false);
    const list = ['audit', 'list', '--action', 'closing', '--json', '--config', config.file];
    const audit = await runCliProcess(folder, '', list);
    for (const action of ['closing.pause', 'closing.collect', 'closing.sweep', 'closing.reopen']) {
      assert.ok(audit.text.includes(action), action);
    }
    running = await startNode(config);
    await running.until('its wallet was looked at again', () => {
      const { wallet } = (running as RunningNode).node.status();
      return (wallet?.balanceDatoshi ?? 1_000_000_000n) < parseGas('0.1');
    });
    await assertBooksMatchChain(network, gateway, running.db);
  });
});
