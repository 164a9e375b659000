/**
 * `npm run simulate -- --seeds N --from S`: runs the node's real code against a simulated chain and
 * web, in virtual time, with faults. A seed is a history: the same seed replays it byte for byte.
 *
 * `--seeds N --digests FILE` runs the seeds from 0 on in blocks of 1,000, writes the digest of each
 * into the file when it is done, and goes on there when it is run again with the same code. With
 * `--failed` it runs the blocks again in which seeds failed, with the code as it is now.
 */
import { Command, InvalidArgumentError } from 'commander';
import { failureText } from './simulator/failure-text.js';
import { readGround } from './simulator/ground.js';
import { runBlocks, runFailedAgain } from './simulator/run-blocks.js';
import { runSeed, type SeedResult } from './simulator/run-seed.js';
import { runSeeds } from './simulator/run-seeds.js';
import { BLOCK_SEEDS, type SeedDigests } from './simulator/seed-digests.js';

interface Flags {
  readonly seeds: number;
  readonly from: number;
  readonly digest?: boolean;
  readonly digests?: string;
  readonly failed?: boolean;
  readonly processes?: number;
  readonly verbose?: boolean;
}

const wholeNumber = (text: string): number => {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('expected a whole number, 0 to 999999999.');
};

const command = new Command('simulate')
  .description('Runs the real pipeline against a simulated chain and web, in virtual time.')
  .option('--seeds <n>', 'how many seeds', wholeNumber, 100)
  .option('--from <n>', 'the first of them', wholeNumber, 0)
  .option('--digest', 'print the digest of each history')
  .option('--digests <file>', 'run whole blocks of 1000 seeds from 0 on and keep their digests')
  .option('--failed', 'with --digests: only the blocks in which seeds failed, once more')
  .option('--processes <n>', 'how many at a time (default: as many as cores)', wholeNumber)
  .option('--verbose', 'print all that happens; in one process, so take one seed')
  .action(run);

await command.parseAsync();

async function run(flags: Flags): Promise<void> {
  const { seeds, digest, digests, verbose } = flags;
  let failed = 0;
  const onResult = (result: SeedResult): void => {
    if (digest) tell(`seed ${result.seed} ${result.digest}`);
    if (result.failures.length === 0) return;
    failed += 1;
    tell(failureText(result));
  };
  if (digests !== undefined) await runIntoFile(flags, digests, onResult);
  else if (verbose) await runAloud(flags, onResult);
  else await runAll(flags, onResult);
  tell(digests === undefined ? `${seeds - failed} held, ${failed} failed` : `${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}

type OnResult = (result: SeedResult) => void;

async function runAloud({ from, seeds }: Flags, onResult: OnResult): Promise<void> {
  const ground = readGround();
  for (let seed = from; seed < from + seeds; seed++) {
    tell(`seed ${seed}`);
    onResult(await runSeed(seed, ground, tell));
  }
}

async function runAll({ from, seeds, ...flags }: Flags, onResult: OnResult): Promise<void> {
  const startMs = performance.now();
  const range = { from, count: seeds, ...processesOf(flags) };
  const { results, digest, faults } = await runSeeds(range, onResult);
  const seconds = (performance.now() - startMs) / 1_000;
  const requests = results.reduce((sum, each) => sum + each.requests, 0);
  const blocks = results.reduce((sum, each) => sum + each.blocks, 0);
  const injected = Object.values(faults).reduce((sum, count) => sum + count, 0);
  for (const [name, count] of Object.entries(faults)) {
    tell(`${String(count).padStart(8)} ${name}`);
  }
  const speed = `${seconds.toFixed(1)} s, ${(seeds / seconds).toFixed(1)} seeds/s`;
  tell(`${requests} requests in ${blocks} blocks, ${injected} faults; ${speed}`);
  tell(`seeds ${from} to ${from + seeds - 1}: digest ${digest}`);
}

async function runIntoFile(flags: Flags, file: string, onResult: OnResult): Promise<void> {
  if (flags.from !== 0) command.error('--digests runs from 0 on: leave --from out.');
  const blocks = Math.ceil(flags.seeds / BLOCK_SEEDS);
  const about = { file, blocks, ...processesOf(flags) };
  const onBlock = ({ blocks: done, wallSeconds, mended }: SeedDigests): void => {
    const again = mended === undefined ? '' : `; run again: ${mended.blocks.join(', ')}`;
    const of = `${done.length} of ${blocks} blocks of ${BLOCK_SEEDS} seeds`;
    tell(`${of}; ${wallSeconds} s in all${again}`);
  };
  const digests = await (flags.failed ? runFailedAgain : runBlocks)({
    ...about,
    onResult,
    onBlock,
  });
  if (digests.failed.length > 0) tell(`failed in all: ${digests.failed.join(', ')}`);
}

function processesOf({ processes }: Pick<Flags, 'processes'>): { readonly processes?: number } {
  return processes === undefined ? {} : { processes: Math.max(1, processes) };
}

function tell(line: string): void {
  process.stdout.write(`${line}\n`);
}
