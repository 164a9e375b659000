import { fork } from 'node:child_process';
import { buildWorker } from '../simulator/build-worker.js';
import type { SeedResult } from '../simulator/run-seed.js';
import type { Verdict } from './run-mutants.js';

/** A seed takes less than a second; one that takes this long does not end. */
const SEED_LIMIT_MS = 60_000;
const HEAP_MB = 1_024;

/**
 * Runs seeds from 0 on with the sources of a checkout until one fails: a promise that does not
 * hold, a process that ends, one that takes too long. That a history is another one is no failure.
 */
export async function simulateIn(root: string, seeds: number): Promise<Verdict> {
  const worker = await buildWorker(root);
  try {
    return await runSeeds(worker.file, root, seeds);
  } finally {
    worker.remove();
  }
}

function runSeeds(file: string, root: string, seeds: number): Promise<Verdict> {
  return new Promise((resolve) => {
    const execArgv = [`--max-old-space-size=${HEAP_MB}`];
    const child = fork(file, { cwd: root, execArgv, stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
    let seed = -1;
    let limit: NodeJS.Timeout | undefined;
    const end = (killedBy: Verdict['killedBy'], what: string): void => {
      clearTimeout(limit);
      child.kill('SIGKILL');
      resolve({ killedBy, what: killedBy === null ? '' : `seed ${seed}: ${what}` });
    };
    const next = (): void => {
      clearTimeout(limit);
      seed += 1;
      if (seed >= seeds) return end(null, '');
      limit = setTimeout(() => end('time', `no end after ${SEED_LIMIT_MS} ms`), SEED_LIMIT_MS);
      child.send(seed);
    };
    child.on('message', ({ failures }: SeedResult) => {
      if (failures[0] === undefined) next();
      else end('simulator', failures[0]);
    });
    child.on('exit', (code) => end('simulator', `the process ended with ${code}`));
    child.on('error', () => child.kill('SIGKILL'));
    next();
  });
}
