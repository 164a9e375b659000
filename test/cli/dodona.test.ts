import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createAccount, walletFileText } from '../../scripts/devnet/account.js';
import { openRequestBook } from '../api/request-book.js';
import { commandLine } from './command-line.js';

const PROGRAM = join(import.meta.dirname, '../../src/cli/dodona.ts');

/** The program itself, as a process. */
async function dodona(...words: string[]) {
  const child = spawn(process.execPath, ['--import=tsx', PROGRAM, ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [out, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    err += text;
  });
  const [exitCode] = (await once(child, 'close')) as [number | null];
  return { exitCode, out, err };
}

describe('the dodona program', () => {
  const cli = commandLine();

  before(async () => {
    const wallet = await walletFileText([createAccount()], 'pass');
    writeFileSync(join(cli.dir, 'wallet.json'), wallet, { mode: 0o600 });
    writeFileSync(join(cli.dir, 'wallet.password'), 'pass\n', { mode: 0o600 });
  });
  after(() => cli.remove());

  it('exits with 0 and prints on standard output what it was asked for', async () => {
    const { exitCode, out, err } = await dodona('config', 'validate', '--config', cli.configFile);
    assert.deepEqual([exitCode, out, err], [0, `${cli.configFile} is valid.\n`, '']);
  });

  it('exits with 1 and says on standard error what to mend', async () => {
    const { exitCode, out, err } = await dodona('start', '--config', '/nowhere.yaml');
    assert.deepEqual([exitCode, out], [1, '']);
    assert.match(err, /^error: cannot read the configuration.*\nto do: give its path/);
  });

  it('exits with 75 when no RPC endpoint answers, so that a supervisor tries again', async () => {
    const { exitCode, out, err } = await dodona('start', '--json', '--config', cli.configFile);
    assert.equal(exitCode, 75, err);
    const answer = JSON.parse(out);
    assert.deepEqual([answer.ok, answer.exitCode, answer.error.retryable], [false, 75, true]);
    assert.match(err, /"event":"the node cannot go on"/);
    assert.doesNotMatch(out + err, /"pass"/);
  });

  it('reads the database of a node that does not run', async () => {
    mkdirSync(cli.storageDir, { recursive: true });
    const book = openRequestBook(cli.databaseFile);
    book.add(7n);
    book.close();
    const { exitCode, out } = await dodona('explain', '7', '--config', cli.configFile);
    assert.equal(exitCode, 0);
    assert.match(out, /^From the database: no node runs\.\n\nRequest 7 \(http\): received/);
  });

  it('ends quietly when its reader goes away', async () => {
    const child = spawn(process.execPath, ['--import=tsx', PROGRAM, '--help'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout.destroy();
    let err = '';
    child.stderr.setEncoding('utf8').on('data', (text) => {
      err += text;
    });
    const [exitCode] = await once(child, 'close');
    assert.deepEqual([exitCode, err], [0, '']);
  });
});
