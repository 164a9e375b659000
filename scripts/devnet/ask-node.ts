import { readRuntimeFile } from '../../src/api/runtime-file.js';
import { loadConfig } from '../../src/config/load-config.js';

/** Asks a running node's API, as the user that it runs as; null for what is not there. */
export async function askNode<T>(devnet: { configFile: string }, path: string): Promise<T | null> {
  const info = readRuntimeFile(loadConfig(devnet.configFile).storage.dir);
  if (info === null) return null;
  const headers = { authorization: `Bearer ${info.token}` };
  const response = await fetch(new URL(path, info.url), { headers });
  return response.ok ? ((await response.json()) as T) : null;
}
