import { fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { type BuiltWorker, buildWorker } from './build-worker.js';
import type { FaultName } from './faults.js';
import type { SeedResult } from './run-seed.js';

export interface SeedRange {
  readonly from: number;
  readonly count: number;
  /** How many at a time; without it as many as there are cores. */
  readonly processes?: number;
}

/** Results of all seeds, in their order. */
export interface SeedsResult {
  readonly results: readonly SeedResult[];
  /** Of the digests of all seeds. */
  readonly digest: string;
  readonly faults: Readonly<Record<FaultName, number>>;
}

/** A simulation leaves much behind that nobody needs: it is looked through less often so. */
const YOUNG_HEAP = '--max-semi-space-size=32';
const MAX_PROCESSES = 16;

/** Runs seeds in processes of their own; `onResult` is told in any order. */
export async function runSeeds(
  { from, count, processes = availableParallelism() }: SeedRange,
  onResult: (result: SeedResult) => void = () => {},
): Promise<SeedsResult> {
  const results = new Map<number, SeedResult>();
  let next = from;
  const atOnce = Math.min(processes, MAX_PROCESSES, count);
  const worker = await buildWorker();
  try {
    await Promise.all(
      Array.from({ length: atOnce }, () =>
        workOff(
          worker,
          () => (next < from + count ? next++ : null),
          (result) => {
            results.set(result.seed, result);
            onResult(result);
          },
        ),
      ),
    );
  } finally {
    worker.remove();
  }
  const ordered = Array.from({ length: count }, (_, at) => results.get(from + at) as SeedResult);
  return { results: ordered, digest: digestOf(ordered), faults: sumOf(ordered) };
}

/** SHA-256 over the digests of seeds, in hex. */
export const digestOf = (results: readonly SeedResult[]): string =>
  createHash('sha256')
    .update(results.map(({ digest }) => digest).join())
    .digest('hex');

/** One process, which takes seed after seed. */
function workOff(
  { file }: BuiltWorker,
  take: () => number | null,
  onResult: (result: SeedResult) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = fork(file, { execArgv: [YOUNG_HEAP] });
    let seed = take();
    const give = (): void => {
      if (seed === null) child.disconnect();
      else child.send(seed);
    };
    child.on('message', (result: SeedResult) => {
      onResult(result);
      seed = take();
      give();
    });
    child.on('exit', (code) => {
      if (seed === null) resolve();
      else reject(new Error(`the process of seed ${seed} ended with ${code}`));
    });
    child.on('error', reject);
    give();
  });
}

function sumOf(results: readonly SeedResult[]): Record<FaultName, number> {
  const sums: Partial<Record<FaultName, number>> = {};
  for (const { faults } of results) {
    for (const [name, count] of Object.entries(faults) as [FaultName, number][]) {
      sums[name] = (sums[name] ?? 0) + count;
    }
  }
  return sums as Record<FaultName, number>;
}
