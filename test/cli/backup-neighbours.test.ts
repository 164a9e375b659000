import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { hash160 } from '../../src/base/hash.js';
import { createCursorStore } from '../../src/pipeline/cursor-store.js';
import { inTransaction, openDatabase, openDatabaseReadOnly } from '../../src/storage/database.js';
import { KILLED } from '../node/node-process.js';
import { runCliProcess } from './cli-process.js';
import { commandLine } from './command-line.js';

const GATEWAY = hash160('0x0b0a090807060504030201000f0e0d0c0b0a0908');
const OTHER_GATEWAY = hash160('0x1b0a090807060504030201000f0e0d0c0b0a0908');
const MAGIC = 56_753;
const SOMEBODY = 4_711;
type Cli = ReturnType<typeof commandLine>;

describe('dodona backup and dodona restore beside other nodes, users and places', function () {
  this.timeout(180_000);
  const open: Cli[] = [];
  afterEach(() => {
    for (const cli of open.splice(0)) cli.remove();
  });

  function nodeOf(gateway = GATEWAY, options: Parameters<typeof commandLine>[0] = {}): Cli {
    const cli = commandLine(options);
    open.push(cli);
    const text = readFileSync(cli.configFile, 'utf8').replace(GATEWAY, gateway);
    writeFileSync(cli.configFile, text);
    writeFileSync(join(cli.dir, 'passphrase'), 'correct horse battery', { mode: 0o600 });
    const db = openDatabase(cli.databaseFile);
    inTransaction(db, () => createCursorStore(db).begin(MAGIC, gateway, 8));
    db.close();
    return cli;
  }
  const words = (cli: Cli, ...given: string[]): string[] => [
    ...given,
    '--password-file',
    join(cli.dir, 'passphrase'),
    '--config',
    cli.configFile,
  ];
  async function mustRun(cli: Cli, ...given: string[]): Promise<string> {
    const { exitCode, out, err } = await cli.run(...words(cli, ...given));
    assert.equal(exitCode, 0, out + err);
    return out;
  }
  async function refusal(cli: Cli, ...given: string[]) {
    const { out } = await cli.run(...words(cli, ...given, '--json'));
    return JSON.parse(out).error as { code: string; message: string; hint: string };
  }
  const heightIn = (dir: string): number | undefined => {
    const db = openDatabaseReadOnly(join(dir, 'node.sqlite'));
    try {
      return createCursorStore(db).read()?.height;
    } finally {
      db.close();
    }
  };

  it('of two gateways in one directory in one second, are both whole, and keep each their own', async () => {
    const [one, other] = [nodeOf(), nodeOf(OTHER_GATEWAY)];
    const shared = join(one.dir, 'shared');
    mkdirSync(shared);
    const older = [GATEWAY, OTHER_GATEWAY].map((hash) =>
      ['20200101', '20210101'].map((day) => {
        return `dodona-${MAGIC}-${hash.slice(2, 10)}-${day}T000000Z.backup`;
      }),
    );
    for (const name of older.flat()) writeFileSync(join(shared, name), '');
    await Promise.all([
      mustRun(one, 'backup', shared, '--keep', '2'),
      mustRun(other, 'backup', shared),
    ]);
    const names = readdirSync(shared);
    const kept = names.filter((name) => !older.flat().includes(name));
    assert.equal(kept.length, 2, `${names}`);
    assert.ok(
      kept.every((name) => /^dodona-56753-[01]b0a0908-\d{8}T\d{6}Z\.backup$/.test(name)),
      `${kept}`,
    );
    for (const name of kept) await mustVerify(one, join(shared, name));
    const gone = older.flat().filter((name) => !names.includes(name));
    assert.deepEqual(gone, [older[0]?.[0]], 'the oldest of the one that counts');
  });

  async function mustVerify(cli: Cli, file: string): Promise<void> {
    const passphrase = join(cli.dir, 'passphrase');
    const done = await cli.run('backup', 'verify', file, '--password-file', passphrase);
    assert.equal(done.exitCode, 0, done.out + done.err);
  }

  it('never removes the backup that was just made, however late the others say they are', async () => {
    const cli = nodeOf();
    const dir = join(cli.dir, 'kept');
    mkdirSync(dir);
    const later = ['2098', '2099'].map(
      (year) => `dodona-56753-0b0a0908-${year}0101T000000Z.backup`,
    );
    for (const name of later) writeFileSync(join(dir, name), '');
    const made = JSON.parse(await mustRun(cli, 'backup', dir, '--keep', '2', '--json'));
    assert.ok(existsSync(made.file), 'it was removed');
    assert.deepEqual(made.removed, [join(dir, later[0] ?? '')]);
    const alone = JSON.parse(await mustRun(cli, 'backup', join(cli.dir, 'x'), '--json'));
    assert.deepEqual(alone.removed, []);
  });

  it('clears up after a killed run, wherever that wrote to, and touches no other unfinished file', async () => {
    const cli = nodeOf();
    const [first, second] = ['first', 'second'].map((name) => join(cli.dir, name));
    for (const dir of [first, second]) mkdirSync(dir as string);
    const killed = await runCliProcess(cli.dir, 'sealed', words(cli, 'backup', first as string));
    assert.equal(killed.exitCode, KILLED, killed.text);
    assert.match(`${readdirSync(first as string)}`, /\.partial$/);
    const foreign = `dodona-56753-0b0a0908-20260101T000000Z.backup.${'ab'.repeat(8)}.partial`;
    writeFileSync(join(first as string, foreign), '');
    await mustRun(cli, 'backup', second as string);
    assert.deepEqual(readdirSync(first as string), [foreign]);
    assert.ok(!readdirSync(cli.storageDir).includes('backup.unfinished'), 'its note is left');
  });

  it('by root, is refused where another user has the database, and makes nothing there', async () => {
    const cli = nodeOf(GATEWAY, { euid: 0 });
    // Without root's rights, the one who runs this is the other user.
    const isRoot = process.geteuid?.() === 0;
    const uid = isRoot ? SOMEBODY : (process.geteuid?.() ?? SOMEBODY);
    const toHim = (path: string): void => {
      if (isRoot) chownSync(path, uid, uid);
    };
    await (isRoot ? mustRun(cli, 'backup', join(cli.dir, 'before')) : undefined);
    const before = readdirSync(cli.storageDir);
    for (const path of [cli.dir, cli.storageDir, cli.databaseFile]) toHim(path);
    for (const given of [
      ['backup', join(cli.dir, 'one')],
      ['restore', join(cli.dir, 'before'), '--to', cli.storageDir, '--replace'],
      ['restore', join(cli.dir, 'before'), '--to', join(cli.dir, 'new')],
    ]) {
      const { code, message, hint } = await refusal(cli, ...given);
      assert.equal(code, 'RUN_AS_OWNER', given.join(' '));
      assert.match(message, /belongs to user/);
      assert.match(hint, /sudo -u \S+ dodona/);
    }
    const created = await cli.runHere('api-keys', 'create', '--name', 'x', '--json');
    assert.match(created.out, /RUN_AS_OWNER/);
    assert.deepEqual(readdirSync(cli.storageDir), before);
    assert.ok(!existsSync(join(cli.dir, 'new')), 'it was made');
  });

  it('says to whom the files belong that root restored', async function () {
    if (process.geteuid?.() !== 0) return this.skip();
    const cli = nodeOf();
    await mustRun(cli, 'backup', join(cli.dir, 'one'));
    const to = join(cli.dir, 'new');
    const out = await mustRun(cli, 'restore', join(cli.dir, 'one'), '--to', to);
    assert.match(out, /all of it is root's: chown -R USER/);
  });

  it('killed between a database and its log, puts both into one folder when run again', async () => {
    const cli = nodeOf();
    await mustRun(cli, 'backup', join(cli.dir, 'one'));
    // Only in the log, as after a crash of the node.
    const db = openDatabase(cli.databaseFile);
    db.exec('UPDATE chain_cursor SET height = 99');
    const source = join(cli.dir, 'crashed');
    execFileSync('cp', ['-r', cli.storageDir, source]);
    db.close();
    for (const steps of [['moved node.sqlite'], ['moved aside', 'moved in']]) {
      const dir = join(cli.dir, 'restored');
      execFileSync('cp', ['-r', source, dir]);
      assert.ok(existsSync(join(dir, 'node.sqlite-wal')), 'there is no log');
      const restore = words(cli, 'restore', join(cli.dir, 'one'), '--to', dir, '--replace');
      for (const step of steps) {
        const killed = await runCliProcess(cli.dir, step, restore);
        assert.equal(killed.exitCode, KILLED, killed.text);
      }
      const again = await cli.run(...restore, '--json');
      assert.equal(again.exitCode, 0, again.out);
      const { movedTo } = JSON.parse(again.out) as { movedTo: string };
      assert.ok(existsSync(join(movedTo, 'node.sqlite-wal')), `${steps}`);
      assert.equal(heightIn(movedTo), 99, `${steps}`);
      assert.equal(heightIn(dir), 7);
      assert.ok(!readdirSync(dir).some((name) => name.startsWith('restore.')), 'traces are left');
      rmSync(dir, { recursive: true });
    }
  });

  it('names each place that the configuration has elsewhere, and keeps keys that were others', async () => {
    const cli = nodeOf();
    const at = (...names: string[]): string => join(cli.dir, ...names);
    const code = `${'ab'.repeat(32)}.js`;
    for (const name of ['functions', 'elsewhere']) mkdirSync(at('data', name), { recursive: true });
    writeFileSync(at('data', 'functions', code), 'return 1;');
    for (const name of ['vault.key', 'random.key']) {
      writeFileSync(at('data', name), `first ${name}`, { mode: 0o600 });
    }
    await mustRun(cli, 'backup', at('one'), '--with-keys');
    writeFileSync(at('data', 'vault.key'), 'second vault.key');
    const restore = ['restore', at('one'), '--to', at('data'), '--replace'];
    const told = (await mustRun(cli, ...restore)).replace(/\s+/g, ' ');
    assert.match(told, /other key vault\.key differs from the one that was there: it is in \S+/);
    assert.doesNotMatch(told, /other key random\.key|keyFile is|functions\.store is/);
    const [aside = ''] = readdirSync(at('data')).filter((name) => name.startsWith('replaced-'));
    assert.equal(readFileSync(at('data', aside, 'vault.key'), 'utf8'), 'second vault.key');
    assert.equal(readFileSync(at('data', 'vault.key'), 'utf8'), 'first vault.key');
    const more = [
      'vault: { keyFile: v.key }',
      'random: { keyFile: r.key }',
      'functions: { store: code }',
      'audit: { anchorFile: a.head }',
    ];
    writeFileSync(cli.configFile, `${readFileSync(cli.configFile, 'utf8')}${more.join('\n')}\n`);
    writeFileSync(at('r.key'), 'newer');
    const { next } = JSON.parse(await mustRun(cli, ...restore, '--json')) as { next: string[] };
    const steps = next.join('\n');
    assert.match(steps, /vault\.keyFile is \S+v\.key: put \S+data\/vault\.key there/);
    assert.match(steps, /random\.keyFile is \S+r\.key, with another content than/);
    assert.match(steps, /functions\.store is \S+code: put the files of \S+functions there/);
    assert.match(steps, /audit\.anchorFile is \S+a\.head/);
    assert.equal(readFileSync(at('r.key'), 'utf8'), 'newer');
  });
});
