import { buildWorker } from '../simulator/build-worker.js';
import type { SeedResult } from '../simulator/run-seed.js';
import { type Outcome, outcomeOf, type ProcessLimits, startLimited } from './limited-process.js';

const HEAP_MB = 1_024;

export interface SeedsRun {
  /** The last that ran. */
  readonly seed: number;
  /** What it came to when it did not hold, or null. */
  readonly outcome: Outcome<string | null>;
}

/**
 * Runs seeds from 0 on with the sources of a checkout until one fails: a promise that does not
 * hold, a process that ends, one that takes too long. That a history is another one is no failure.
 */
export async function simulateIn(
  root: string,
  seeds: number,
  limits: ProcessLimits,
): Promise<SeedsRun> {
  const worker = await buildWorker(root);
  let seed = 0;
  try {
    const args = [`--max-old-space-size=${HEAP_MB}`, worker.file];
    const child = startLimited(args, limits, { cwd: root });
    const outcome = await outcomeOf<string | null>(child, limits, (resolve) => {
      child.on('message', ({ failures }: SeedResult) => {
        const failure = failures[0] ?? null;
        if (failure !== null || seed + 1 >= seeds) return resolve(failure);
        seed += 1;
        child.send(seed);
      });
      child.send(seed);
    });
    return { seed, outcome };
  } finally {
    worker.remove();
  }
}
