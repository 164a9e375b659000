import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  cpSync,
  lchownSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { sharedNetwork } from '../../scripts/devnet/shared-network.js';
import { projectRoot } from '../../scripts/ensure/paths.mjs';
import { packRelease } from '../../scripts/pack/pack-release.js';
import { type NodeFixture, nodeFixture } from '../node/node-fixture.js';
import { carryOut } from './image-steps.js';
import { type Dockerfile, readDockerfile } from './read-deployment.js';

const run = promisify(execFile);

/** Of the image. Who is not root runs it as himself. */
const UID = 10_001;
const OTHER = process.getuid?.() === 0 ? { uid: UID, gid: UID } : {};

/** Every path below a folder. */
const below = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name));

describe('the steps of the image', function () {
  this.timeout(300_000);
  const folder = mkdtempSync(join(tmpdir(), 'dodona-image-'));
  let dockerfile: Dockerfile;
  let root = '';
  let released: string;
  let fixture: NodeFixture;
  before(async () => {
    chmodSync(folder, 0o755);
    dockerfile = await readDockerfile();
    const native = join('node_modules', 'better-sqlite3', 'build');
    const roots = await carryOut(dockerfile.stages, folder, [
      {
        // Takes minutes of a core. The same version's, as it was compiled for the checkout.
        when: /npm rebuild better-sqlite3$/,
        as: (at) =>
          cpSync(join(projectRoot, native), join(at, 'opt/dodona', native), { recursive: true }),
      },
    ]);
    root = roots.get('node') ?? '';
    released = join(roots.get('release') ?? '', 'release');
    fixture = await nodeFixture(await sharedNetwork());
    if (OTHER.uid !== undefined) {
      for (const path of [fixture.folder, ...below(fixture.folder)]) lchownSync(path, UID, UID);
    }
  });
  after(async () => {
    await fixture?.stop();
    const left = root === '' ? [] : [root, ...below(root)];
    for (const path of left.filter((each) => statSync(each).isDirectory())) chmodSync(path, 0o755);
    rmSync(folder, { recursive: true, force: true });
  });

  const command = (name: string): string[] => {
    const found = dockerfile.stages.at(-1)?.commands.find((one) => one.name === name)?.value;
    const health = found?.Health as { Test: string[] } | undefined;
    const words = (health?.Test.slice(1) ?? found?.CmdLine ?? []) as string[];
    return words.map((word) => (word.startsWith('/opt/') ? join(root, word) : word));
  };

  it('make the package of a release, byte for byte, from what the image is given', async () => {
    const [name = ''] = readdirSync(released);
    const bytes = readFileSync(join(released, name));
    const { sha256 } = await packRelease(join(folder, 'again'));
    assert.equal(createHash('sha256').update(bytes).digest('hex'), sha256);
  });

  it('leave a program and its packages, and nothing to install others with', () => {
    assert.deepEqual(readdirSync(join(root, 'usr/local/bin')), ['dodona']);
    assert.deepEqual(readdirSync(join(root, 'opt')), ['dodona']);
    const packages = readdirSync(join(root, 'opt/dodona/node_modules'));
    for (const name of ['mocha', 'tsx', 'typescript']) assert.ok(!packages.includes(name), name);
    assert.equal(statSync(join(root, 'data')).mode & 0o777, 0o700);
  });

  it('leave what starts without rights where nothing can be written, is healthy, and stops', async () => {
    const program = join(root, 'opt/dodona');
    for (const path of [program, ...below(program)]) {
      const { mode } = statSync(path);
      chmodSync(path, mode & ~0o222);
    }
    const [, ...entry] = command('ENTRYPOINT');
    const options = {
      // The image's WORKDIR: where the configuration is.
      cwd: dirname(fixture.config.file),
      env: { PATH: '/nowhere', HOME: '/nowhere', NODE_ENV: 'production' },
      ...OTHER,
    };
    const words = [...entry, ...command('CMD')];
    const node = spawn(process.execPath, [...words, '--json'], {
      ...options,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let log = '';
    node.stderr.on('data', (part: Buffer) => {
      log += part.toString('utf8');
    });
    const ended = once(node, 'close');
    const [, ...health] = command('HEALTHCHECK');
    try {
      const told = once(createInterface(node.stdout), 'line').then(([line]) => line as string);
      const line = await Promise.race([told, ended.then(() => '')]);
      assert.notEqual(line, '', log);
      assert.equal(JSON.parse(line).started, true);
      const { stdout } = await run(process.execPath, health, options);
      assert.equal(stdout, 'alive\n');
      if (OTHER.uid !== undefined) {
        const owner = statSync(join(fixture.config.storage.dir, 'node.sqlite')).uid;
        assert.equal(owner, UID);
      }
    } finally {
      node.kill('SIGTERM');
    }
    assert.deepEqual(await ended, [0, null], log);
    await assert.rejects(run(process.execPath, health, options), { code: 75 });
  });
});
