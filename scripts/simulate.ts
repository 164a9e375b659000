/**
 * `npm run simulate -- --seeds N --from S`: runs the node's real code against a simulated chain and
 * web, in virtual time, with faults. A seed is a history: the same seed replays it byte for byte.
 */
import { Command, InvalidArgumentError } from 'commander';
import { readGround } from './simulator/ground.js';
import { runSeed, type SeedResult } from './simulator/run-seed.js';
import { runSeeds } from './simulator/run-seeds.js';

interface Flags {
  readonly seeds: number;
  readonly from: number;
  readonly digest?: boolean;
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
  .option('--verbose', 'print all that happens; in one process, so take one seed')
  .action(run);

await command.parseAsync();

async function run({ seeds, from, digest, verbose }: Flags): Promise<void> {
  const startMs = performance.now();
  const tell = (line: string) => void process.stdout.write(`${line}\n`);
  let failed = 0;
  const onResult = (result: SeedResult): void => {
    if (digest) tell(`seed ${result.seed} ${result.digest}`);
    if (result.failures.length === 0) return;
    failed += 1;
    tell(failureText(result));
  };
  if (verbose) {
    const ground = readGround();
    for (let seed = from; seed < from + seeds; seed++) {
      tell(`seed ${seed}`);
      onResult(await runSeed(seed, ground, tell));
    }
  } else {
    const { results, digest: all, faults } = await runSeeds({ from, count: seeds }, onResult);
    const seconds = (performance.now() - startMs) / 1_000;
    const requests = results.reduce((sum, each) => sum + each.requests, 0);
    const blocks = results.reduce((sum, each) => sum + each.blocks, 0);
    const injected = Object.values(faults).reduce((sum, count) => sum + count, 0);
    for (const [name, count] of Object.entries(faults))
      tell(`${String(count).padStart(8)} ${name}`);
    const speed = `${seconds.toFixed(1)} s, ${(seeds / seconds).toFixed(1)} seeds/s`;
    tell(`${requests} requests in ${blocks} blocks, ${injected} faults; ${speed}`);
    tell(`seeds ${from} to ${from + seeds - 1}: digest ${all}`);
  }
  tell(`${seeds - failed} held, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}

function failureText({ seed, failures, latest }: SeedResult): string {
  return [
    `seed ${seed} FAILED`,
    ...failures.map((failure) => `  ${failure}`),
    '  the last that happened:',
    ...latest.map((line) => `    ${line}`),
    `  replay: npm run simulate -- --seeds 1 --from ${seed} --verbose`,
  ].join('\n');
}
