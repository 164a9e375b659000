import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import SqliteDatabase from 'better-sqlite3';
import { hash160 } from '../../src/base/hash.js';
import { createCursorStore } from '../../src/pipeline/cursor-store.js';
import { inTransaction, openDatabase, openDatabaseReadOnly } from '../../src/storage/database.js';
import { LATEST_SCHEMA, MIGRATIONS } from '../../src/storage/migrations.js';
import { lockNode } from '../../src/storage/node-lock.js';
import { KILLED } from '../node/node-process.js';
import { runCliProcess } from './cli-process.js';
import { commandLine } from './command-line.js';

const GATEWAY = hash160('0x0b0a090807060504030201000f0e0d0c0b0a0908');
const MAGIC = 56_753;
const PASSPHRASE = 'correct horse battery staple';
const CLI = fileURLToPath(new URL('./crashing-cli.ts', import.meta.url));

describe('dodona backup and dodona restore', function () {
  this.timeout(180_000);
  let cli: ReturnType<typeof commandLine>;
  let passphraseFile: string;
  beforeEach(() => {
    cli = commandLine();
    passphraseFile = join(cli.dir, 'backup.passphrase');
    writeFileSync(passphraseFile, `${PASSPHRASE}\n`, { mode: 0o600 });
  });
  afterEach(() => cli.remove());

  const at = (...names: string[]): string => join(cli.dir, ...names);
  const asWords = (...words: string[]) => [...words, '--password-file', passphraseFile];

  /** A database at a block, with some MiB in it. */
  function makeDatabase(height: number, blobs = 40): void {
    const db = openDatabase(cli.databaseFile);
    inTransaction(db, () => {
      createCursorStore(db).begin(MAGIC, GATEWAY, height + 1);
      db.exec('CREATE TABLE IF NOT EXISTS filler (data BLOB NOT NULL) STRICT');
      const insert = db.prepare('INSERT INTO filler VALUES (?)');
      for (let blob = 0; blob < blobs; blob++) insert.run(randomBytes(65_536));
    });
    db.close();
  }

  async function mustRun(...words: string[]): Promise<string> {
    const { exitCode, out, err } = await cli.runHere(...words);
    assert.equal(exitCode, 0, out + err);
    return out;
  }

  async function refusal(...words: string[]) {
    const { exitCode, out } = await cli.runHere(...words, '--json');
    const { error } = JSON.parse(out) as { error: { code: string; message: string } };
    return { exitCode, code: error.code, message: error.message };
  }

  const heightIn = (dir: string): number | undefined => {
    const db = openDatabaseReadOnly(join(dir, 'node.sqlite'));
    try {
      return createCursorStore(db).read()?.height;
    } finally {
      db.close();
    }
  };

  it('keeps database, audit log, configuration and functions, sealed and for the owner alone', async () => {
    makeDatabase(41);
    mkdirSync(join(cli.storageDir, 'functions'));
    writeFileSync(join(cli.storageDir, 'functions', `${'ab'.repeat(32)}.js`), 'return 1;');
    const out = await mustRun(...asWords('backup', at('one.backup')));
    assert.match(out, /up to block 41[\s\S]*keys +not in it/);
    assert.equal(statSync(at('one.backup')).mode & 0o777, 0o600);
    const bytes = readFileSync(at('one.backup'));
    for (const plain of ['SQLite format 3', 'return 1;', 'passwordFile']) {
      assert.equal(bytes.includes(plain), false, plain);
    }
    const listed = await mustRun('audit', 'list', '--action', 'backup', '--json');
    assert.match(listed, /"action":"backup.create",[^}]*"note":"without keys"/);
    const verified = await cli.run('backup', 'verify', at('one.backup'), ...asWords('--json'));
    const told = JSON.parse(verified.out) as { files: { name: string }[]; height: number };
    assert.equal(told.height, 41);
    assert.deepEqual(told.files.map(({ name }) => name).sort(), [
      'config/node.config.yaml',
      `functions/${'ab'.repeat(32)}.js`,
      'node.sqlite',
    ]);
    const restored = await mustRun(...asWords('restore', at('one.backup'), '--to', at('other')));
    assert.match(restored, /restored[\s\S]*block 41[\s\S]*dodona audit verify[\s\S]*dodona start/);
    assert.equal(heightIn(at('other')), 41);
    for (const name of ['node.sqlite', 'audit.head', 'config/node.config.yaml']) {
      assert.equal(statSync(at('other', name)).mode & 0o777, 0o600, name);
    }
    writeFileSync(at('moved.yaml'), readFileSync(cli.configFile, 'utf8').replace('data', 'other'));
    const { out: audit, exitCode } = await cli.run('audit', 'verify', '--config', at('moved.yaml'));
    assert.equal(exitCode, 0, audit);
    const after = await cli.run('audit', 'list', '--config', at('moved.yaml'));
    assert.match(after.out, /backup\.restore/);
  });

  it('has keys only where they are asked for, and never their passwords', async () => {
    makeDatabase(5);
    for (const name of ['wallet.json', 'data/vault.key', 'data/random.key', 'wallet.password']) {
      writeFileSync(at(name), `content of ${name}`, { mode: 0o600 });
    }
    const namesIn = async (file: string): Promise<string[]> => {
      const { out } = await cli.run('backup', 'verify', file, ...asWords('--json'));
      return (JSON.parse(out) as { files: { name: string }[] }).files.map(({ name }) => name);
    };
    await mustRun(...asWords('backup', at('without')));
    assert.deepEqual(await namesIn(at('without')), ['config/node.config.yaml', 'node.sqlite']);
    await mustRun(...asWords('backup', 'create', at('with'), '--with-keys'));
    const keys = ['config/wallet.json', 'vault.key', 'random.key'];
    const named = await namesIn(at('with'));
    assert.deepEqual(
      named.filter((name) => keys.includes(name)),
      keys,
    );
    assert.ok(!named.some((name) => name.includes('password')));
    await mustRun(...asWords('restore', at('with'), '--to', at('other')));
    assert.equal(readFileSync(at('other', 'vault.key'), 'utf8'), 'content of data/vault.key');
  });

  it('replaces no file, and keeps as many as it was told to in a directory', async () => {
    makeDatabase(1, 1);
    writeFileSync(at('there'), 'mine');
    const over = await refusal(...asWords('backup', at('there')));
    assert.deepEqual([over.exitCode, over.code], [1, 'FILE_EXISTS']);
    assert.equal(readFileSync(at('there'), 'utf8'), 'mine');
    const kept = at('kept');
    mkdirSync(kept);
    const named = (day: string) => `dodona-${MAGIC}-${GATEWAY.slice(2, 10)}-${day}T000000Z.backup`;
    const old = ['20200101', '20210101'].map(named);
    for (const name of [...old, 'dodona-mine.backup']) writeFileSync(join(kept, name), '');
    await mustRun(...asWords('backup', kept, '--keep', '2'));
    const [mine, ...others] = readdirSync(kept).sort().reverse();
    assert.equal(mine, 'dodona-mine.backup');
    assert.equal(others.length, 2);
    assert.equal(others[1], old[1], 'the oldest went');
    assert.equal((await refusal(...asWords('backup', at('x'), '--keep', '2'))).code, 'BAD_QUERY');
  });

  it('takes no weak passphrase, and opens with no other one', async () => {
    makeDatabase(1, 1);
    await mustRun(...asWords('backup', at('one')));
    writeFileSync(passphraseFile, 'short', { mode: 0o600 });
    assert.equal((await refusal(...asWords('backup', at('two')))).code, 'PASSWORD_INPUT');
    writeFileSync(passphraseFile, `${PASSPHRASE}!`, { mode: 0o600 });
    const wrong = await refusal(...asWords('restore', at('one'), '--to', at('other')));
    assert.deepEqual([wrong.exitCode, wrong.code], [1, 'BACKUP_PASSPHRASE']);
    assert.equal(existsSync(at('other')), false);
    chmodSync(passphraseFile, 0o644);
    assert.equal((await refusal(...asWords('backup', at('two')))).code, 'PASSWORD_FILE');
  });

  it('restores nothing that was changed, cut off or is no backup, and leaves all as it was', async () => {
    makeDatabase(9);
    await mustRun(...asWords('backup', at('good')));
    const good = readFileSync(at('good'));
    const flipped = Buffer.from(good);
    flipped[good.length - 100_000] = (good[good.length - 100_000] ?? 0) ^ 1;
    const line = good.indexOf('\n') + 1;
    const cases: [string, Buffer, string][] = [
      ['one bit changed', flipped, 'BACKUP_DAMAGED'],
      ['cut off', good.subarray(0, -1), 'BACKUP_DAMAGED'],
      ['cut off at a part', good.subarray(0, line + 3 * (65_536 + 16)), 'BACKUP_DAMAGED'],
      ['only its header', good.subarray(0, line), 'BACKUP_DAMAGED'],
      ['with more behind it', Buffer.concat([good, Buffer.from('x')]), 'BACKUP_DAMAGED'],
      ['no backup', Buffer.from('{"dodonaBackup":1}\n'), 'BACKUP_FILE'],
      ['empty', Buffer.alloc(0), 'BACKUP_FILE'],
    ];
    makeDatabase(9, 1);
    const before = readFileSync(cli.databaseFile);
    for (const [what, bytes, code] of cases) {
      writeFileSync(at('bad'), bytes);
      const verified = await cli.run('backup', 'verify', at('bad'), ...asWords('--json'));
      assert.equal(JSON.parse(verified.out).error.code, code, what);
      const restore = asWords('restore', at('bad'), '--to', cli.storageDir, '--replace');
      assert.equal((await refusal(...restore)).code, code, what);
      assert.ok(readFileSync(cli.databaseFile).equals(before), what);
      assert.ok(!readdirSync(cli.storageDir).some((name) => /^re(?:store|placed)/.test(name)));
    }
  });

  it('is refused over a running node, over data, for another network, and of a newer schema', async () => {
    makeDatabase(7, 1);
    await mustRun(...asWords('backup', at('one')));
    const restore = (...more: string[]) =>
      refusal(...asWords('restore', at('one'), '--to', cli.storageDir, ...more));
    assert.equal((await restore()).code, 'RESTORE_OVER_DATA');
    const lock = lockNode(join(cli.storageDir, 'node.lock'));
    const running = await restore('--replace');
    assert.deepEqual([running.exitCode, running.code], [75, 'NODE_RUNNING']);
    lock.release();
    const config = readFileSync(cli.configFile, 'utf8');
    writeFileSync(cli.configFile, config.replace('56753', '56754'));
    assert.equal((await restore('--replace')).code, 'BACKUP_OTHER_CHAIN');
    writeFileSync(cli.configFile, config);
    assert.equal(heightIn(cli.storageDir), 7);
    const raw = new SqliteDatabase(cli.databaseFile);
    raw.pragma(`user_version = ${LATEST_SCHEMA + 1}`);
    raw.close();
    assert.equal((await refusal(...asWords('backup', at('two')))).code, 'DB_NEWER_SCHEMA');
  });

  it('moves aside what is there when told to, and loses none of it', async () => {
    makeDatabase(7, 1);
    await mustRun(...asWords('backup', at('one')));
    const db = openDatabase(cli.databaseFile);
    db.exec('UPDATE chain_cursor SET height = 99');
    db.close();
    const words = asWords('restore', at('one'), '--to', cli.storageDir, '--replace', '--json');
    const { movedTo } = JSON.parse(await mustRun(...words)) as { movedTo: string };
    assert.equal(heightIn(cli.storageDir), 7);
    assert.equal(heightIn(movedTo), 99);
  });

  it('backs a database of an earlier schema up as it is, and brings it up to date when restored', async () => {
    const first = new SqliteDatabase(cli.databaseFile);
    first.exec(MIGRATIONS[0] ?? '');
    first.pragma('user_version = 1');
    first.close();
    assert.match(await mustRun(...asWords('backup', at('old'))), /schema 1,[\s\S]*not audited/);
    const same = new SqliteDatabase(cli.databaseFile, { readonly: true });
    assert.equal(same.pragma('user_version', { simple: true }), 1);
    same.close();
    await mustRun(...asWords('restore', at('old'), '--to', at('other')));
    openDatabaseReadOnly(at('other', 'node.sqlite')).close();
  });

  it('killed while it backs up, leaves no file that looks whole, and the next run works', async () => {
    makeDatabase(3, 20);
    for (const step of ['copied', 'sealed']) {
      const words = asWords('backup', at('one'), '--config', cli.configFile);
      assert.equal((await runCliProcess(cli.dir, step, words)).exitCode, KILLED);
      assert.equal(existsSync(at('one')), false, step);
    }
    await mustRun(...asWords('backup', at('one')));
    const { exitCode, err } = await cli.run(...asWords('backup', 'verify', at('one')));
    assert.equal(exitCode, 0, err);
    assert.ok(!readdirSync(cli.dir).some((name) => name.endsWith('.partial')));
    assert.ok(!readdirSync(cli.storageDir).some((name) => name.startsWith('backup.copy')));
  });

  it('killed while it restores, opens no database until it was run again, and loses nothing', async () => {
    makeDatabase(7, 4);
    await mustRun(...asWords('backup', at('one')));
    const db = openDatabase(cli.databaseFile);
    db.exec('UPDATE chain_cursor SET height = 99');
    db.close();
    for (const step of ['staged', 'begun', 'moved aside', 'moved in']) {
      const dir = at(`of ${step}`);
      execFileSync('cp', ['-r', cli.storageDir, dir]);
      const restore = asWords('restore', at('one'), '--to', dir, '--config', cli.configFile);
      const killed = await runCliProcess(cli.dir, step, [...restore, '--replace']);
      assert.equal(killed.exitCode, KILLED, killed.text);
      if (step === 'staged') assert.equal(heightIn(dir), 99, 'nothing was touched');
      else {
        assert.throws(() => openDatabase(join(dir, 'node.sqlite')), { code: 'RESTORE_UNFINISHED' });
        assert.throws(() => heightIn(dir), { code: 'RESTORE_UNFINISHED' });
      }
      const words = step === 'staged' ? [...restore, '--replace'] : restore;
      const again = await cli.run(...words);
      assert.equal(again.exitCode, 0, again.out + again.err);
      assert.equal(heightIn(dir), 7, step);
      const aside = readdirSync(dir).filter((name) => name.startsWith('replaced-'));
      const kept = aside.map((name) => join(dir, name));
      const heights = kept.flatMap((each) =>
        existsSync(join(each, 'node.sqlite')) ? [heightIn(each)] : [],
      );
      assert.ok(heights.includes(99), `${step}: ${aside}`);
      rmSync(dir, { recursive: true });
    }
  });

  it('says that the disk is full, and leaves nothing behind', async () => {
    makeDatabase(3, 30);
    const db = openDatabase(cli.databaseFile);
    db.pragma('wal_checkpoint(TRUNCATE)');
    db.close();
    const size = statSync(cli.databaseFile).size;
    const limited = (bytes: number, ...words: string[]) => {
      const run = [process.execPath, '--import', 'tsx', CLI, '', ...words, '--json'];
      const blocks = Math.floor(bytes / 1_024);
      const script = `ulimit -f ${blocks}; exec "$@"`;
      const { stdout } = spawnSync('bash', ['-c', script, 'bash', ...run], { encoding: 'utf8' });
      const { error, exitCode } = JSON.parse(stdout);
      return { code: error.code, exitCode, message: error.message as string };
    };
    const backup = asWords('backup', at('full'), '--config', cli.configFile);
    // Enough for the copy and not for the backup; then not even for the copy.
    for (const bytes of [size, size / 2]) {
      const { code, exitCode, message } = limited(bytes, ...backup);
      assert.deepEqual([code, exitCode], ['BACKUP_WRITE', 75], message);
      assert.ok(!readdirSync(cli.dir).some((name) => name.startsWith('full')));
      assert.ok(!readdirSync(cli.storageDir).some((name) => name.startsWith('backup.copy')));
    }
    await mustRun(...asWords('backup', at('full')));
    const restore = asWords('restore', at('full'), '--to', at('other'), '--config', cli.configFile);
    const { code, exitCode, message } = limited(size / 2, ...restore);
    assert.deepEqual([code, exitCode], ['BACKUP_WRITE', 75], message);
    assert.deepEqual(readdirSync(at('other')), ['node.lock']);
    const again = await cli.run(...restore);
    assert.equal(again.exitCode, 0, again.err);
  });
});
