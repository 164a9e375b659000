import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from '../../../scripts/ensure/paths.mjs';
import { buildDigest } from '../../../src/operations/attestation/build-digest.js';

const FOLDERS = ['src', 'config', 'contracts/build', 'types'];
const FILES = ['package.json', 'package-lock.json'];

describe('the digest of a build', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'dodona-build-'));
    for (const name of [...FOLDERS, ...FILES]) {
      cpSync(join(projectRoot, name), join(folder, name), { recursive: true });
    }
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const digest = (): string => buildDigest(folder, 'src').digest.toString('hex');

  it('is the sha256sum of its list, and the lines of that are those of sha256sum', () => {
    const { digest: bytes, text } = buildDigest(projectRoot, 'src');
    const sum = execFileSync('sha256sum', { input: text, encoding: 'utf8' });
    assert.equal(sum.split(' ')[0], bytes.toString('hex'));
    const files = text.split('\n').filter((line) => /^[0-9a-f]{64} {2}/.test(line));
    assert.equal(files.length > 300, true);
    execFileSync('sha256sum', ['--check', '--quiet', '--strict'], {
      cwd: projectRoot,
      input: `${files.join('\n')}\n`,
    });
    assert.match(text, /^node_modules\/better-sqlite3@[\d.]+ sha512-/m);
    assert.equal(text.includes('node_modules/mocha@'), false);
  });

  it('is the same of the same files elsewhere, with or without source maps and hidden files', () => {
    const here = digest();
    assert.equal(buildDigest(projectRoot, 'src').digest.toString('hex'), here);
    writeFileSync(join(folder, 'src', 'node.js.map'), '{}');
    writeFileSync(join(folder, 'src', '.built-from'), 'sources');
    assert.equal(digest(), here);
  });

  it('is the same with the lock file under the name that packages have it by', () => {
    const here = digest();
    const [lock, shrinkwrap] = ['package-lock.json', 'npm-shrinkwrap.json'].map((name) =>
      join(folder, name),
    );
    renameSync(lock as string, shrinkwrap as string);
    assert.equal(digest(), here);
  });

  it('is another when a file or a package is another, came, or went', () => {
    const seen = new Set([digest()]);
    const changes = [
      () => writeFileSync(join(folder, 'src', 'node.ts'), 'export {};'),
      () => writeFileSync(join(folder, 'src', 'more.ts'), 'export {};'),
      () => rmSync(join(folder, 'src', 'more.ts')),
      () => renameSync(join(folder, 'src', 'cli'), join(folder, 'src', 'ilc')),
      () => writeFileSync(join(folder, 'config', 'devnet.yaml'), 'preset: x\n'),
      () => writeFileSync(join(folder, 'package.json'), '{}'),
      () => {
        const packages = { 'node_modules/x': { version: '1.0.0', integrity: 'sha512-x' } };
        const lock = JSON.stringify({ lockfileVersion: 3, packages });
        writeFileSync(join(folder, 'package-lock.json'), lock);
      },
    ];
    for (const [at, change] of changes.entries()) {
      change();
      const now = digest();
      // Taking a file away again gives the digest of before, which is seen already.
      if (at !== 2) assert.equal(seen.has(now), false, String(at));
      seen.add(now);
    }
    assert.equal(seen.size, changes.length);
  });

  it('is refused where a part is missing, or leads out of the package', () => {
    symlinkSync('/etc/hostname', join(folder, 'src', 'link'));
    assert.throws(() => digest(), /no digest of .*: src\/link is no file/);
    rmSync(join(folder, 'src', 'link'));
    rmSync(join(folder, 'package-lock.json'));
    assert.throws(() => digest(), /there is none of package-lock\.json, npm-shrinkwrap\.json/);
    mkdirSync(join(folder, 'package-lock.json'));
    assert.throws(() => digest(), /no digest of /);
    rmSync(join(folder, 'types'), { recursive: true });
    assert.throws(() => digest(), /no such file.*types/);
  });
});
