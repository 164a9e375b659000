import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { wallet } from '@cityofzion/neon-js';
import { createAccount, walletFileText } from '../../scripts/devnet/account.js';
import { ensureNeoGo } from '../../scripts/ensure/neo-go.mjs';
import { hash160ToAddress } from '../../src/base/hash.js';
import { openToOthers } from '../../src/config/private-mode.js';
import { readWalletEntries, readWalletFile } from '../../src/config/wallet-file.js';
import { addAccount, freshPrivateKey } from '../../src/keystore/add-account.js';
import { keyTextOf, openKeyText } from '../../src/keystore/key-text.js';
import { asideFile, makeDefault, moveAside, NODE_LABEL } from '../../src/keystore/nep6-wallet.js';
import { openWallet } from '../../src/keystore/open-wallet.js';

describe('wallets of this node and of other programs', function () {
  this.timeout(60_000);
  const dir = mkdtempSync(join(tmpdir(), 'dodona-wallets-'));
  const password = 'hunter 2';
  const place = { password, label: NODE_LABEL };
  let neoGo: string;
  before(async () => {
    neoGo = await ensureNeoGo();
  });
  after(() => rmSync(dir, { recursive: true, force: true }));

  const inDir = (name: string): string => join(dir, name);
  /** neo-go asks for no password where a file of its own names it. */
  const neoGoConfig = (file: string): string => {
    const config = `${file}.neo-go.yaml`;
    writeFileSync(config, `Path: ${file}\nPassword: "${password}"\n`, { mode: 0o600 });
    return config;
  };
  const neoGoWallet = (file: string, ...words: string[]): string =>
    execFileSync(neoGo, ['wallet', ...words, '--wallet-config', neoGoConfig(file)], {
      encoding: 'utf8',
    });

  const exported = (file: string, address: string): string => {
    const words = ['wallet', 'export', '--decrypt', '--wallet-config', neoGoConfig(file), address];
    return execFileSync(neoGo, words, { encoding: 'utf8' }).trim();
  };
  const wifOf = (privateKey: Buffer): string =>
    wallet.getWIFFromPrivateKey(privateKey.toString('hex'));

  it('made here are opened by neo-go, which shows the same account and key', async () => {
    const file = inDir('ours.json');
    const privateKey = freshPrivateKey();
    const made = await addAccount(file, { privateKey, verificationScript: null }, place);
    assert.match(neoGoWallet(file, 'dump-keys'), new RegExp(made.publicKey.toString('hex')));
    assert.equal(exported(file, made.address), wifOf(privateKey));
  });

  it('made here are opened by neon-js', async () => {
    const file = inDir('for-neon.json');
    const privateKey = freshPrivateKey();
    await addAccount(file, { privateKey, verificationScript: null }, place);
    const opened = new wallet.Wallet(JSON.parse(readFileSync(file, 'utf8')));
    assert.equal(await opened.decrypt(0, password), true);
    assert.equal(opened.accounts[0]?.privateKey, privateKey.toString('hex'));
  });

  it('made by neo-go are opened here, and take another account that neo-go then opens', async () => {
    const file = inDir('neo-go.json');
    neoGoWallet(file, 'init', '--account');
    assert.throws(
      () => readWalletFile({ file, account: null }),
      /has mode 06\d\d: others may read it/,
    );
    chmodSync(file, 0o600);
    const signer = await openWallet(readWalletFile({ file, account: null }), password);
    const keys = neoGoWallet(file, 'dump-keys');
    assert.match(keys, new RegExp(signer.publicKey.toString('hex')));
    const second = freshPrivateKey();
    const given = { privateKey: second, verificationScript: null };
    const added = await addAccount(file, given, place);
    assert.equal(exported(file, added.address), wifOf(second));
  });

  it('made by neon-js are opened here', async () => {
    const file = inDir('neon.json');
    const account = new wallet.Account(wallet.generatePrivateKey());
    const { privateKey, address } = account;
    await account.encrypt(password);
    const made = new wallet.Wallet({ name: 'theirs', accounts: [account.export()] });
    writeFileSync(file, JSON.stringify(made.export()), { mode: 0o600 });
    const signer = await openWallet(readWalletFile({ file, account: null }), password);
    assert.equal(hash160ToAddress(signer.account), address);
    const text = readFileSync(file, 'utf8');
    const given = await openKeyText(text, keyTextOf(text, file), null, async () => password);
    assert.equal(given.privateKey.toString('hex'), privateKey);
  });

  it('keep what other programs wrote, one default, and no account of another password', async () => {
    const file = inDir('changed.json');
    const first = createAccount();
    writeFileSync(file, await walletFileText([first], password), { mode: 0o600 });
    const noted = { ...JSON.parse(readFileSync(file, 'utf8')), extra: { note: 'mine' } };
    writeFileSync(file, JSON.stringify(noted));
    const next = { privateKey: freshPrivateKey(), verificationScript: null };
    const wrong = { password: 'another', label: '' };
    await assert.rejects(addAccount(file, next, wrong), /the password does not open N/);
    const second = await addAccount(file, next, place);
    await assert.rejects(addAccount(file, next, place), /has N\w+ already/);
    makeDefault(file, second.account, NODE_LABEL);
    const entries = readWalletEntries(file);
    assert.deepEqual(
      entries.map(({ address, isDefault }) => [address, isDefault]),
      [
        [first.address, false],
        [second.address, true],
      ],
    );
    assert.deepEqual(JSON.parse(readFileSync(file, 'utf8')).extra, { note: 'mine' });
    const [old] = entries;
    assert.ok(old !== undefined);
    for (const _ of ['once', 'and again, as after a crash']) moveAside(file, old);
    assert.deepEqual(
      readWalletEntries(file).map(({ address }) => address),
      [second.address],
    );
    const aside = asideFile(file, old.address);
    const found = readWalletFile({ file: aside, account: null });
    assert.equal((await openWallet(found, password)).account, first.hash);
  });

  it('that systemd hands over as credentials are taken: mode 0440, of root and its group', () => {
    const file = inDir('credential.json');
    writeFileSync(file, '{}', { mode: 0o600 });
    const stats = (mode: number, uid: number, gid: number) =>
      Object.assign(statSync(file), { mode: 0o100_000 | mode, uid, gid });
    assert.equal(openToOthers(file, stats(0o440, 0, 0)), null);
    for (const [mode, uid, gid] of [
      [0o440, 0, 100],
      [0o440, process.geteuid?.() || 1_000, 1_000],
      [0o640, 0, 0],
      [0o444, 0, 0],
      [0o460, 0, 0],
    ] as const) {
      assert.match(openToOthers(file, stats(mode, uid, gid))?.problem ?? '', /others may/);
    }
  });

  it('that do not belong to this user are refused, with what to do', () => {
    const file = inDir('ours.json');
    const copy = inDir('foreign.json');
    writeFileSync(copy, readFileSync(file), { mode: 0o600 });
    const stats = Object.assign(statSync(copy), { uid: 65_534 });
    const me = process.geteuid?.();
    assert.deepEqual(openToOthers(copy, stats), {
      problem: `${copy} belongs to user 65534, and this runs as user ${me}`,
      todo: `run as that user, or: chown ${me} ${copy}`,
    });
    assert.equal(openToOthers(copy, Object.assign(stats, { uid: me ?? 0 })), null);
  });
});
