import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { hash160 } from '../../src/base/hash.js';
import { messageOf, NodeError } from '../../src/base/node-error.js';
import { checkConfigFiles } from '../../src/config/check-files.js';
import { loadConfigWithOrigins } from '../../src/config/load-config.js';
import { readPasswordFile } from '../../src/config/password-file.js';
import { readWalletFile } from '../../src/config/wallet-file.js';
import { MINIMAL, problemsOf, scratchDirectory } from './config-file.js';

const ZERO = 'NKuyBkoGdZZSLyPbJEetheRhMjeznFZszf';
const OTHER = 'NNLi44dJNXtDNSBkofB48aTVYtb1zZrNEs';
const KEY = '6PYVPVe1fQznphjbUxXP9KZJqPMVnVwCx5s5pr5axRJ8uHkMtZg97eT5kL';
const entry = (address: string, isDefault = false) => ({
  address,
  label: null,
  isDefault,
  lock: false,
  key: KEY,
  contract: { script: 'DCEC', parameters: [], deployed: false },
});
const walletOf = (...accounts: object[]) =>
  JSON.stringify({ name: null, version: '1.0', scrypt: { n: 16384, r: 8, p: 8 }, accounts });

describe('the password file', () => {
  const scratch = scratchDirectory();
  after(() => scratch.remove());

  it('gives its only line, without the line end but with its spaces', () => {
    assert.equal(readPasswordFile(scratch.write('a', 'pass word \n')), 'pass word ');
    assert.equal(readPasswordFile(scratch.write('b', 'x\r\n', 0o400)), 'x');
  });

  it('is refused, with the command that mends it, when others may read it', () => {
    for (const mode of [0o644, 0o640, 0o604, 0o601]) {
      const path = scratch.write('open', 'hunter2', 0o600);
      chmodSync(path, mode);
      assert.throws(
        () => readPasswordFile(path),
        (error) =>
          error instanceof NodeError &&
          error.code === 'PASSWORD_FILE' &&
          error.message.includes(`mode 0${mode.toString(8)}`) &&
          error.hint === `run: chmod 600 ${path}`,
      );
    }
  });

  it('is checked behind a symbolic link too', () => {
    const target = scratch.write('target', 'secret', 0o600);
    const link = join(scratch.dir, 'link');
    symlinkSync(target, link);
    assert.equal(readPasswordFile(link), 'secret');
    chmodSync(target, 0o644);
    assert.throws(() => readPasswordFile(link), /mode 0644/);
  });

  it('is refused when it is empty, long, a document or a directory, never quoting it', () => {
    mkdirSync(join(scratch.dir, 'dir'), { mode: 0o700 });
    const cases: [string, RegExp][] = [
      [scratch.write('empty', '\n'), /is empty/],
      [scratch.write('long', 'hunter2'.repeat(200)), /has 1400 bytes, the password at most 1024/],
      [scratch.write('two', 'hunter2\nhunter2\n'), /more than one line/],
      [join(scratch.dir, 'dir'), /is not a file/],
      [join(scratch.dir, 'absent'), /no such file/],
    ];
    for (const [path, pattern] of cases) {
      assert.throws(
        () => readPasswordFile(path),
        (error) => pattern.test(messageOf(error)) && !/hunter2/.test(messageOf(error)),
      );
    }
  });
});

describe('the wallet file', () => {
  const scratch = scratchDirectory();
  after(() => scratch.remove());
  const read = (content: string, account: string | null = null) =>
    readWalletFile({
      file: scratch.write('wallet.json', content),
      account: account === null ? null : hash160(account),
    });

  it('gives the named account, else the default one, else the only one', () => {
    const two = walletOf(entry(OTHER), entry(ZERO, true));
    assert.equal(read(two).address, ZERO);
    assert.equal(read(walletOf(entry(OTHER))).address, OTHER);
    const named = read(walletOf(entry(OTHER, true), entry(ZERO)), `0x${'00'.repeat(20)}`);
    assert.equal(named.address, ZERO);
    assert.equal(named.account, `0x${'00'.repeat(20)}`);
    assert.equal(named.encryptedKey, KEY);
    assert.deepEqual(named.scrypt, { n: 16384, r: 8, p: 8 });
    assert.equal(named.verificationScript?.toString('hex'), '0c2102');
  });

  it('is refused when no account is meant or the meant one cannot sign', () => {
    assert.throws(() => read(walletOf(entry(OTHER), entry(ZERO))), /none of them default/);
    assert.throws(() => read(walletOf(entry(OTHER)), `0x${'00'.repeat(20)}`), /doesn't have/);
    assert.throws(() => read(walletOf({ ...entry(ZERO), key: null })), /has no key/);
    assert.throws(() => read(walletOf({ ...entry(ZERO), address: 'A' })), /not a Neo N3 address/);
  });

  it('is refused without quoting it when it is not a wallet', () => {
    for (const content of ['hunter2', '{"hunter2": 1}', '[]', walletOf()]) {
      assert.throws(
        () => read(content),
        (error) => error instanceof NodeError && !messageOf(error).includes('hunter2'),
      );
    }
  });
});

describe('checking the files that a configuration names', () => {
  const scratch = scratchDirectory();
  after(() => scratch.remove());
  const check = (text: string) =>
    checkConfigFiles(loadConfigWithOrigins(scratch.write('node.yaml', text)));

  it('accepts what a node can start with, and makes nothing', () => {
    scratch.write('wallet.json', walletOf(entry(ZERO)));
    scratch.write('wallet.password', 'x');
    check(`${MINIMAL}storage: {dir: new/er}\n`);
    assert.throws(() => chmodSync(join(scratch.dir, 'new'), 0o700), /ENOENT/);
  });

  it('names all that is wrong at the keys that name the files', () => {
    scratch.write('wallet.json', '{}');
    scratch.write('wallet.password', 'x', 0o644);
    scratch.write('blocked', '');
    chmodSync(join(scratch.dir, 'wallet.password'), 0o644);
    scratch.write('api.key', 'x', 0o644);
    const api = 'api: {tls: {certFile: api.crt, keyFile: api.key}}\n';
    const text = `${MINIMAL}storage: {dir: blocked/x}\nhttp: {caFile: wallet.json}\n${api}`;
    const problems = problemsOf(() => check(text));
    assert.deepEqual(
      problems.map(({ key, line }) => `${line} ${key}`),
      [
        '7 wallet.file',
        '8 wallet.passwordFile',
        '9 storage.dir',
        '10 http.caFile',
        '11 api.tls.keyFile',
      ],
    );
    assert.match(problems[1]?.todo ?? '', /chmod 600/);
    assert.match(problems[2]?.problem ?? '', /blocked is not a directory/);
  });
});
