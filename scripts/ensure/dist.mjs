import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { buildDist } from './build-dist.mjs';

const STAMP = '.built-from';

/**
 * Builds dist/ when it was built from other sources than those of today, so that `npx dodona` is
 * never an old one. The new dist takes the old one's place at once, when it is complete.
 * @param {string} root the checkout
 * @param {import('./steps.mjs').Steps} steps
 * @throws {import('./steps.mjs').SetupError} when the sources have type errors
 */
export async function ensureDist(root, steps) {
  if (!isDistCurrent(root)) await buildAnew(root, steps);
}

/**
 * Builds dist/, whatever is there.
 * @param {string} root the checkout
 * @param {import('./steps.mjs').Steps} steps
 * @throws {import('./steps.mjs').SetupError} when the sources have type errors
 */
export async function buildAnew(root, steps) {
  const sources = fingerprintOfSources(root);
  await steps.step('dist: build', async () => {
    const work = join(root, '.cache');
    mkdirSync(work, { recursive: true });
    const fresh = mkdtempSync(join(work, 'dist-'));
    try {
      await buildDist(root, fresh);
      writeFileSync(join(fresh, STAMP), sources);
      chmodSync(fresh, 0o755);
      replace(join(root, 'dist'), fresh);
    } finally {
      rmSync(fresh, { recursive: true, force: true });
    }
  });
}

/**
 * Whether dist/ was built from the sources as they are.
 * @param {string} root the checkout
 */
export function isDistCurrent(root) {
  const stampFile = join(root, 'dist', STAMP);
  if (!existsSync(stampFile)) return false;
  return readFileSync(stampFile, 'utf8') === fingerprintOfSources(root);
}

function replace(target, fresh) {
  const old = `${fresh}-old`;
  if (existsSync(target)) renameSync(target, old);
  renameSync(fresh, target);
  rmSync(old, { recursive: true, force: true });
}

function fingerprintOfSources(root) {
  const hash = createHash('sha256');
  const src = readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  const options = [
    'tsconfig.json',
    'tsconfig.build.json',
    'tsconfig.page.json',
    'package-lock.json',
  ];
  for (const file of [...src.sort(), ...options.map((name) => join(root, name))]) {
    const content = readFileSync(file);
    hash.update(`${file.slice(root.length)} ${content.length}\n`).update(content);
  }
  return hash.digest('hex');
}
