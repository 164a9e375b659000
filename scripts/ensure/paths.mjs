import { accessSync, constants, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout that this file belongs to. */
export const projectRoot = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..');

/**
 * The folder of downloaded and built tools, made when missing: $DODONA_CACHE, else one that all
 * checkouts of a user share, else (home not writable) one in the checkout.
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {string}
 */
export function cacheFolder(env = process.env) {
  if (env.DODONA_CACHE) return made(env.DODONA_CACHE) ?? failCache(env.DODONA_CACHE);
  const shared = join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'dodona');
  return made(shared) ?? made(join(projectRoot, '.cache')) ?? failCache(shared);
}

function made(folder) {
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK | constants.X_OK);
    return folder;
  } catch {
    return null;
  }
}

function failCache(folder) {
  throw new Error(`the cache folder ${folder} can't be written: set DODONA_CACHE to one that can`);
}
