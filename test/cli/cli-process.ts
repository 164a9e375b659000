import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startLeashed } from '../../scripts/devnet/leash.js';

const ENTRY = fileURLToPath(new URL('./crashing-cli.ts', import.meta.url));

/**
 * Runs the command line in a process of its own, which kills itself (SIGKILL) when a step is done;
 * '' for none. Resolves with its exit code (`KILLED` when it was) and what it printed.
 */
export async function runCliProcess(
  folder: string,
  step: string,
  words: readonly string[],
): Promise<{ readonly exitCode: number; readonly text: string }> {
  const logFile = join(folder, `cli-${randomUUID()}.log`);
  const args = ['--import', 'tsx', ENTRY, step, ...words];
  const started = await startLeashed(process.execPath, args, logFile);
  const exitCode = await started.exited;
  return { exitCode, text: await readFile(logFile, 'utf8') };
}
