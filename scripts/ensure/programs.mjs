import { execFileSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const VERSION_TIMEOUT_MS = 20_000;

/**
 * The first file of one of these names in the folders of PATH, or null.
 * @param {readonly string[]} names
 * @param {NodeJS.ProcessEnv} env
 * @returns {string | null}
 */
export function findOnPath(names, env) {
  const folders = (env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  const files = names.flatMap((name) => folders.map((folder) => join(folder, name)));
  return files.find((file) => existsSync(file) && statSync(file).isFile()) ?? null;
}

/**
 * What a program prints for --version matched against a pattern; null when it cannot be run or
 * prints something else.
 * @param {string} file
 * @param {RegExp} pattern its first group is the version
 * @returns {string | null}
 */
export function versionOf(file, pattern) {
  try {
    const text = execFileSync(file, ['--version'], {
      encoding: 'utf8',
      stdio: 'pipe',
      timeout: VERSION_TIMEOUT_MS,
    });
    return pattern.exec(text)?.[1] ?? null;
  } catch {
    return null;
  }
}
