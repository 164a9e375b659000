import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import Database from 'better-sqlite3';
import { sharedNetwork } from '../../scripts/devnet/shared-network.js';
import { projectRoot } from '../../scripts/ensure/paths.mjs';
import { LATEST_SCHEMA } from '../../src/storage/migrations.js';
import { responsesTo } from '../node/answers.js';
import { ask, consumerAsks, specOf } from '../node/asking.js';
import { type NodeFixture, nodeFixture } from '../node/node-fixture.js';
import { startNode } from '../node/running-node.js';

const run = promisify(execFile);
const NODE = [join(projectRoot, 'dist', 'cli', 'dodona.js')];

// What "Upgrading, and going back" of docs/operators.md says.
describe('an upgrade', function () {
  this.timeout(300_000);
  let fixture: NodeFixture;
  let given: string[];
  before(async () => {
    fixture = await nodeFixture(await sharedNetwork());
    const passphrase = join(fixture.folder, 'backup.passphrase');
    writeFileSync(passphrase, 'long enough for a test\n', { mode: 0o600 });
    given = ['--password-file', passphrase, '--config', fixture.config.file];
  });
  after(() => fixture?.stop());

  const dodona = async (...words: string[]) =>
    (await run(process.execPath, [...NODE, ...words], { cwd: projectRoot })).stdout;

  /** The exit code and the log of a start that fails, or of one that is ended once it works. */
  async function start(): Promise<{ readonly code: number | null; readonly log: string }> {
    const words = [...NODE, 'start', '--json', '--config', fixture.config.file];
    const node = spawn(process.execPath, words, {
      cwd: projectRoot,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let log = '';
    node.stderr.on('data', (part: Buffer) => {
      log += part.toString('utf8');
    });
    const ended = once(node, 'close') as Promise<[number | null]>;
    const told = once(createInterface(node.stdout), 'line').then(([line]) => line as string);
    const line = await Promise.race([told, ended.then(() => '')]);
    if (line.includes('"started":true')) node.kill('SIGTERM');
    const [code] = await ended;
    return { code, log };
  }

  it('is undone by the old version and a backup of before; without one it refuses to start', async () => {
    const running = await startNode(fixture.config);
    const backups = join(fixture.folder, 'backups');
    mkdirSync(backups);
    try {
      const { ids } = await ask(fixture, [consumerAsks(fixture, { spec: specOf(fixture, '/a') })]);
      await responsesTo(fixture, running, ids);
      await dodona('backup', backups, ...given);
    } finally {
      await running.stop();
    }
    const { dir } = fixture.config.storage;
    // What a newer version leaves.
    const db = new Database(join(dir, 'node.sqlite'));
    db.pragma(`user_version = ${LATEST_SCHEMA + 1}`);
    db.close();
    const refused = await start();
    assert.equal(refused.code, 1, refused.log);
    assert.match(refused.log, /DB_NEWER_SCHEMA|newer/);
    const [name = ''] = readdirSync(backups).filter((file) => file.endsWith('.backup'));
    await dodona('restore', join(backups, name), '--to', dir, '--replace', ...given);
    const again = await start();
    assert.equal(again.code, 0, again.log);
    const list = await dodona('requests', 'list', '--config', fixture.config.file);
    assert.match(list, /http +answered/);
  });
});
