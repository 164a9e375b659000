import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type LeashedProcess, startLeashed } from '../../scripts/devnet/leash.js';
import { eventually } from '../../scripts/devnet/private-chain.js';
import type { CRASH_POINTS } from '../../src/pipeline/crash-point.js';
import type { NodeFixture } from './node-fixture.js';

/** A node in a process of its own. */
export interface NodeProcess extends LeashedProcess {
  logText(): Promise<string>;
  /** Waits until it has taken in what is on the chain. */
  untilInStep(): Promise<void>;
}

export interface NodeProcessOptions {
  /** Default: that of the fixture's node. */
  readonly storageDir?: string;
  /** Where it kills itself, and at which passing. */
  readonly crash?: { readonly at: (typeof CRASH_POINTS)[number]; readonly nth: number };
}

/** What `exited` tells of a process that SIGKILL ended. */
export const KILLED = 128 + 9;

const ENTRY = fileURLToPath(new URL('./crashing-node.ts', import.meta.url));

export async function startNodeProcess(
  { config, folder }: NodeFixture,
  { storageDir = config.storage.dir, crash }: NodeProcessOptions = {},
): Promise<NodeProcess> {
  const logFile = join(folder, `node-${randomUUID()}.log`);
  const where = crash === undefined ? [] : [`${crash.at}:${crash.nth}`];
  const args = ['--import', 'tsx', ENTRY, config.file, storageDir, ...where];
  const started = await startLeashed(process.execPath, args, logFile);
  const logText = () => readFile(logFile, 'utf8').catch(() => '');
  return {
    ...started,
    logText,
    untilInStep: async () => {
      await eventually('the node process in step with the chain', async () => {
        const text = await logText();
        if (!started.running()) throw new Error(`the node process ended:\n${text.slice(-3_000)}`);
        return text.includes('in step with the chain') ? true : null;
      });
    },
  };
}
