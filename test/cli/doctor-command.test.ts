import assert from 'node:assert/strict';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createAccount, walletFileText } from '../../scripts/devnet/account.js';
import { sharedNetwork } from '../../scripts/devnet/shared-network.js';
import { systemClock } from '../../src/base/clock.js';
import { PRESETS } from '../../src/config/config-schema.js';
import { type NodeFixture, nodeFixture } from '../node/node-fixture.js';
import { commandLine, longestLine } from './command-line.js';

describe('dodona doctor', function () {
  this.timeout(120_000);
  const cli = commandLine({ clock: systemClock });
  let fixture: NodeFixture;
  before(async () => {
    fixture = await nodeFixture(await sharedNetwork());
  });
  after(async () => {
    cli.remove();
    await fixture?.stop();
  });

  const write = (name: string, text: string): string => {
    const file = join(cli.dir, name);
    writeFileSync(file, text);
    return file;
  };
  const doctor = (file: string, ...words: string[]) =>
    cli.run('doctor', '--config', file, ...words);

  it('ends with 0 where nothing fails, in lines that fit, and as JSON', async () => {
    const { exitCode, out } = await doctor(fixture.config.file);
    assert.equal(exitCode, 0, out);
    assert.match(out, /^ok {7}rpc\.trial-gas http:\/\/127\.0\.0\.1:\d+: invokescript lends/m);
    assert.match(out, /^warning {2}rpc\.endpoints\n {9}expected {4}endpoints on two hosts/m);
    assert.match(out, /\d+ ok, \d+ warning, 0 FAIL, \d+ skipped\. Nothing fails\.\n$/);
    assert.equal(longestLine(out) <= 100, true, out);
    const json = await doctor(fixture.config.file, '--json');
    const told = JSON.parse(json.out);
    assert.deepEqual([json.exitCode, told.ok, told.exitCode, told.counts.fail], [0, true, 0, 0]);
    const one = told.checks.find(({ check }: { check: string }) => check === 'rpc.endpoints');
    assert.deepEqual(Object.keys(one).sort(), [
      ...['check', 'expected', 'fix', 'found', 'isTemporary', 'status', 'subject'],
    ]);
  });

  it('ends with 1 where something is to be mended, and says how', async () => {
    const wallet = join(fixture.folder, 'node-wallet.json');
    chmodSync(wallet, 0o644);
    const { exitCode, out } = await doctor(fixture.config.file);
    chmodSync(wallet, 0o600);
    assert.equal(exitCode, 1, out);
    assert.match(out, /^FAIL {5}files\.wallet\.file\n/m);
    const [, , fix = ''] = /(how to fix) +(run: chmod 600 \S+)/.exec(out) ?? [];
    assert.equal(fix, `run: chmod 600 ${wallet}`);
    assert.match(out, /Fix what fails, and run it again\.\n$/);
  });

  it('ends with 75 where the one trouble is that no endpoint answers', async () => {
    const account = createAccount();
    writeFileSync(join(cli.dir, 'w.json'), await walletFileText([account], 'pw'), { mode: 0o600 });
    writeFileSync(join(cli.dir, 'w.pw'), 'pw\n', { mode: 0o600 });
    const file = write(
      'down.yaml',
      [
        'preset: devnet',
        'network: {magic: 5, rpc: [http://127.0.0.1:9]}',
        'gateway: {hash: 0x0b0a090807060504030201000f0e0d0c0b0a0908}',
        'wallet: {file: w.json, passwordFile: w.pw}',
      ].join('\n'),
    );
    const { exitCode, out } = await doctor(file);
    assert.equal(exitCode, 75, out);
    assert.match(out, /^FAIL {5}rpc\.reachable http:\/\/127\.0\.0\.1:9 \(may pass by itself\)$/m);
    assert.match(out, /, 1 FAIL, .*What fails may pass by itself: try again later\.\n$/);
    // With anything else wrong, waiting does not help.
    chmodSync(join(cli.dir, 'w.pw'), 0o644);
    const both = await doctor(file);
    assert.equal(both.exitCode, 1, both.out);
  });

  for (const preset of PRESETS.filter((name) => name !== 'devnet')) {
    it(`says of a file that has only the preset ${preset} what must be filled in`, async () => {
      const { exitCode, out } = await doctor(write(`${preset}.yaml`, `preset: ${preset}\n`));
      assert.equal(exitCode, 1);
      const named = [...out.matchAll(/^FAIL +config (\S+)$/gm)].map(([, key]) => key);
      const wanted = ['gateway.hash', 'gateway.startBlock', 'wallet.file', 'wallet.passwordFile'];
      assert.deepEqual(named.sort(), wanted);
      assert.match(out, /skipped {2}all other checks: they need a configuration that is valid/);
    });
  }

  it('shows no credential of a URL that the configuration may not have', async () => {
    const secret = 'hunter2secret';
    const rpc = [`https://user:${secret}@rpc.example:443`, `https://rpc.example/?key=${secret}`];
    const file = write('keys.yaml', `preset: testnet\nnetwork: {rpc: ${JSON.stringify(rpc)}}\n`);
    for (const words of [[], ['--json']]) {
      const { exitCode, out, err } = await doctor(file, ...words);
      assert.equal(exitCode, 1);
      assert.match(out, /network\.rpc/);
      assert.equal((out + err).includes(secret), false);
    }
  });
});
