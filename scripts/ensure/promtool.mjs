import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { hasApt, unpackPackage } from './debian-packages.mjs';
import { cacheFolder, projectRoot } from './paths.mjs';
import { findOnPath, versionOf } from './programs.mjs';
import { requireGo } from './requirements.mjs';
import { runCommand } from './run-command.mjs';
import { createSteps, SetupError } from './steps.mjs';

const VERSION = /^promtool, version (\d+\.\d+\.\d+)/m;
/** Debian has both in the package of the server, which is unpacked and never installed. */
const PACKAGE = 'prometheus';
/** Where no package has one it is built of a pinned module. */
const SOURCE = join(projectRoot, 'scripts', 'ensure', 'promtool-source');
const MODULE = 'github.com/prometheus/prometheus';
/** Version 0.308 of the module. */
const BUILT_VERSION = '3.8.0';

/**
 * The path of a promtool that checks metrics and alert rules: $PROMTOOL, the PATH, the copy in the
 * cache, the one in Debian's package, a build of the pinned Go module, in this order.
 * @param {{ steps?: import('./steps.mjs').Steps, env?: NodeJS.ProcessEnv, uid?: number }} [options]
 * @returns {Promise<string>}
 * @throws {SetupError} when there is none and none can be had
 */
export async function ensurePromtool(options = {}) {
  const steps = options.steps ?? createSteps();
  const env = options.env ?? process.env;
  if (env.PROMTOOL) return requireWorking(env.PROMTOOL);
  const found = findOnPath(['promtool'], env);
  if (found !== null && versionOf(found, VERSION) !== null) return found;
  const folder = join(cacheFolder(env), 'promtool');
  const cached = join(folder, 'promtool');
  const works = () => existsSync(cached) && versionOf(cached, VERSION) !== null;
  if (works()) return cached;
  if (hasApt(env)) await tryPackage(folder, env, steps, options.uid);
  if (!works()) await build(folder, env, steps);
  if (!works()) throw missing();
  return cached;
}

async function tryPackage(folder, env, steps, uid) {
  try {
    await unpack('promtool', folder, env, steps, uid);
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    steps.say(`promtool: ${error.message}; building one instead`);
  }
}

async function build(folder, env, steps) {
  try {
    requireGo(env);
  } catch (error) {
    throw error instanceof SetupError ? missing() : error;
  }
  mkdirSync(folder, { recursive: true });
  const work = mkdtempSync(join(folder, 'new-'));
  const version = `-s -w -X github.com/prometheus/common/version.Version=${BUILT_VERSION}`;
  // To check rules takes nothing of what discovers targets.
  const args = ['build', '-mod=readonly', '-trimpath', '-tags', 'netgo,remove_all_sd'];
  const fresh = join(work, 'promtool');
  try {
    await steps.step(`promtool ${BUILT_VERSION}: build the Go module (some minutes)`, (detail) =>
      runCommand('go', [...args, '-ldflags', version, '-o', fresh, `${MODULE}/cmd/promtool`], {
        cwd: SOURCE,
        env: { ...env, CGO_ENABLED: '0', GOFLAGS: '-buildvcs=false', GOWORK: 'off' },
        failure: 'promtool could not be built, is the Go module proxy reachable?',
        onLine: detail,
      }),
    );
    renameSync(fresh, join(folder, 'promtool'));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/**
 * The path of a Prometheus for the tests of its configuration: $PROMETHEUS, the PATH, the copy in
 * the cache, the one in Debian's package; null where none can be had.
 * @param {{ steps?: import('./steps.mjs').Steps, env?: NodeJS.ProcessEnv, uid?: number }} [options]
 * @returns {Promise<string | null>}
 */
export async function findPrometheus(options = {}) {
  const steps = options.steps ?? createSteps();
  const env = options.env ?? process.env;
  if (env.PROMETHEUS) return env.PROMETHEUS;
  const found = findOnPath(['prometheus'], env);
  if (found !== null) return found;
  const folder = join(cacheFolder(env), 'promtool');
  const cached = join(folder, 'prometheus');
  if (!existsSync(cached) && hasApt(env)) {
    await unpack('prometheus', folder, env, steps, options.uid);
  }
  return existsSync(cached) ? cached : null;
}

/** Puts both programs of the package into a folder: who needs one needs the other soon. */
async function unpack(what, folder, env, steps, uid) {
  mkdirSync(folder, { recursive: true });
  const work = mkdtempSync(join(folder, 'new-'));
  try {
    await steps.step(`${what}: unpack it from the system's package (19 MB)`, async (tell) => {
      const root = await unpackPackage(PACKAGE, work, env, { uid, tell });
      for (const name of ['promtool', 'prometheus']) {
        const fresh = join(root, 'usr', 'bin', name);
        if (existsSync(fresh)) renameSync(fresh, join(folder, name));
      }
    });
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function requireWorking(file) {
  if (versionOf(file, VERSION) !== null) return file;
  throw new SetupError(`PROMTOOL=${file} is not a promtool: set it to one, or unset it.`);
}

const missing = () =>
  new SetupError(
    'promtool is missing, which checks metrics and alert rules: install it (Debian: it is in the ' +
      `package ${PACKAGE}), or set PROMTOOL to it, and try again.`,
  );
