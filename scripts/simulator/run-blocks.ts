import { execFileSync } from 'node:child_process';
import { buildWorker } from './build-worker.js';
import type { SeedResult } from './run-seed.js';
import { runSeeds } from './run-seeds.js';
import {
  BLOCK_SEEDS,
  failedBlocks,
  noDigests,
  readDigests,
  type SeedDigests,
  withBlock,
  withBlockAgain,
  writeDigests,
} from './seed-digests.js';

export interface BlocksRun {
  /** Where the digests are kept; a run of the same code is gone on with. */
  readonly file: string;
  readonly blocks: number;
  readonly processes?: number;
  readonly onResult: (result: SeedResult) => void;
  /** After each block, and before the first. */
  readonly onBlock: (digests: SeedDigests) => void;
}

/** Runs seeds from 0 on, block by block; the file holds each as soon as it is done. */
export async function runBlocks(run: BlocksRun): Promise<SeedDigests> {
  const code = await codeNow();
  const kept = readDigests(run.file);
  const fresh = noDigests({ code, commit: commitNow() ?? 'unknown', node: process.version });
  let digests = kept?.code === code ? kept : fresh;
  run.onBlock(digests);
  while (digests.blocks.length < run.blocks) {
    const startMs = performance.now();
    const done = await runBlock(run, digests.blocks.length);
    if ((await codeNow()) !== code) {
      throw new Error('the code was changed while its seeds ran: run it in a checkout of its own');
    }
    digests = withBlock(digests, done, (performance.now() - startMs) / 1_000);
    writeDigests(run.file, digests);
    run.onBlock(digests);
  }
  return digests;
}

function runBlock({ processes, onResult }: Omit<BlocksRun, 'blocks'>, block: number) {
  const range = { from: block * BLOCK_SEEDS, count: BLOCK_SEEDS };
  return runSeeds(processes === undefined ? range : { ...range, processes }, onResult);
}

/** Runs the blocks again in which seeds failed, with the code as it is now; keeps what holds. */
export async function runFailedAgain(run: Omit<BlocksRun, 'blocks'>): Promise<SeedDigests> {
  const kept = readDigests(run.file);
  if (kept === null) throw new Error(`there is no ${run.file}: run the seeds first`);
  let digests = kept;
  for (const block of failedBlocks(kept)) {
    const done = await runBlock(run, block);
    if (done.results.some(({ failures }) => failures.length > 0)) continue;
    digests = withBlockAgain(digests, block, done, commitNow() ?? 'unknown');
    writeDigests(run.file, digests);
    run.onBlock(digests);
  }
  return digests;
}

/** Which code would run now: SeedDigests.code. */
export async function codeNow(): Promise<string> {
  const worker = await buildWorker();
  worker.remove();
  return worker.code;
}

/** The commit that is checked out; null where there is no repository. */
export function commitNow(): string | null {
  try {
    const options = { cwd: import.meta.dirname, encoding: 'utf8', stdio: 'pipe' } as const;
    return execFileSync('git', ['rev-parse', 'HEAD'], options).trim();
  } catch {
    return null;
  }
}
