import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, projectRoot } from './paths.mjs';
import { runCommand } from './run-command.mjs';
import { createSteps } from './steps.mjs';

/** Names every package with its version and SHA-256. */
const REQUIREMENTS = join(projectRoot, 'scripts', 'ensure', 'neo3-boa-requirements.txt');

/**
 * A folder with neo3-boa, the compiler of contracts in Python, for PYTHONPATH. It is downloaded
 * when the cache has none of these requirements.
 * @param {{ steps?: import('./steps.mjs').Steps, env?: NodeJS.ProcessEnv }} [options]
 * @returns {Promise<string>}
 * @throws {import('./steps.mjs').SetupError} when it cannot be had
 */
export async function ensureNeo3Boa(options = {}) {
  const steps = options.steps ?? createSteps();
  const env = options.env ?? process.env;
  const parent = join(cacheFolder(env), 'neo3-boa');
  const pin = createHash('sha256').update(readFileSync(REQUIREMENTS)).digest('hex');
  const folder = join(parent, pin.slice(0, 16));
  if (existsSync(folder)) return folder;
  mkdirSync(parent, { recursive: true });
  const work = mkdtempSync(join(parent, 'new-'));
  try {
    const fresh = join(work, 'packages');
    const options = ['--no-deps', '--require-hashes', '--only-binary=:all:', '--quiet'];
    const args = ['-m', 'pip', 'install', ...options, '--target', fresh, '-r', REQUIREMENTS];
    await steps.step('neo3-boa: download', () =>
      runCommand('python3', args, {
        env,
        failure: 'neo3-boa could not be installed, is the Python registry reachable?',
      }),
    );
    putInPlace(fresh, folder);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return folder;
}

/** Another process may be quicker; its copy is as good. */
function putInPlace(fresh, folder) {
  try {
    renameSync(fresh, folder);
  } catch (error) {
    if (!existsSync(folder)) throw error;
  }
}

/**
 * Compiles a contract in Python: FILE.py becomes FILE.nef and FILE.manifest.json beside it.
 * @param {string} file
 * @param {{ steps?: import('./steps.mjs').Steps, env?: NodeJS.ProcessEnv }} [options]
 * @throws {import('./steps.mjs').SetupError} with what the compiler says
 */
export async function compilePython(file, options = {}) {
  const folder = await ensureNeo3Boa(options);
  const env = { ...(options.env ?? process.env), PYTHONPATH: folder, PYTHONDONTWRITEBYTECODE: '1' };
  await runCommand('python3', ['-m', 'boa3.cli', 'compile', file], {
    env,
    failure: `${file} does not compile`,
  });
}
