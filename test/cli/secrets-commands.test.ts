import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { createVaultKeys } from '../../src/keystore/vault-keys.js';
import { commandLine } from './command-line.js';

const OWNER = 'NNLi44dJNXtDNSBkofB48aTVYtb1zZrNEs';
const CONTRACT = `0x${'c'.repeat(40)}`;
const VALUE = 'sk-live-0123456789';

describe('dodona secrets and audit', function () {
  this.timeout(60_000);
  const cli = commandLine();
  const outputs: string[] = [];
  before(async () => {
    writeFileSync(join(cli.dir, 'wallet.password'), 'correct horse\n', { mode: 0o600 });
    // Cheap to open, so that each command is quick.
    const keys = createVaultKeys({
      file: join(cli.storageDir, 'vault.key'),
      readPassword: () => 'correct horse',
      random: randomBytes,
      cost: { n: 2, r: 8, p: 1 },
    });
    await keys.openOrCreate();
  });
  after(() => cli.remove());

  const runWith = async (input: string | Buffer, ...words: string[]) => {
    const done = await cli.runWith(input, ...words, '--config', cli.configFile);
    outputs.push(done.out, done.err);
    return done;
  };
  const run = async (...words: string[]): Promise<string> => {
    const { exitCode, out, err } = await runWith('', ...words);
    assert.equal(exitCode, 0, err);
    return out;
  };
  const refused = async (why: RegExp, input: string, ...words: string[]): Promise<void> => {
    const { exitCode, out, err } = await runWith(input, ...words);
    assert.deepEqual([exitCode, out], [1, ''], words.join(' '));
    assert.match(err, why);
    assert.match(err, /\nto do: /);
  };
  const json = async (...words: string[]) => JSON.parse(await run(...words, '--json'));

  it('set takes a value from standard input or a file, before the node has ever run', async () => {
    const set = await runWith(`${VALUE}\n`, 'secrets', 'set', 'API_KEY', '--owner', OWNER);
    assert.deepEqual([set.exitCode, set.out], [0, 'API_KEY is stored, version 1.\n'], set.err);
    const file = join(cli.dir, 'value');
    writeFileSync(file, VALUE);
    const again = await json('secrets', 'set', 'API_KEY', '--owner', OWNER, '--file', file);
    assert.equal(again.version, 2);
    assert.equal(statSync(join(cli.storageDir, 'vault.key')).mode & 0o777, 0o600);
  });

  it('set refuses a value as an argument, none at all, and one too short or long', async () => {
    const set = ['secrets', 'set', 'OTHER', '--owner', OWNER];
    await refused(/too many arguments/, '', ...set, VALUE);
    await refused(/the value is empty/, '', ...set);
    await refused(/7 bytes, at least 8/, 'seven b\n', ...set);
    await refused(/at most 4096/, 'x'.repeat(5_000), ...set);
    await refused(/not a name/, VALUE, 'secrets', 'set', 'A B', '--owner', OWNER);
    await refused(/owner is "x"/, VALUE, 'secrets', 'set', 'A', '--owner', 'x');
    await refused(/cannot read it/, '', ...set, '--file', join(cli.dir, 'absent'));
    assert.equal((await json('secrets', 'list')).secrets.length, 1);
  });

  it('grant, list, revoke and delete say what they did', async () => {
    const use = ['API_KEY', '--owner', OWNER, '--requester', CONTRACT];
    const host = ['--host', 'api.example.org', '--host', 'b.example:8443'];
    await run('secrets', 'grant', ...use, '--web', ...host);
    await run('secrets', 'grant', ...use, '--code', 'EF'.repeat(32), '--host', 'api.example.org');
    await refused(/one of --web and --code/, '', 'secrets', 'grant', ...use, ...host);
    await refused(/not the SHA-256/, '', 'secrets', 'grant', ...use, '--code', 'ef');
    await refused(/not a host/, '', 'secrets', 'grant', ...use, '--web', '--host', '*.org');
    const text = await run('secrets', 'list');
    assert.match(text, /^API_KEY of NNLi.*\n {2}version 2, /);
    assert.match(
      text,
      /for web requests, to https:\/\/api\.example\.org\s+https:\/\/b\.example:8443/,
    );
    const [secret] = (await json('secrets', 'list', '--owner', OWNER)).secrets;
    assert.equal(secret.grants.length, 2);
    assert.deepEqual(secret.grants[0].use, { kind: 'function', codeHash: 'ef'.repeat(32) });
    await run('secrets', 'revoke', ...use, '--web');
    await refused(/is not granted to/, '', 'secrets', 'revoke', ...use, '--web');
    await run('secrets', 'delete', 'API_KEY', '--owner', OWNER);
    assert.equal(await run('secrets', 'list'), 'No secret.\n');
    await refused(/has no secret API_KEY/, '', 'secrets', 'delete', 'API_KEY', '--owner', OWNER);
  });

  it('encrypt needs no node, and set --sealed takes what it printed', async () => {
    const key = (await run('secrets', 'public-key')).trim();
    const id = ['API_KEY', '--owner', OWNER];
    const sealed = await cli.runWith(VALUE, 'secrets', 'encrypt', ...id, '--to', key);
    assert.equal(sealed.exitCode, 0, sealed.err);
    assert.doesNotMatch(sealed.out, /sk-live/);
    const file = join(cli.dir, 'sealed.json');
    writeFileSync(file, sealed.out);
    await refused(/is API_KEY of/, '', 'secrets', 'set', 'B', '--owner', OWNER, '--sealed', file);
    await run('secrets', 'rotate', '--public-key');
    await run('secrets', 'set', ...id, '--sealed', file);
    await run('secrets', 'rotate', '--public-key');
    await refused(/does not have/, '', 'secrets', 'set', ...id, '--sealed', file);
    await refused(/not a public key/, VALUE, 'secrets', 'encrypt', ...id, '--to', 'x');
  });

  it('rotate gives new keys, and follows a change of the password', async () => {
    const keyFile = () => readFileSync(join(cli.storageDir, 'vault.key'), 'utf8');
    const before = keyFile();
    const text = await run('secrets', 'rotate');
    assert.equal(
      text,
      'The key-encryption key is new: 1 secret moved.\nThe data keys are new: 1 secret moved.\n',
    );
    assert.notEqual(JSON.parse(keyFile()).keys[0].id, JSON.parse(before).keys[0].id);
    const oldPassword = join(cli.dir, 'old.password');
    writeFileSync(oldPassword, 'correct horse\n', { mode: 0o600 });
    writeFileSync(join(cli.dir, 'wallet.password'), 'battery staple\n', { mode: 0o600 });
    await refused(/does not open/, '', 'secrets', 'rotate', '--data-keys');
    await run('secrets', 'rotate', '--old-password-file', oldPassword);
    const [done] = (await json('secrets', 'rotate', '--data-keys')).rotated;
    assert.deepEqual(done, { what: 'data keys', secrets: 1, resumed: false });
  });

  it('audit list shows what was done, by whom, filtered and page by page', async () => {
    const { entries } = await json('audit', 'list');
    assert.ok(entries.every(({ actor }: { actor: string }) => /^operator:/.test(actor)));
    const rotations = await json('audit', 'list', '--action', 'data-key');
    assert.equal(rotations.entries.length, 4);
    const page = await json('audit', 'list', '--limit', '2');
    assert.equal(page.cursor, page.entries[1].seq);
    const next = await json('audit', 'list', '--limit', '1', '--cursor', String(page.cursor));
    assert.equal(next.entries[0].seq, page.cursor - 1);
    assert.equal((await json('audit', 'list', '--since', '2999-01-01')).entries.length, 0);
    assert.match(await run('audit', 'list'), /secret\.grant +done +- +secret:API_KEY of N/);
    await refused(/limit is "0"/, '', 'audit', 'list', '--limit', '0');
    await refused(/since is "x"/, '', 'audit', 'list', '--since', 'x');
  });

  it('audit verify tells the head, and finds what was done to the log', async () => {
    const { head, entries } = await json('audit', 'verify');
    assert.match(await run('audit', 'verify'), new RegExp(`whole: ${entries} entries\\.\nhead `));
    await run('audit', 'verify', '--expect', head);
    const db = new SqliteDatabase(cli.databaseFile);
    db.exec('DROP TRIGGER audit_entry_no_delete');
    db.exec(`DELETE FROM audit_entry WHERE seq = ${entries}`);
    db.close();
    await refused(
      /trigger audit_entry_no_delete is gone\n.*the anchor knows/,
      '',
      'audit',
      'verify',
    );
    const asJson = await runWith('', 'audit', 'verify', '--json');
    assert.equal(JSON.parse(asJson.out).error.code, 'AUDIT_BROKEN');
    rmSync(join(cli.storageDir, 'audit.head'));
    await refused(/the anchor is missing/, '', 'audit', 'verify');
    await refused(/audit_entry_no_delete/, '', 'audit', 'verify', '--acknowledge');
    const acknowledged = await json('audit', 'list', '--action', 'audit.acknowledge');
    assert.equal(acknowledged.entries.length, 1);
    await refused(/the given head/, '', 'audit', 'verify', '--expect', head);
  });

  it('no command ever printed a value', () => {
    for (const text of outputs) {
      assert.doesNotMatch(text, /sk-live|correct horse|battery staple|seven b|xxxxxxxx/);
    }
  });
});
