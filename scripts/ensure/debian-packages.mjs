import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { findOnPath } from './programs.mjs';
import { runCommand } from './run-command.mjs';
import { SetupError } from './steps.mjs';

/** Another apt-get at work is waited for so long. */
const LOCK_PATIENCE_S = 300;

/**
 * Whether this process may install packages of the system: Debian's apt-get is there, and it runs
 * as root.
 * @param {NodeJS.ProcessEnv} env
 * @param {number} [uid]
 */
export function canInstall(env, uid = process.getuid?.() ?? -1) {
  return uid === 0 && hasApt(env);
}

/** @param {NodeJS.ProcessEnv} env */
export const hasApt = (env) => findOnPath(['apt-get'], env) !== null;

/**
 * Installs a package with what it needs and nothing else.
 * @param {string} name
 * @param {NodeJS.ProcessEnv} env
 * @param {(line: string) => void} tell
 */
export async function installPackage(name, env, tell) {
  await updateLists(env, tell);
  const options = ['-y', '--no-install-recommends', '-o', `DPkg::Lock::Timeout=${LOCK_PATIENCE_S}`];
  await runCommand('apt-get', ['install', ...options, name], {
    env: { ...env, DEBIAN_FRONTEND: 'noninteractive' },
    onLine: tell,
    failure: `the system's package ${name} could not be installed`,
  });
}

/**
 * Downloads a package and unpacks it into a folder: nothing is installed, nothing of it is started.
 * @param {string} name
 * @param {string} folder an existing one
 * @param {NodeJS.ProcessEnv} env
 * @param {{ uid?: number, tell: (line: string) => void }} options
 * @returns {Promise<string>} the folder that stands for the system's /
 */
export async function unpackPackage(name, folder, env, { uid, tell }) {
  // Who is not root has to do with the lists that are there.
  if (canInstall(env, uid)) await updateLists(env, tell);
  const failure = `the system's package ${name} could not be downloaded`;
  await runCommand('apt-get', ['download', name], { cwd: folder, env, onLine: tell, failure });
  const file = readdirSync(folder).find((entry) => entry.endsWith('.deb'));
  if (file === undefined) throw new SetupError(failure);
  const root = join(folder, 'root');
  mkdirSync(root);
  await runCommand('dpkg', ['-x', join(folder, file), root], { env, failure });
  return root;
}

/** Lists that cannot be fetched now, or that somebody else fetches, may be good enough. */
async function updateLists(env, tell) {
  try {
    await runCommand('apt-get', ['update'], { env, onLine: tell });
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    tell('the lists of packages are not fetched anew');
  }
}
