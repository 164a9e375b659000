import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createAccount, walletFileText } from '../../scripts/devnet/account.js';
import { projectRoot } from '../../scripts/ensure/paths.mjs';
import { fencedBlocks } from './fenced-blocks.js';

// What the blocks with sudo leave behind: run in a folder in the place of /, by the user who tests.
// npm makes some files only, which is what the umask is about; image-steps.test.ts runs it.

const SHELL = `
set -euo pipefail
umask 077
# As sudo's umask of 022 does it: the union of both.
sudo() { ( umask "$(printf '%03o' $(( 0$(umask) | 022 )))"; "$@" ); }
npm() {
  case $1 in
    ci) mkdir -p node_modules/better-sqlite3 && echo > node_modules/better-sqlite3/index.js ;;
    rebuild) mkdir -p node_modules/better-sqlite3/build/Release ;;
  esac
}
dodona() {
  case $1 in
    config) (cd "$CHECKOUT" && "$NODE" --import=tsx src/cli/dodona.ts "$@") ;;
  esac
}
`;

describe('the blocks of commands for servers, without their rights', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'dodona-server-'));
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  const blockWith = (text: string): string => {
    const found = fencedBlocks('docs/operators.md', 'bash').filter((block) =>
      block.text.includes(text),
    );
    assert.equal(found.length, 1, text);
    return (found[0] as { text: string }).text;
  };
  const run = (block: string, after = '') => {
    const here = block
      .replace(/(?<=\s|:)\/(opt\/dodona|etc\/dodona|usr\/local|run\/credentials)/g, `${root}/$1`)
      .replaceAll('-o dodona -g dodona', '-o "$(id -u)" -g "$(id -g)"')
      .replaceAll('sudo -u dodona ', 'sudo ');
    const env = { ...process.env, HOME: root, NODE: process.execPath, CHECKOUT: projectRoot };
    const input = `${SHELL}\n${here}\n${after}\n`;
    const { status, stdout, stderr } = spawnSync('bash', [], { input, encoding: 'utf8', env });
    return { status, text: stdout + stderr };
  };

  /** What another user cannot read. */
  const hidden = (...folders: string[]): string[] =>
    folders
      .flatMap((folder) => [
        folder,
        ...readdirSync(join(root, folder), { recursive: true }).map((name) => `${folder}/${name}`),
      ])
      .filter((path) => {
        const stats = statSync(join(root, path));
        const wanted = stats.isDirectory() ? 0o005 : 0o004;
        return (stats.mode & wanted) !== wanted;
      });

  function packed(): void {
    const { version } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8'));
    const program = join(root, 'made', `dodona-${version}`, 'dist', 'cli', 'dodona.js');
    mkdirSync(dirname(program), { recursive: true });
    writeFileSync(program, '');
    chmodSync(program, 0o755);
    for (const folder of ['release', 'usr/local/bin']) {
      mkdirSync(join(root, folder), { recursive: true });
    }
    const file = join(root, 'release', `dodona-${version}.tgz`);
    const names = [`dodona-${version}/dist/cli/dodona.js`];
    const { status } = spawnSync('tar', ['-czf', file, '-C', join(root, 'made'), ...names]);
    assert.equal(status, 0);
  }

  it('install what the user of the service can read, after umask 077 and back in it', () => {
    packed();
    const block = blockWith('npm ci');
    const { status, text } = run(block, 'umask');
    assert.equal(status, 0, text);
    assert.match(text, /0077\n$/);
    assert.deepEqual(hidden('opt/dodona', 'etc/dodona'), []);
    assert.ok(existsSync(join(root, 'usr/local/bin/dodona')));
    rmSync(join(root, 'opt'), { recursive: true });
    rmSync(join(root, 'usr/local/bin/dodona'));
    assert.equal(run(block.replace('umask 022\n', '')).status, 0);
    assert.notDeepEqual(hidden('opt/dodona'), [], 'without it nobody could');
  });

  it('lend the password to commands on a node that does not run, and take it back', async () => {
    const lent = join(root, 'run/credentials/dodona.service/wallet.password');
    const etc = join(root, 'etc/dodona');
    mkdirSync(etc, { recursive: true });
    writeFileSync(join(etc, 'wallet.password'), 'pw\n', { mode: 0o600 });
    const wallet = await walletFileText([createAccount()], 'pw');
    writeFileSync(join(etc, 'wallet.json'), wallet, { mode: 0o600 });
    writeFileSync(
      join(etc, 'node.config.yaml'),
      [
        'preset: devnet',
        'network: {magic: 5, rpc: [http://127.0.0.1:9]}',
        'gateway: {hash: 0x0b0a090807060504030201000f0e0d0c0b0a0908}',
        `wallet: {file: ./wallet.json, passwordFile: ${lent}}`,
        'storage: {dir: ./data}',
      ].join('\n'),
    );
    const block = blockWith('/run/credentials');
    const { status, text } = run(block);
    assert.equal(status, 0, text);
    assert.match(text, /node\.config\.yaml/);
    assert.equal(existsSync(dirname(lent)), false);
    const unlent = run(block.replace(/^sudo install .*wallet\.password .*$/m, ''));
    assert.equal(unlent.status, 1, unlent.text);
    assert.match(unlent.text, /wallet\.password/);
  });
});
