import assert from 'node:assert/strict';
import { chmodSync, closeSync, existsSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { wallet } from '@cityofzion/neon-js';
import { createAccount, walletFileText } from '../../scripts/devnet/account.js';
import { readWalletFile } from '../../src/config/wallet-file.js';
import { openWallet } from '../../src/keystore/open-wallet.js';
import { commandLine, longestLine } from './command-line.js';

const PASSWORD = 'correct horse';

describe('the commands about the keys of node accounts', function () {
  this.timeout(60_000);
  let cli: ReturnType<typeof commandLine>;
  beforeEach(() => {
    cli = commandLine();
  });
  afterEach(() => cli.remove());

  const walletFile = (): string => join(cli.dir, 'wallet.json');
  const put = (name: string, text: string, mode = 0o600): string => {
    const file = join(cli.dir, name);
    writeFileSync(file, text, { mode });
    chmodSync(file, mode);
    return file;
  };
  const keys = (...words: string[]) => cli.runHere('keys', ...words);
  const done = async (...words: string[]) => {
    const { exitCode, out, err } = await keys(...words, '--json');
    assert.equal(exitCode, 0, out + err);
    return JSON.parse(out);
  };
  /** Runs a command with an open file in the place of its last word. */
  const withFd = async <T>(file: string, run: (fd: string) => Promise<T>): Promise<T> => {
    const fd = openSync(file, 'r');
    try {
      return await run(String(fd));
    } finally {
      closeSync(fd);
    }
  };
  const existing = async () => {
    const account = createAccount();
    put('wallet.json', await walletFileText([account], PASSWORD));
    put('wallet.password', `${PASSWORD}\n`);
    return account;
  };
  const opened = async (address: string) => {
    const { parseAccount } = await import('../../src/base/hash.js');
    const file = readWalletFile({ file: walletFile(), account: parseAccount(address) });
    return openWallet(file, PASSWORD);
  };

  it('make a wallet where there is none, and then an account beside the first', async () => {
    put('wallet.password', `${PASSWORD}\n`);
    const first = await done('create', '--kind', 'node');
    const second = await done('create', '--kind', 'node');
    assert.equal(first.file, walletFile());
    assert.equal((await opened(first.address)).account, first.account);
    assert.equal((await opened(second.address)).publicKey.toString('hex'), second.publicKey);
    const audit = await cli.runHere('audit', 'list');
    assert.match(audit.out, /node-key\.create .*node-key:N/);
    const listed = await done('list');
    assert.deepEqual(
      listed.node.keys.map(({ address, label, isDefault }: Record<string, unknown>) => [
        address,
        label,
        isDefault,
      ]),
      [
        [first.address, 'node account', true],
        [second.address, 'next node account', false],
      ],
    );
  });

  it('take a key over from a WIF, NEP-2 or NEP-6, from file, descriptor or terminal', async () => {
    await existing();
    const [one, two, three, four] = [0, 1, 2, 3].map(() => createAccount());
    assert.ok(one && two && three && four);
    const wif = put('one.wif', `${one.wif}\n`);
    assert.equal((await done('import', '--file', wif)).address, one.address);
    const secret = wallet.getPrivateKeyFromWIF(two.wif);
    const nep2 = put('two.nep2', await wallet.encrypt(secret, 'of the key'));
    const itsPassword = put('two.password', 'of the key\n');
    const words = ['import', '--file', nep2, '--key-password-file', itsPassword];
    assert.equal((await done(...words)).address, two.address);
    const nep6 = put('wallet-of-two.json', await walletFileText([four, three], 'theirs'));
    const theirs = put('theirs.password', 'theirs');
    const account = ['--account', three.address];
    const imported = await withFd(nep6, (fd) =>
      withFd(theirs, (pass) => done('import', '--fd', fd, '--key-password-fd', pass, ...account)),
    );
    assert.equal(imported.address, three.address);
    const terminal = Object.assign(new PassThrough(), { isTTY: true });
    terminal.write(`${four.wif}x\u007f\r`);
    const typed = await cli.runWith(terminal, 'keys', 'import', '--config', cli.configFile);
    assert.equal(typed.exitCode, 0, typed.err);
    assert.match(typed.out, new RegExp(`account +${four.address}`));
    for (const { address, hash } of [one, two, three, four]) {
      assert.equal((await opened(address)).account, hash);
    }
    const stored = readFileSync(walletFile(), 'utf8') + typed.out;
    for (const { wif: text } of [one, two, three, four]) assert.equal(stored.includes(text), false);
  });

  it('ask twice for the password of a new wallet, and show nothing of it', async () => {
    const terminal = Object.assign(new PassThrough(), { isTTY: true });
    const create = ['keys', 'create', '--kind', 'node', '--config', cli.configFile];
    terminal.write('correct\r');
    terminal.write('other\r');
    const refused = await cli.runWith(terminal, ...create);
    assert.equal(refused.exitCode, 1);
    assert.match(refused.err, /the passwords are not the same/);
    assert.equal(existsSync(walletFile()), false);
    terminal.write(`${PASSWORD}\r${PASSWORD}\r`);
    const made = await cli.runWith(terminal, ...create);
    assert.equal(made.exitCode, 0, made.err);
    assert.equal((made.out + made.err).includes(PASSWORD), false);
    const [address = ''] = /N\w{33}/.exec(made.out) ?? [];
    await opened(address);
  });

  it('show keys without a password, and what others may know apart', async () => {
    const account = await existing();
    const listed = await keys('list');
    assert.equal(listed.exitCode, 0, listed.err);
    assert.match(listed.out, /^chain {6}not asked: /m);
    assert.match(listed.out, new RegExp(`^ {2}${account.address} {2}unknown$`, 'm'));
    assert.ok(longestLine(listed.out) <= 100, listed.out);
    const exported = await keys('export-public');
    const publicKey = account.signer.publicKey.toString('hex');
    assert.equal(exported.out, `node ${account.address} ${publicKey}\n`);
    const asJson = await done('export-public', '--kind', 'node');
    assert.equal(JSON.stringify(asJson).includes(cli.dir), false);
    assert.deepEqual(asJson.keys[0].publicKeys, [publicKey]);
  });

  it('refuse what is not safe or makes no sense, and say what to do', async () => {
    const account = await existing();
    const key = createAccount();
    const open = put('open.wif', key.wif, 0o644);
    const wrong = put('wrong.password', 'wrong');
    const right = put('right.wif', key.wif);
    const nep2 = put('x.nep2', await wallet.encrypt(wallet.getPrivateKeyFromWIF(key.wif), 'p'));
    const cases: [string[], RegExp][] = [
      [['import', '--file', open], /has mode 0644: others may read it\nto do: run: chmod 600 /],
      [['import', '--file', right, '--password-file', wrong], /password does not open N/],
      [['import', '--file', nep2, '--key-password-file', wrong], /does not open the key/],
      [['import', '--file', wrong], /holds no key\nto do: expected a WIF .52 characters/],
      [['import', '--file', put('own.wif', account.wif)], /has N\w+ already/],
      [['import', '--file', right, '--account', account.address], /chooses among the accounts/],
      [['import', '--fd', '99'], /file descriptor 99 cannot be read \(EBADF\)/],
      [['import', '--fd', 'x'], /"x" is no file descriptor/],
      [['import'], /there is no terminal to ask at\nto do: give a file or a file descriptor/],
      [['create', '--kind', 'random', '--password-file', wrong], /under the configured password/],
      [['create', '--kind', 'vault'], /Allowed choices are node, random/],
    ];
    for (const [words, pattern] of cases) {
      const { exitCode, out, err } = await keys(...words);
      assert.deepEqual([exitCode, out], [1, ''], words.join(' '));
      assert.match(err, pattern);
      assert.equal(err.includes(key.wif), false);
    }
    assert.equal(JSON.parse(readFileSync(walletFile(), 'utf8')).accounts.length, 1);
    chmodSync(walletFile(), 0o644);
    const { err } = await keys('create', '--kind', 'node');
    assert.match(err, /wallet\.json has mode 0644: others may read it\nto do: run: chmod 600/);
  });

  it('say in their help why no option takes a password', async () => {
    for (const name of ['create', 'import']) {
      const { out } = await cli.run('keys', name, '--help');
      assert.match(out, /No option takes a password or a private key: every user of the machine/);
    }
  });
});
