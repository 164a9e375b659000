import assert from 'node:assert/strict';
import { join } from 'node:path';
import { messageOf, NodeError } from '../../src/base/node-error.js';
import { loadConfig, loadConfigWithOrigins } from '../../src/config/load-config.js';
import { MINIMAL, problemsOf, scratchDirectory } from './config-file.js';

describe('loading a configuration', () => {
  const scratch = scratchDirectory();
  after(() => scratch.remove());

  const load = (text: string) => loadConfig(scratch.write('node.yaml', text));
  const refused = (text: string) => problemsOf(() => load(text));

  it('fills in every default, with units last in the names and amounts in datoshi', () => {
    const config = load(MINIMAL);
    assert.equal(config.preset, null);
    assert.equal(config.network.magic, 56753);
    assert.equal(config.network.requestTimeoutMs, 10_000);
    assert.equal(config.http.maxBodyBytes, 2 * 1024 * 1024);
    assert.equal(config.pipeline.maxSystemFeeDatoshi, 1_000_000_000n);
    assert.equal(config.pipeline.feeMarginBps, 100);
    assert.equal(config.api.host, '127.0.0.1');
    assert.equal(config.gateway.startBlock, null);
  });

  it('keeps a hash without quotes as text, which YAML itself would read as a number', () => {
    assert.equal(load(MINIMAL).gateway.hash, '0x0b0a090807060504030201000f0e0d0c0b0a0908');
  });

  it('counts relative paths from the directory of the file', () => {
    const path = scratch.write('deep/er/node.yaml', `${MINIMAL}storage: {dir: ../state}\n`);
    const config = loadConfig(path);
    assert.equal(config.wallet.files?.file, join(scratch.dir, 'deep/er/wallet.json'));
    assert.equal(config.storage.dir, join(scratch.dir, 'deep/state'));
  });

  it('names file, line, column and key of every problem, all at once', () => {
    const text = [
      'network:',
      '  magic: 12x',
      '  rpc: [http://127.0.0.1:1, ftp://127.0.0.1]',
      '  pollInterval: 10',
      'gateway: {}',
      'wallet:',
      '  file: w.json',
      '  passwordFile: p',
      '  account: NotAnAddress',
      'pipeline:',
      '  maxSystemFee: 1.5',
      'log: {level: loud}',
    ].join('\n');
    const found = refused(text).map(({ line, column, key }) => `${line}:${column} ${key}`);
    assert.deepEqual(found, [
      '2:10 network.magic',
      '3:29 network.rpc[1]',
      '4:17 network.pollInterval',
      '5:1 gateway.hash',
      '9:12 wallet.account',
      '11:17 pipeline.maxSystemFee',
      '12:14 log.level',
    ]);
    for (const problem of refused(text)) {
      assert.equal(problem.file, join(scratch.dir, 'node.yaml'));
      for (const part of [problem.problem, problem.expected, problem.todo]) assert.ok(part);
    }
  });

  it('says all of that in the message too', () => {
    assert.throws(
      () => load(MINIMAL.replace('56753', 'many')),
      (error) => {
        assert.ok(error instanceof NodeError && error.code === 'CONFIG_INVALID');
        assert.match(
          error.message,
          /one problem in .*node\.yaml\n.*node\.yaml:2:10 {2}network\.magic/,
        );
        assert.match(error.message, /wrong: +got "many"/);
        assert.match(error.message, /expected: the network's number from 1 to 4294967295/);
        assert.equal(error.retryable, false);
        return true;
      },
    );
  });

  it('refuses an unknown key and suggests the nearest known one', () => {
    const [problem, ...others] = refused(`${MINIMAL}pipeline:\n  maxBtach: 3\n`);
    assert.deepEqual(others, []);
    assert.equal(problem?.key, 'pipeline.maxBtach');
    assert.equal(`${problem?.line}:${problem?.column}`, '10:3');
    assert.match(problem?.expected ?? '', /^one of resolveConcurrency, .*maxBatch,/);
    assert.equal(problem?.todo, 'Did you mean "maxBatch"?');
  });

  it('takes swapped neighbours for one slip, and suggests nothing that is far off', () => {
    const todo = (key: string) =>
      refused(MINIMAL.replace('network:', `network:\n  ${key}: 1`))[0]?.todo;
    assert.equal(todo('rcp'), 'Did you mean "rpc"?');
    assert.equal(todo('Magic'), 'Did you mean "magic"?');
    assert.equal(todo('colour'), 'Remove it.');
  });

  it('says where a key belongs that stands in the wrong section', () => {
    const [problem] = refused(MINIMAL.replace('gateway:', 'gateway:\n  passwordFile: x'));
    assert.equal(problem?.todo, 'Did you mean "wallet.passwordFile"? It belongs there.');
  });

  it('refuses unknown keys at every level, even __proto__', () => {
    const deep = 'http: {allow: {hosts: [{host: a, prot: 1}]}}\n';
    const text = `${MINIMAL}extra: 1\n__proto__: {x: 1}\n${deep}`;
    const keys = refused(text).map(({ key }) => key);
    assert.deepEqual(keys, ['extra', '__proto__', 'http.allow.hosts[0].prot']);
  });

  it('takes a section without keys as an empty one and asks for what is missing in it', () => {
    assert.equal(load(`${MINIMAL}pipeline:\n#  maxBatch: 3\n`).pipeline.maxBatchAnswers, 32);
    const [problem] = refused(MINIMAL.replace(/ {2}hash: .*\n/, ''));
    assert.equal(problem?.key, 'gateway.hash');
    assert.equal(problem?.problem, 'the key is missing');
    assert.equal(problem?.todo, 'Add "hash: …" below "gateway:".');
  });

  it('names every required key of an empty file', () => {
    const keys = refused('').map(({ key }) => key);
    const required = ['network.magic', 'network.rpc', 'gateway.hash', 'wallet.file'];
    assert.deepEqual(keys, [...required, 'wallet.passwordFile']);
  });

  it('points at YAML that is broken, repeated, aliased or tagged', () => {
    const lineOf = (text: string) => refused(text).map(({ line, problem }) => [line, problem]);
    assert.match(String(lineOf('a: 1\nb: [1\n')), /^3,not valid YAML/);
    assert.match(String(lineOf('log: {}\nlog: {}\n')), /^2,not valid YAML here: Map keys must be/);
    assert.match(String(lineOf('log: &x {}\napi: *x\n')), /^2,the alias "\*x" stands here/);
    assert.match(String(lineOf('log: !!int 5\n')), /^1,not valid YAML here: Unresolved tag/);
    assert.match(String(lineOf('? {a: 1}\n: b\n')), /^1,a key that is not plain text/);
  });

  it('never repeats what may be a credential in an endpoint', () => {
    for (const url of ['http://user:hunter2@h:1', 'https://h/?key=hunter2', 'x://u:hunter2@h y']) {
      const text = MINIMAL.replace('http://127.0.0.1:20331', `"${url}"`);
      try {
        load(text);
        assert.fail('accepted');
      } catch (error) {
        assert.doesNotMatch(messageOf(error), /hunter2/);
        assert.doesNotMatch(JSON.stringify((error as NodeError).details), /hunter2/);
      }
    }
  });

  it('says what to do when the file cannot be read', () => {
    assert.throws(
      () => loadConfig(join(scratch.dir, 'absent.yaml')),
      (error) =>
        error instanceof NodeError &&
        error.code === 'CONFIG_READ' &&
        /absent\.yaml/.test(error.message) &&
        /--config FILE/.test(error.hint ?? ''),
    );
  });

  it('refuses a file that is far too large to be a configuration', () => {
    const path = scratch.write('large.yaml', '#'.repeat(1_048_577));
    assert.throws(() => loadConfig(path), /has 1048577 bytes, more than 1048576/);
  });

  it('tells of each value where it comes from', () => {
    const presetDir = join(scratch.dir, 'presets');
    scratch.write('presets/devnet.yaml', 'network: {pollInterval: 50ms}\nlog: {level: debug}\n');
    const path = scratch.write('o.yaml', `preset: devnet\n${MINIMAL}log: {level: warn}\n`);
    const { config, settings } = loadConfigWithOrigins(path, { presetDir });
    const origin = (key: string) => {
      const setting = settings.find((candidate) => candidate.key === key);
      return [setting?.value, setting?.place?.file, setting?.place?.line];
    };
    assert.deepEqual(origin('log.level'), ['warn', path, 10]);
    assert.deepEqual(origin('network.pollInterval'), ['50ms', join(presetDir, 'devnet.yaml'), 1]);
    assert.deepEqual(origin('network.requestTimeout'), ['10s', undefined, undefined]);
    assert.equal(config.log.level, 'warn');
    assert.equal(config.network.pollIntervalMs, 50);
  });

  it('replaces the lists of a preset and merges its sections', () => {
    const presetDir = join(scratch.dir, 'presets2');
    const preset = 'network: {rpc: [http://a.example, http://b.example], batchSize: 7}\n';
    scratch.write('presets2/devnet.yaml', preset);
    const path = scratch.write('m.yaml', `preset: devnet\n${MINIMAL}`);
    const { network } = loadConfig(path, { presetDir });
    assert.deepEqual(network.rpcUrls, ['http://127.0.0.1:20331/']);
    assert.equal(network.batchSize, 7);
  });

  it('blames the preset for what is wrong in the preset', () => {
    const presetDir = join(scratch.dir, 'presets3');
    scratch.write('presets3/devnet.yaml', 'log: {}\nnetwork:\n  batchSize: 1000\n');
    const path = scratch.write('b.yaml', `preset: devnet\n${MINIMAL}`);
    const [problem] = problemsOf(() => loadConfig(path, { presetDir }));
    assert.equal(problem?.file, join(presetDir, 'devnet.yaml'));
    assert.equal(problem?.line, 3);
  });
});
