import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { createAccount } from '../../scripts/devnet/account.js';
import { createPrivateChain, eventually } from '../../scripts/devnet/private-chain.js';
import { projectRoot } from '../../scripts/ensure/paths.mjs';
import { systemClock } from '../../src/base/clock.js';
import { hash160 } from '../../src/base/hash.js';
import { createRpcClient } from '../../src/chain/rpc.js';
import { asHash160 } from '../../src/chain/stack-item-values.js';
import { loadConfig } from '../../src/config/load-config.js';
import { descendantsOf, stillRunning } from './process-tree.js';

interface Facts {
  rpc: string;
  ws: string;
  magic: number;
  gateway: string;
  consumer: string;
  owner: { address: string; wif: string };
  faucet: { address: string; wif: string };
  node: { address: string; wif: string };
  config: string;
}

interface Running {
  readonly child: ChildProcess;
  readonly exited: Promise<unknown>;
  readonly stdout: string[];
  readonly stderr: string[];
}

const running: Running[] = [];

/** `npm run devnet -- ARGUMENTS`, in a process group of its own as a terminal would have it. */
function devnet(...args: string[]): Running {
  const npm = ['run', '--silent', 'devnet', '--', '--block-ms', '100', ...args];
  const child = spawn('npm', npm, { cwd: projectRoot, detached: true, stdio: 'pipe' });
  const stdout: string[] = [];
  const stderr: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => stdout.push(line));
  createInterface({ input: child.stderr }).on('line', (line) => stderr.push(line));
  const started = { child, exited: once(child, 'close'), stdout, stderr };
  running.push(started);
  return started;
}

async function factsOf(started: Running): Promise<Facts> {
  const line = await eventually('the line of --json', async () => {
    if (started.child.exitCode !== null) throw new Error(started.stderr.join('\n'));
    return started.stdout[0] ?? null;
  });
  return JSON.parse(line) as Facts;
}

const pidOf = ({ child }: Running): number => child.pid ?? assert.fail('not started');
const runs = (pid: number, program: string) =>
  readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(program);
const pressCtrlC = (started: Running) => process.kill(-pidOf(started), 'SIGINT');
/** What is left of the group, if anything. */
function stopGroup(started: Running): void {
  try {
    process.kill(-pidOf(started), 'SIGTERM');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
const allGone = (pids: readonly number[]) =>
  eventually('the processes to end', async () => (stillRunning(pids).length === 0 ? true : null));

describe('npm run devnet', () => {
  const folders: string[] = [];
  const newFolder = (): string => {
    const folder = mkdtempSync(join(tmpdir(), 'dodona-test-'));
    folders.push(folder);
    return folder;
  };
  afterEach(async () => {
    for (const started of running.splice(0)) {
      stopGroup(started);
      await started.exited;
    }
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  });

  it('prints one line of JSON whose gateway, accounts and configuration work', async () => {
    const started = devnet('--json');
    const facts = await factsOf(started);
    const keys = 'rpc ws magic gateway consumer owner faucet node config'.split(' ');
    assert.deepEqual(Object.keys(facts), keys);
    assert.deepEqual(Object.keys(facts.owner), ['address', 'wif']);
    for (const account of [facts.owner, facts.faucet, facts.node]) {
      assert.equal(createAccount(account.wif).address, account.address);
    }
    const chain = createPrivateChain(
      createRpcClient({ url: facts.rpc, clock: systemClock }),
      facts.magic,
    );
    const owner = await chain.read(hash160(facts.gateway), 'owner');
    assert.equal(asHash160(owner, 'owner'), createAccount(facts.owner.wif).hash);
    const config = loadConfig(facts.config);
    assert.equal(config.network.magic, facts.magic);
    assert.deepEqual(config.network.rpcUrls, [new URL(facts.rpc).href]);
    assert.equal(config.gateway.hash, facts.gateway);
    const sources = config.http.allow.hosts.map(({ host }) => host);
    assert.deepEqual(sources, ['127.0.0.1', 'localhost']);
    pressCtrlC(started);
    await started.exited;
    assert.equal(started.stdout.length, 1);
  });

  it('starts the Dodona node too with --node, which ends with it', async () => {
    const started = devnet('--json', '--node');
    const { port } = loadConfig((await factsOf(started)).config).api;
    const ready = await fetch(`http://127.0.0.1:${port}/readyz`);
    assert.equal(ready.status, 200);
    const pids = descendantsOf(pidOf(started));
    pressCtrlC(started);
    await started.exited;
    assert.deepEqual(stillRunning(pids), []);
  });

  it('leaves no process and no file behind after Ctrl-C', async () => {
    const started = devnet('--json');
    const { config } = await factsOf(started);
    const pids = descendantsOf(pidOf(started));
    assert.ok(pids.length >= 3, `expected npm's children and neo-go, found ${pids.length}`);
    pressCtrlC(started);
    await started.exited;
    assert.deepEqual(stillRunning(pids), []);
    assert.equal(existsSync(dirname(config)), false);
  });

  it('leaves no process behind after Ctrl-C while it starts', async () => {
    const started = devnet('--json');
    await eventually('the first steps', async () =>
      started.stderr.some((line) => line.includes('deploying')) ? true : null,
    );
    const pids = descendantsOf(pidOf(started));
    pressCtrlC(started);
    await started.exited;
    await allGone(pids);
    assert.deepEqual(started.stdout, []);
  });

  for (const [what, command] of [
    ['npm', null],
    ['the runner', 'scripts/run.mjs'],
    ['its script', 'tsx'],
  ] as const) {
    it(`ends when ${what} is killed`, async () => {
      const started = devnet('--json');
      // Who is killed can't remove his files.
      folders.push(dirname((await factsOf(started)).config));
      const pids = descendantsOf(pidOf(started));
      const victims =
        command === null ? [pidOf(started)] : pids.filter((pid) => runs(pid, command));
      assert.ok(victims.length > 0);
      for (const pid of victims) process.kill(pid, 'SIGKILL');
      await allGone(pids);
      await started.exited;
    });
  }

  it('continues the chain of --data with the same accounts and contracts', async () => {
    const folder = newFolder();
    const first = devnet('--json', '--data', folder);
    const before = await factsOf(first);
    const url = before.rpc;
    const chain = createPrivateChain(createRpcClient({ url, clock: systemClock }), before.magic);
    const height = await chain.height();
    pressCtrlC(first);
    await first.exited;

    const second = devnet('--json', '--data', folder);
    const after = await factsOf(second);
    const rpc = createRpcClient({ url: after.rpc, clock: systemClock });
    const again = createPrivateChain(rpc, after.magic);
    assert.ok((await again.height()) >= height);
    assert.deepEqual({ ...after, rpc: '', ws: '' }, { ...before, rpc: '', ws: '' });
    const owner = await again.read(hash160(after.gateway), 'owner');
    assert.equal(asHash160(owner, 'owner'), createAccount(before.owner.wif).hash);
    for (const file of ['devnet.json', 'node-wallet.json', 'node-wallet.password']) {
      assert.equal(statSync(join(folder, file)).mode & 0o777, 0o600);
    }
  });

  it('refuses a --data folder that another devnet uses, and one that holds other things', async () => {
    const folder = newFolder();
    await factsOf(devnet('--json', '--data', folder));
    const second = devnet('--json', '--data', folder);
    await second.exited;
    assert.equal(second.child.exitCode, 1);
    assert.match(second.stderr.join('\n'), /is in use by the devnet with process id \d+: stop it/);

    const foreign = newFolder();
    writeFileSync(join(foreign, 'thesis.txt'), 'mine');
    const third = devnet('--json', '--data', foreign);
    await third.exited;
    assert.equal(third.child.exitCode, 1);
    assert.match(third.stderr.join('\n'), /holds something else than a devnet: give --data a new/);
    assert.equal(readFileSync(join(foreign, 'thesis.txt'), 'utf8'), 'mine');
  });
});
