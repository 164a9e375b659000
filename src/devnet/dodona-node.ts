import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type LeashedProcess, startLeashed } from './leash.js';
import { eventually } from './private-chain.js';

/** A Dodona node of the built program (dist/), a process of its own. */
export interface DodonaNode extends LeashedProcess {
  readonly logFile: string;
}

/** The built program, whether this file runs from src/ or from dist/. */
export const PROGRAM = join(import.meta.dirname, '..', '..', 'dist', 'cli', 'dodona.js');
const LOG_CHARACTERS_SHOWN = 2_000;

/** Starts a node with a devnet's configuration and waits until it is ready to serve. */
export async function startDodonaNode(devnet: {
  readonly configFile: string;
  readonly apiPort: number;
}): Promise<DodonaNode> {
  const logFile = join(dirname(devnet.configFile), 'node.log');
  const args = [PROGRAM, 'start', '--config', devnet.configFile];
  const node = await startLeashed(process.execPath, args, logFile);
  const url = `http://127.0.0.1:${devnet.apiPort}/readyz`;
  await eventually('the Dodona node to be ready', async () => {
    if (!node.running()) {
      const log = await readFile(logFile, 'utf8');
      throw new Error(`the Dodona node did not start:\n${log.slice(-LOG_CHARACTERS_SHOWN)}`);
    }
    const ready = await fetch(url).catch(() => null);
    return ready?.ok ? true : null;
  });
  return { ...node, logFile };
}
