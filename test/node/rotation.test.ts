import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { depositCredit } from '../../scripts/devnet/contracts.js';
import { sharedNetwork } from '../../scripts/devnet/shared-network.js';
import type { AlertMessage } from '../../src/alerts/alert-message.js';
import { parseGas } from '../../src/base/datoshi.js';
import { addressToHash160 } from '../../src/base/hash.js';
import { readContract } from '../../src/chain/contract-read.js';
import { readGatewayKeys } from '../../src/chain/gateway-keys.js';
import { gatewayReads } from '../../src/chain/gateway-reads.js';
import { GAS_TOKEN } from '../../src/chain/native-contracts.js';
import { walletFilesOf } from '../../src/config/wallet-config.js';
import { readWalletEntries } from '../../src/config/wallet-file.js';
import { walletOf } from '../../src/gasbank/accounts.js';
import { createLedgerStore } from '../../src/gasbank/ledger-store.js';
import { asideFile } from '../../src/keystore/nep6-wallet.js';
import { commandLine } from '../cli/command-line.js';
import { assertHonest, responsesTo } from './answers.js';
import { ask, consumerAsks, specOf } from './asking.js';
import { assertBooksMatchChain } from './books.js';
import { type NodeFixture, nodeFixture } from './node-fixture.js';
import { type RunningNode, startNode } from './running-node.js';

describe('a rotation of the node account under a running node', function () {
  this.timeout(120_000);
  const cli = commandLine();
  let fixture: NodeFixture;
  let running: RunningNode;
  /** What the node's alerts told. */
  const hooked: AlertMessage[] = [];
  before(async () => {
    fixture = await nodeFixture(await sharedNetwork(), { nodeGas: parseGas('100') });
    const { network, owner, gateway, node } = fixture;
    await depositCredit(network, owner, gateway, node.hash, parseGas('2'));
    const { source, config } = fixture;
    source.on('/hook', ({ body }, response) => {
      hooked.push(JSON.parse(body) as AlertMessage);
      response.writeHead(204).end();
    });
    const webhook = { url: `${source.httpUrl}/hook`, secretFile: null, timeoutMs: 10_000 };
    const alerts = { ...config.alerts, everyMs: 200, allow: config.http.allow, webhook };
    // Blocks come each 100 ms, however busy the machine is: no answer may die of that.
    const pipeline = { ...config.pipeline, validUntilBlocks: 100 };
    running = await startNode({ ...config, alerts, pipeline });
  });
  after(async () => {
    cli.remove();
    await running?.stop();
    await fixture?.stop();
  });

  const rotate = async (...words: string[]) => {
    const given = ['--kind', 'node', ...words, '--config', fixture.config.file];
    const { exitCode, out, err } = await cli.run('keys', 'rotate', ...given);
    assert.equal(exitCode, 0, out + err);
    return out;
  };
  /** Transactions of own accounts that the node counted as somebody else's. */
  const foreign = async () => {
    const text = await running.metricsText();
    const count = (what: string): number => {
      const line = `^dodona_foreign_transactions_total\\{what="${what}"\\} (\\d+)$`;
      return Number(new RegExp(line, 'm').exec(text)?.[1]);
    };
    return { fees: count('fees'), moved: count('moved') };
  };
  // Answers of one length: one that is longer than the one before costs the consumer more to store.
  let asked = 100;
  const askOne = async () => {
    asked += 1;
    const spec = specOf(fixture, `/${asked}`);
    return (await ask(fixture, [consumerAsks(fixture, { spec })])).ids;
  };

  it('shows each step with its cost, and changes nothing', async () => {
    const before = readWalletEntries(walletFilesOf(fixture.config).file);
    const out = await rotate('--dry-run', '--sweep');
    assert.deepEqual(
      [...out.matchAll(/^(\w+) {2,}\w/gm)].map(([, step]) => step),
      'create propose fund accept switch follow drain withdraw sweep retire'.split(' '),
    );
    for (const step of ['propose', 'fund', 'accept', 'withdraw', 'sweep']) {
      assert.match(out, new RegExp(`^${step} [\\s\\S]*?\\(fees 0\\.\\d{8} GAS\\)`, 'm'));
    }
    assert.doesNotMatch(out, /refused/);
    assert.deepEqual(readWalletEntries(walletFilesOf(fixture.config).file), before);
    const keys = await readGatewayKeys(fixture.network.rpc, fixture.gateway);
    assert.equal(keys.proposed, null);
  });

  it('goes over to the new one while requests come in, and the books are true throughout', async () => {
    const { network, gateway, node, config } = fixture;
    const ids: bigint[] = [...(await askOne())];
    let isOver = false;
    const asking = (async () => {
      while (!isOver) ids.push(...(await askOne()));
    })();
    const out = await rotate('--sweep', '--fund', '20').finally(() => {
      isOver = true;
    });
    await asking;
    ids.push(...(await askOne()));
    assert.match(out, /The rotation is done\.$/m);
    assert.match(out, /withdraws 2\.00000000 GAS of its credit/);
    assert.doesNotMatch(out, /of its credit stay/);
    const credit = await readContract(network.rpc, gatewayReads(gateway).creditOf(node.hash));
    assert.equal(credit, 0n);
    await running.untilEnded(ids);
    await assertHonest(fixture, running, await responsesTo(fixture, running, ids), 0);
    const [entry, ...others] = readWalletEntries(walletFilesOf(config).file);
    assert.ok(entry?.isDefault && others.length === 0);
    const keys = await readGatewayKeys(network.rpc, gateway);
    assert.equal(keys.nodeAccount, entry.account);
    assert.equal(running.node.status().wallet?.account, entry.account);
    assert.ok(existsSync(asideFile(walletFilesOf(config).file, node.address)));
    await assertBooksMatchChain(network, gateway, running.db);
    const ledger = createLedgerStore(running.db);
    const [old, now] = [node.hash, entry.account].map((a) => ledger.balance(walletOf(a)).posted);
    assert.ok((old ?? 1n) < parseGas('0.01'), `${old} left`);
    assert.ok((now ?? 0n) > parseGas('80'), `${now} there`);
    assert.deepEqual(await foreign(), { fees: 0, moved: 0 });
    const done = await rotate('--continue');
    assert.match(done, /No rotation is under way/);
    assert.equal(addressToHash160(entry.address), entry.account);
  });

  it('counts as foreign what a thief moves out of the account that was given up', async () => {
    const { network, node, owner, config } = fixture;
    await network.fund(node.hash, parseGas('5'));
    const sends = [node.hash, owner.hash, parseGas('1'), null];
    assert.equal((await network.invoke(node, GAS_TOKEN, 'transfer', sends)).state, 'HALT');
    await running.until('the move is counted', async () => (await foreign()).moved === 1);
    assert.deepEqual(await foreign(), { fees: 1, moved: 1 });
    const isTold = ({ alerts }: AlertMessage) =>
      alerts.some(({ alert }) => alert === 'DodonaForeignTransaction');
    await running.until('it is told', () => hooked.some(isTold));
    // From the account that the node signs as now.
    const account = running.node.status().wallet?.account;
    assert.notEqual(account, node.hash);
    assert.equal(hooked.find(isTold)?.node.account, account);
    const { exitCode, out, err } = await cli.run('gasbank', 'rebuild', '--config', config.file);
    assert.equal(exitCode, 0, `books derived from the chain alone: ${out}${err}`);
  });

  it('goes back to a former account, too', async () => {
    const { network, gateway, node, config } = fixture;
    // Before its end only the owner can propose again.
    const { overlap } = await readGatewayKeys(network.rpc, gateway);
    await network.waitForBlock((overlap?.until ?? 0) + 1);
    const aside = asideFile(walletFilesOf(config).file, node.address);
    const from = ['--file', aside, '--key-password-file', walletFilesOf(config).passwordFile];
    const imported = await cli.run('keys', 'import', ...from, '--config', config.file);
    assert.equal(imported.exitCode, 0, imported.err);
    await network.fund(node.hash, parseGas('40'));
    const ledger = createLedgerStore(running.db);
    await running.until('the GAS is on the books', () => {
      return ledger.balance(walletOf(node.hash)).posted >= parseGas('40');
    });
    assert.match(await rotate('--next', node.address, '--fund', '20'), /The rotation is done\.$/m);
    assert.equal(running.node.status().wallet?.account, node.hash);
  });
});
