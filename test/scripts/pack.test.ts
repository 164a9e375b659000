import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { sharedNetwork } from '../../scripts/devnet/shared-network.js';
import { projectRoot } from '../../scripts/ensure/paths.mjs';
import { packRelease, type Release } from '../../scripts/pack/pack-release.js';
import { buildDigest } from '../../src/operations/attestation/build-digest.js';
import { nodeFixture } from '../node/node-fixture.js';

const run = promisify(execFile);

describe('the package of a release', function () {
  this.timeout(300_000);
  let folder: string;
  let releases: Release[];
  let installed: string;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'dodona-pack-'));
    releases = await Promise.all(['a', 'b'].map((name) => packRelease(join(folder, name))));
    installed = join(folder, 'package');
    await run('tar', ['-xzf', releases[0]?.file ?? '', '-C', folder]);
    // As docs/operators.md says; the folder has neither the checkout nor its packages above it.
    const words = ['ci', '--omit=dev', '--ignore-scripts', '--prefer-offline', '--no-audit'];
    await run('npm', words, { cwd: installed });
    // To compile SQLite once more would take minutes: the same version's from the checkout will do.
    const native = join('node_modules', 'better-sqlite3', 'build');
    cpSync(join(projectRoot, native), join(installed, native), { recursive: true });
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const dodona = async (...words: string[]): Promise<string> => {
    const program = join(installed, 'dist', 'cli', 'dodona.js');
    return (await run(process.execPath, [program, ...words], { cwd: folder })).stdout;
  };

  it('has the same bytes each time that it is made', () => {
    assert.match(releases[0]?.sha256 ?? '', /^[0-9a-f]{64}$/);
    assert.equal(releases[0]?.sha256, releases[1]?.sha256);
  });

  it('has what runs, and nothing of the work on it', () => {
    const names = readdirSync(installed);
    for (const name of [
      'dist',
      'config',
      'node.config.example.yaml',
      'signer.config.example.yaml',
      'npm-shrinkwrap.json',
    ]) {
      assert.equal(names.includes(name), true, name);
    }
    for (const name of ['src', 'test', '.cache', 'package-lock.json']) {
      assert.equal(names.includes(name), false, name);
    }
    const files = readdirSync(join(installed, 'dist'), { recursive: true, encoding: 'utf8' });
    assert.deepEqual(
      files.filter((name) => /(?:^|\/)\./.test(name)),
      [],
    );
    for (const name of ['mocha', 'typescript', 'tsx']) {
      assert.equal(existsSync(join(installed, 'node_modules', name)), false, name);
    }
  });

  it('runs alone, and is the program that its digest says', async () => {
    assert.match(await dodona('--version'), /^\d+\.\d+\.\d+$/m);
    const digest = (await dodona('attest', 'digest')).trim();
    assert.equal(digest, buildDigest(installed, 'dist').digest.toString('hex'));
    const list = await dodona('attest', 'digest', '--list');
    assert.match(list, /^[0-9a-f]{64} {2}dist\/cli\/dodona\.js$/m);
    assert.equal(list.includes('src/'), false);
  });

  it('starts a node that works, and ends it', async () => {
    const fixture = await nodeFixture(await sharedNetwork());
    try {
      const { file } = fixture.config;
      assert.match(await dodona('config', 'validate', '--config', file), /./);
      const program = join(installed, 'dist', 'cli', 'dodona.js');
      const words = [program, 'start', '--json', '--config', file];
      const node = spawn(process.execPath, words, {
        cwd: folder,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let log = '';
      node.stderr.on('data', (part: Buffer) => {
        log += part.toString('utf8');
      });
      const ended = once(node, 'close');
      const told = once(createInterface(node.stdout), 'line').then(([line]) => line as string);
      try {
        const line = await Promise.race([told, ended.then(() => '')]);
        assert.notEqual(line, '', log);
        assert.equal(JSON.parse(line).started, true);
        const status = JSON.parse(await dodona('status', '--json', '--config', file));
        assert.equal(status.source.from, 'node');
      } finally {
        node.kill('SIGTERM');
      }
      assert.deepEqual(await ended, [0, null], log);
    } finally {
      await fixture.stop();
    }
  });
});
