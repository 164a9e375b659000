import assert from 'node:assert/strict';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DevnetAccount, walletFileText } from '../../scripts/devnet/account.js';
import { readContract as compiled, deployContracts } from '../../scripts/devnet/contracts.js';
import type { PrivateNetwork } from '../../scripts/devnet/private-network.js';
import { sharedNetwork } from '../../scripts/devnet/shared-network.js';
import { parseGas } from '../../src/base/datoshi.js';
import { checkChain } from '../../src/chain/chain-check.js';
import { readContract } from '../../src/chain/contract-read.js';
import { gatewayContracts } from '../../src/chain/gateway-contracts.js';
import { gatewayReads } from '../../src/chain/gateway-reads.js';
import { startEndpoint } from '../chain/local-endpoint.js';
import { forward } from '../chain/lying-proxy.js';
import { KILLED } from '../node/node-process.js';
import { runCliProcess } from './cli-process.js';
import { commandLine, longestLine } from './command-line.js';

const PASSWORD = 'secret of a test';

describe('dodona gateway', function () {
  this.timeout(60_000);
  const cli = commandLine();
  const folder = mkdtempSync(join(tmpdir(), 'dodona-gateway-'));
  let network: PrivateNetwork;
  let owner: DevnetAccount;
  let node: DevnetAccount;
  before(async () => {
    network = await sharedNetwork();
    [owner, node] = await Promise.all([
      network.newAccount(parseGas('100')),
      network.newAccount(parseGas('1')),
    ]);
    writeFileSync(join(folder, 'password'), `${PASSWORD}\n`, { mode: 0o600 });
  });
  after(() => {
    cli.remove();
    rmSync(folder, { recursive: true });
  });

  const signs = async (account: DevnetAccount): Promise<string[]> => {
    const wallet = join(folder, `${account.address}.json`);
    writeFileSync(wallet, await walletFileText([account], PASSWORD), { mode: 0o600 });
    return ['--wallet', wallet, '--password-file', join(folder, 'password')];
  };
  const deploy = async (account: DevnetAccount, ...words: string[]) => {
    const given = ['--rpc', network.rpcUrl, '--node', node.address];
    return cli.run('gateway', 'deploy', ...given, ...(await signs(account)), ...words);
  };
  const at = (gateway: string) => ['--rpc', network.rpcUrl, '--gateway', gateway];
  const hashOf = async (account: DevnetAccount) =>
    (await gatewayContracts(account.hash, node.hash)).gateway.hash;

  it('tells the hash before there is a gateway, and what it costs', async () => {
    const told = await cli.run('gateway', 'hash', '--owner', owner.address, '--json');
    assert.equal(JSON.parse(told.out).gateway, await hashOf(owner));
    const { exitCode, out } = await deploy(owner, '--dry-run');
    assert.equal(exitCode, 0);
    assert.match(out, /^gateway {4}0x[0-9a-f]{40}, costs 4\d\.\d{8} GAS$/m);
    assert.match(out, /^executor {3}0x[0-9a-f]{40}, costs 1\d\.\d{8} GAS$/m);
    assert.match(out, /nothing was sent/);
    assert.ok(longestLine(out) <= 100);
    const { magic } = network;
    const absent = checkChain(network.rpc, { magic, gateway: await hashOf(owner) });
    await assert.rejects(absent, { code: 'GATEWAY_MISSING' });
  });

  it('deploys one that a node can serve, and leaves what is there as it is', async () => {
    const first = await deploy(owner, '--json');
    assert.equal(first.exitCode, 0, first.out + first.err);
    const report = JSON.parse(first.out);
    const gateway = await hashOf(owner);
    assert.equal(report.gateway, gateway);
    const facts = await checkChain(network.rpc, { magic: network.magic, gateway });
    assert.deepEqual([facts.nodeAccount, facts.isPaused], [node.hash, false]);
    const reads = gatewayReads(gateway);
    assert.equal(await readContract(network.rpc, reads.owner()), owner.hash);
    assert.equal(await readContract(network.rpc, reads.executor()), report.executor);
    const [sent] = report.deployments;
    assert.equal(report.startBlock, (await network.applied(sent.sent.tx)).blockIndex);
    const again = JSON.parse((await deploy(owner, '--json')).out);
    assert.deepEqual(
      again.deployments.map(({ wasThere }: { wasThere: boolean }) => wasThere),
      [true, true],
    );
    assert.deepEqual([again.feesDatoshi, again.startBlock], ['0', null]);
  });

  it('finishes a deployment that was interrupted', async () => {
    const other = await network.newAccount(parseGas('100'));
    const { gateway, executor } = await gatewayContracts(other.hash, node.hash);
    const data = [other.hash, node.hash, executor.hash];
    await deployContracts(network, other, [{ contract: await compiled('gateway'), data }]);
    const { exitCode, out } = await deploy(other);
    assert.equal(exitCode, 0);
    assert.match(out, new RegExp(`^gateway {4}${gateway.hash}, there already$`, 'm'));
    assert.match(out, /^done {7}executor in block \d+,\s+0x/m);
    await network.rpc.call('getcontractstate', [executor.hash]);
  });

  it('leaves the node account of a gateway that is there, and says whose it is', async () => {
    const given = ['gateway', 'deploy', '--rpc', network.rpcUrl, '--node', owner.address];
    const { exitCode, out } = await cli.run(...given, ...(await signs(owner)), '--json');
    const { error } = JSON.parse(out);
    assert.deepEqual([exitCode, error.code], [1, 'GATEWAY_OTHER_NODE']);
    const [now, wanted] = [node.address, owner.address];
    assert.match(error.message, new RegExp(`takes the answers of ${now}, not those of ${wanted}`));
    assert.match(error.hint, /dodona keys rotate --kind node --wallet/);
  });

  it('waits out an endpoint that fails once it has taken the deployment', async () => {
    let failures = 0;
    let sent = 0;
    const proxy = await startEndpoint(async (body, response) => {
      const answer = await forward(network.rpcUrl, body);
      if (body.includes('"sendrawtransaction"')) {
        sent += 1;
        failures = 5;
      }
      if (failures === 0) return response.end(answer);
      failures -= 1;
      return response.writeHead(502).end('bad gateway');
    });
    try {
      const other = await network.newAccount(parseGas('100'));
      const given = ['gateway', 'deploy', '--rpc', proxy.url, '--node', node.address];
      const { exitCode, out, err } = await cli.run(...given, ...(await signs(other)));
      assert.equal(exitCode, 0, out + err);
      const told = [...out.matchAll(/^sent +(0x[0-9a-f]{64}),\s+valid\s+up\s+to\s+block\s+\d+$/gm)];
      const done = [...out.matchAll(/^done .* in block \d+,\s+(0x[0-9a-f]{64})$/gm)];
      assert.deepEqual(
        told.map(([, tx]) => tx),
        done.map(([, tx]) => tx),
      );
      assert.deepEqual([told.length, sent], [2, 2]);
    } finally {
      await proxy.stop();
    }
  });

  it('pays no deployment twice when it was ended before the block of the first', async () => {
    const other = await network.newAccount(parseGas('100'));
    const words = ['gateway', 'deploy', '--rpc', network.rpcUrl, '--node', node.address];
    const signing = await signs(other);
    const ended = await runCliProcess(folder, 'deployment noted', [...words, ...signing]);
    assert.equal(ended.exitCode, KILLED, ended.text);
    const notes = readdirSync(folder).filter((name) => name.includes('.deployment-'));
    const [note = ''] = notes.filter((name) =>
      name.includes(`-${network.magic}-${other.address}.`),
    );
    assert.equal(statSync(join(folder, note)).mode & 0o077, 0);
    const { tx } = JSON.parse(readFileSync(join(folder, note), 'utf8'));
    const dry = await cli.run(...words, ...signing, '--dry-run');
    assert.match(
      dry.out,
      new RegExp(`^earlier +${tx},\\s+valid\\s+up\\s+to\\s+block\\s+\\d+$`, 'm'),
    );
    const { exitCode, out } = await cli.run(...words, ...signing);
    assert.equal(exitCode, 0, out);
    const { blockIndex } = await network.applied(tx);
    assert.match(out, new RegExp(`^earlier +it is in block ${blockIndex}$`, 'm'));
    assert.match(out, /^gateway .*, there already$/m);
    assert.deepEqual(out.match(/^sent /gm), ['sent ']);
    assert.equal(existsSync(join(folder, note)), false);
  });

  it('sends nothing that the account cannot pay, or without its password', async () => {
    const poor = await network.newAccount(parseGas('12'));
    const { exitCode, err } = await deploy(poor);
    assert.equal(exitCode, 1);
    assert.match(err, /has 12\.00000000 GAS, and 5\d\.\d{8} GAS of fees are needed/);
    writeFileSync(join(folder, 'wrong'), 'wrong\n', { mode: 0o600 });
    const [option = '', wallet = ''] = await signs(poor);
    const given = ['--rpc', network.rpcUrl, '--node', node.address, option, wallet];
    const refused = await cli.run(
      ...['gateway', 'deploy', ...given, '--password-file', join(folder, 'wrong')],
    );
    assert.match(refused.err, /WALLET_PASSWORD|password does not open/);
  });

  it('sets what is named of the policy, by its owner alone', async () => {
    const gateway = await hashOf(owner);
    const policy = () => readContract(network.rpc, gatewayReads(gateway).policy());
    const before = await policy();
    const set = ['--minimum', 'http=0.5', '--premium', 'random=0.1', '--request-lifetime', '480'];
    const words = ['gateway', 'set-policy', ...at(gateway), ...set];
    const stranger = await cli.run(...words, ...(await signs(node)));
    assert.equal(stranger.exitCode, 1);
    assert.match(stranger.err, /owner/);
    assert.deepEqual(await policy(), before);
    const { exitCode, out } = await cli.run(...words, ...(await signs(owner)));
    assert.equal(exitCode, 0, out);
    const after = await policy();
    const [minimums, premiums] = [[...before.minimums], [...before.premiums]];
    minimums[1] = parseGas('0.5');
    premiums[3] = parseGas('0.1');
    assert.deepEqual(after, { ...before, minimums, premiums, requestLifetime: 480 });
    for (const [wrong, expected] of [
      [['--minimum', 'htp=1'], /expected KIND=GAS, the kind one of oracle, http/],
      [['--minimum', 'http=x'], /expected an amount of GAS/],
      [['--update-delay', '-1'], /expected a number of blocks/],
      [[], /nothing is to be changed/],
    ] as const) {
      const found = ['gateway', 'set-policy', ...at(gateway), ...wrong];
      const { exitCode: code, err } = await cli.run(...found, ...(await signs(owner)));
      assert.equal(code, 1);
      assert.match(err, expected);
    }
  });

  it('shows owner, node and policy, and hands the gateway over to who accepts', async () => {
    const gateway = await hashOf(owner);
    const next = await network.newAccount(parseGas('5'));
    const transfer = ['gateway', 'transfer-ownership', next.address, ...at(gateway)];
    assert.equal((await cli.run(...transfer, ...(await signs(owner)))).exitCode, 0);
    const shown = await cli.run('gateway', 'show', ...at(gateway));
    assert.match(shown.out, new RegExp(`^owner {6}${owner.address}$`, 'm'));
    assert.match(shown.out, new RegExp(`^node {7}${node.address}$`, 'm'));
    assert.match(shown.out, /^http +0\.50000000 +0\.00000000$/m);
    assert.ok(longestLine(shown.out) <= 100);
    const accept = ['gateway', 'accept-ownership', ...at(gateway)];
    assert.equal((await cli.run(...accept, ...(await signs(node)))).exitCode, 1);
    assert.equal((await cli.run(...accept, ...(await signs(next)))).exitCode, 0);
    const { out } = await cli.run('gateway', 'show', ...at(gateway), '--json');
    assert.equal(JSON.parse(out).owner, next.hash);
  });
});
