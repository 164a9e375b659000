import { createHash } from 'node:crypto';
import {
  chmodSync,
  createReadStream,
  createWriteStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createBrotliDecompress } from 'node:zlib';
import { canInstall, installPackage } from './debian-packages.mjs';
import { cacheFolder } from './paths.mjs';
import { findOnPath, versionOf } from './programs.mjs';
import { runCommand } from './run-command.mjs';
import { createSteps, SetupError } from './steps.mjs';

/** The page is written for browsers from here on; what is older cannot judge it. */
const MINIMUM = 123;
const VERSION = /(?:Chromium|Chrome|HeadlessChrome)\D*\b(\d+)\.\d+\.\d+/;
/** By these names a PATH may have it. */
const NAMES = [
  'chromium-headless-shell',
  'chromium',
  'chromium-browser',
  'google-chrome-stable',
  'google-chrome',
  'chrome-headless-shell',
];
const PACKAGE = 'chromium-headless-shell';
/** A build that needs nothing of the system but the C library, for whoever is not root. */
const PINNED = {
  name: '@sparticuz/chromium',
  version: '153.0.0',
  platform: 'linux-x64',
  sha512:
    'jiGWqSvPMdu4+P9TilYqAR7yEGPEHINx+lCvE/NqNO/EHYzF/x1hUiI5T6ioVIt7dEy7n88byyT0vk+dnsgQwA==',
};

/**
 * The path of a Chromium that the tests of the console page drive: $CHROMIUM, the PATH, the
 * system's package (as root), a pinned download, in this order.
 * @param {{ steps?: import('./steps.mjs').Steps, env?: NodeJS.ProcessEnv, uid?: number,
 *   platform?: string }} [options]
 * @returns {Promise<string>}
 * @throws {SetupError} when there is none and none can be installed
 */
export async function ensureChromium(options = {}) {
  const steps = options.steps ?? createSteps();
  const env = options.env ?? process.env;
  if (env.CHROMIUM) return requireRecent(env.CHROMIUM);
  const found = recentOnPath(env);
  if (found !== null) return found;
  const fromSystem = canInstall(env, options.uid) ? await fromPackage(env, steps) : null;
  if (fromSystem !== null) return fromSystem;
  const platform = options.platform ?? `${process.platform}-${process.arch}`;
  if (platform !== PINNED.platform) throw missing();
  return pinned(env, steps);
}

async function fromPackage(env, steps) {
  try {
    await steps.step(`chromium: install the system's package (64 MB)`, (tell) =>
      installPackage(PACKAGE, env, tell),
    );
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    steps.say(`chromium: ${error.message}; downloading one instead`);
  }
  return recentOnPath(env);
}

/** The copy in the cache, or a new one. */
async function pinned(env, steps) {
  const folder = join(cacheFolder(env), 'chromium');
  const kept = join(folder, PINNED.version);
  const program = join(kept, 'chromium');
  if (existsSync(program) && versionOf(program, VERSION) !== null) return program;
  mkdirSync(folder, { recursive: true });
  const work = mkdtempSync(join(folder, 'new-'));
  try {
    await steps.step(`chromium ${PINNED.version}: download a pinned build (70 MB)`, () =>
      unpackPinned(work, env),
    );
    const fresh = join(work, 'ready');
    if (versionOf(join(fresh, 'chromium'), VERSION) === null) {
      throw new SetupError('the downloaded one does not run here');
    }
    rmSync(kept, { recursive: true, force: true });
    renameSync(fresh, kept);
  } catch (error) {
    // Another process may have been faster.
    if (!existsSync(program)) throw error instanceof SetupError ? missing(error.message) : error;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return program;
}

async function unpackPinned(work, env) {
  const { name, version, sha512 } = PINNED;
  const failure = `npm cannot download ${name} ${version}`;
  const pack = ['pack', '--silent', '--ignore-scripts', '--pack-destination', work];
  await runCommand('npm', [...pack, `${name}@${version}`], { cwd: work, env, failure });
  const archive = join(work, `sparticuz-chromium-${version}.tgz`);
  const found = createHash('sha512').update(readFileSync(archive)).digest('base64');
  if (found !== sha512) {
    throw new SetupError(`the downloaded ${name} has SHA-512 ${found} instead of ${sha512}`);
  }
  await runCommand('tar', ['-xzf', archive, '-C', work], { env, failure });
  const [bin, ready] = [join(work, 'package', 'bin'), join(work, 'ready')];
  mkdirSync(ready);
  const inflate = (from, to) =>
    pipeline(createReadStream(join(bin, from)), createBrotliDecompress(), createWriteStream(to));
  await inflate('chromium.br', join(ready, 'chromium-program'));
  chmodSync(join(ready, 'chromium-program'), 0o755);
  for (const part of ['al2023.tar', 'fonts.tar']) {
    await inflate(`${part}.br`, join(work, part));
    await runCommand('tar', ['-xf', join(work, part), '-C', ready], { env, failure });
  }
  writeFileSync(join(ready, 'fonts.conf'), FONTS);
  writeFileSync(join(ready, 'chromium'), WRAPPER, { mode: 0o755 });
}

/** Its libraries lie beside it, and fonts for a system that has none. */
const WRAPPER = `#!/bin/sh
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
[ -d /etc/fonts ] || export FONTCONFIG_PATH="$here"
LD_LIBRARY_PATH="$here/lib" exec "$here/chromium-program" "$@"
`;
const FONTS = '<fontconfig><dir prefix="relative">fonts</dir></fontconfig>\n';

function requireRecent(file) {
  const version = versionOf(file, VERSION);
  if (version !== null && Number(version) >= MINIMUM) return file;
  const what = version === null ? 'is not a Chromium' : `is Chromium ${version}`;
  throw new SetupError(
    `CHROMIUM=${file} ${what}: set it to a Chromium of version ${MINIMUM} or newer, or unset it.`,
  );
}

function recentOnPath(env) {
  for (const name of NAMES) {
    const file = findOnPath([name], env);
    if (file !== null && Number(versionOf(file, VERSION) ?? 0) >= MINIMUM) return file;
  }
  return null;
}

const missing = (why = '') =>
  new SetupError(
    `Chromium is missing, which tests the console page${why === '' ? '' : ` (${why})`}: install ` +
      `Chromium ${MINIMUM} or newer (Debian: apt-get install ${PACKAGE}), or set CHROMIUM to it, ` +
      'and try again.',
  );
