import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import {
  GAS_TOKEN,
  type OwnPrivateNetwork,
  type PrivateNetwork,
  startPrivateNetwork,
} from '../../scripts/devnet/private-network.js';
import { sharedNetwork } from '../../scripts/devnet/shared-network.js';
import { parseGas } from '../../src/base/datoshi.js';
import { asInteger } from '../../src/chain/stack-item-values.js';

describe('the network that a test run shares', () => {
  let network: PrivateNetwork;
  before(async () => {
    network = await sharedNetwork();
  });
  after(() => network.disconnect());

  it('is one and the same for everybody who asks', async () => {
    const again = await sharedNetwork();
    again.disconnect();
    assert.deepEqual(again.facts, network.facts);
  });

  it('gives GAS to fresh accounts', async () => {
    const account = await network.newAccount(parseGas('12.5'));
    const balance = await network.read(GAS_TOKEN, 'balanceOf', [account.hash]);
    assert.equal(asInteger(balance, 'balance'), 12_50000000n);
  });

  it('tells of an invocation the block, its fees and its notifications', async () => {
    const account = await network.newAccount();
    const before = await network.height();
    const args = [account.hash, network.faucet.hash, 7n, null];
    const done = await network.invoke(account, GAS_TOKEN, 'transfer', args);
    assert.equal(done.state, 'HALT');
    assert.equal(done.exception, null);
    assert.ok(done.blockIndex > before);
    assert.ok(done.gasConsumed > 0n && done.gasConsumed <= done.systemFee);
    const [transfer] = done.notifications;
    assert.equal(transfer?.contract, GAS_TOKEN);
    assert.equal(transfer?.name, 'Transfer');
    const amount = transfer?.state[2];
    assert.ok(amount);
    assert.equal(asInteger(amount, 'amount'), 7n);
  });

  it('tells why an invocation faulted', async () => {
    const account = await network.newAccount();
    const done = await network.invoke(account, GAS_TOKEN, 'nonsense');
    assert.equal(done.state, 'FAULT');
    assert.match(done.exception ?? '', /method not found: nonsense/);
  });
});

describe('a network of its own', () => {
  let network: OwnPrivateNetwork;
  before(async () => {
    network = await startPrivateNetwork({ blockMs: 100, onDisk: true });
  });
  after(() => network.stop());

  it('goes on with the same chain on the same port after neo-go was stopped', async () => {
    const account = await network.newAccount();
    const before = await network.height();
    await network.neoGo.process().stop();
    await assert.rejects(network.height());
    await network.neoGo.restart();
    await network.waitForBlock(before + 1);
    const balance = await network.read(GAS_TOKEN, 'balanceOf', [account.hash]);
    assert.equal(asInteger(balance, 'balance'), parseGas('100'));
  });

  it('leaves neither a process nor a file when it stops, even a stalled one', async () => {
    const { neoGo } = network;
    const folder = dirname(neoGo.logFile);
    assert.ok(existsSync(folder));
    neoGo.process().signal('SIGSTOP');
    await network.stop();
    assert.throws(() => process.kill(neoGo.process().pid, 0), { code: 'ESRCH' });
    assert.equal(existsSync(folder), false);
  });
});

describe('two networks started at the same moment', () => {
  it('get ports and a magic of their own', async () => {
    const networks = await Promise.all([startPrivateNetwork(), startPrivateNetwork()]);
    try {
      const [first, second] = networks;
      assert.notEqual(first.rpcUrl, second.rpcUrl);
      assert.notEqual(first.magic, second.magic);
    } finally {
      await Promise.all(networks.map((each) => each.stop()));
    }
  });

  it('tell the bounds of the time between blocks', async () => {
    await assert.rejects(startPrivateNetwork({ blockMs: 99 }), /must be 100 to 60000 ms/);
  });
});
