import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfig } from '../../src/config/load-config.js';
import { commandLine } from './command-line.js';

describe('dodona config', () => {
  const cli = commandLine();
  after(() => cli.remove());
  const write = (name: string, content: string): string => {
    const path = join(cli.dir, name);
    writeFileSync(path, content, { mode: 0o600 });
    return path;
  };
  const base = readFileSync(cli.configFile, 'utf8');
  const wallet = JSON.stringify({
    scrypt: { n: 2, r: 8, p: 8 },
    accounts: [{ address: 'NKuyBkoGdZZSLyPbJEetheRhMjeznFZszf', key: '6P' }],
  });

  it('validate accepts a right file', async () => {
    write('wallet.json', wallet);
    write('wallet.password', 'x');
    const { exitCode, out } = await cli.runHere('config', 'validate');
    assert.deepEqual([exitCode, out], [0, `${cli.configFile} is valid.\n`]);
    const asJson = await cli.runHere('config', 'validate', '--json');
    const told = { ok: true, file: cli.configFile, preset: null, canaryPerDay: null };
    assert.deepEqual(JSON.parse(asJson.out), told);
  });

  it('validate says what requests of the node to itself cost at most in a day', async () => {
    const path = write('canary.yaml', `${base}canary: {url: https://a.example/time, every: 1h}\n`);
    const { exitCode, out } = await cli.run('config', 'validate', '--config', path);
    assert.equal(exitCode, 0);
    assert.match(out, /is valid\.\ncanary +24 requests a day: .* at most 24\.00000000 GAS/);
    const asJson = await cli.run('config', 'validate', '--json', '--config', path);
    const { canaryPerDay } = JSON.parse(asJson.out);
    assert.deepEqual(canaryPerDay, { requests: 24, mostChargedDatoshi: '2400000000' });
  });

  it('validate names each mistake with its place, and fails', async () => {
    const path = write('bad.yaml', `${base}log:\n  levl: info\napi: {port: x}\n`);
    const { exitCode, out, err } = await cli.run('config', 'validate', '--config', path);
    assert.deepEqual([exitCode, out], [1, '']);
    assert.match(err, new RegExp(`^error: 2 problems in ${path}\n${path}:12:3 {2}log\\.levl\n`));
    assert.match(err, /to do: {4}Did you mean "level"\?/);
    assert.match(err, new RegExp(`${path}:13:13 {2}api\\.port`));
    const asJson = JSON.parse((await cli.run('config', 'validate', '--json', '-c', path)).out);
    const [problem] = asJson.error.details.problems;
    assert.deepEqual([problem.line, problem.column, problem.key], [12, 3, 'log.levl']);
  });

  it('validate looks at the files that are named, unless told not to', async () => {
    const path = write('elsewhere.yaml', base.replace('wallet.json', 'absent.json'));
    const { exitCode, err } = await cli.run('config', 'validate', '--config', path);
    assert.equal(exitCode, 1);
    assert.match(err, /:7:9 {2}wallet\.file\n {2}wrong: {4}cannot read the wallet .*absent\.json/);
    const skipped = await cli.run('config', 'validate', '--skip-files', '--config', path);
    assert.equal(skipped.exitCode, 0);
  });

  it('show prints what is in effect and where it comes from, as a file that loads', async () => {
    const own = base
      .slice(base.indexOf('gateway:'))
      .replace('gateway:', 'gateway:\n  startBlock: 7');
    const path = write('preset.yaml', `preset: testnet\n${own}`);
    const { exitCode, out } = await cli.run('config', 'show', '--config', path);
    assert.equal(exitCode, 0);
    assert.match(out, /^ {2}magic: 894710606 +# .*testnet\.yaml:\d+$/m);
    assert.match(out, /^ {2}requestTimeout: 10s +# default$/m);
    assert.match(out, /^ {2}dir: data +# line \d+$/m);
    const { file: _one, ...shown } = loadConfig(write('shown.yaml', out));
    const { file: _other, ...loaded } = loadConfig(path);
    assert.deepEqual(shown, loaded);
  });

  it('show gives programs the same', async () => {
    const { out } = await cli.runHere('config', 'show', '--json');
    const { settings } = JSON.parse(out);
    assert.deepEqual(settings['network.magic'], {
      value: '56753',
      origin: `${cli.configFile}:2:10`,
    });
    assert.deepEqual(settings['log.level'], { value: 'info', origin: 'default' });
  });

  it('show hides the paths of endpoints, where providers put keys', async () => {
    const url = 'https://rpc.example/v1/hunter2';
    const path = write('key.yaml', base.replace('http://127.0.0.1:1', url));
    for (const words of [
      ['config', 'show'],
      ['config', 'show', '--json'],
    ]) {
      const { out } = await cli.run(...words, '--config', path);
      assert.doesNotMatch(out, /hunter2/);
      assert.match(out, /https:\/\/rpc\.example\/\[hidden\]/);
    }
  });
});
