/**
 * `npm run bench -- NAME`: measures the node against a real blockchain node on this machine, beside
 * the floor that nothing could be faster than. `npm run bench -- all` measures everything and
 * writes docs/benchmarks.md; `npm run bench -- check` fails when something is slower than it says.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Argument, Command, InvalidArgumentError } from 'commander';
import { messageOf } from '../src/base/node-error.js';
import { BENCHES, BENCHES_ALONE } from './bench/benches.js';
import { jsonLineOf, tableOf } from './bench/report.js';
import { checkAll, comparison, type ManyOptions, runAll } from './bench/run-all.js';
import { stopSignal } from './devnet/stop-signal.js';
import { ensureDist, isDistCurrent } from './ensure/dist.mjs';
import { projectRoot } from './ensure/paths.mjs';
import { createSteps } from './ensure/steps.mjs';

/** What `all` and `check` measure. */
const NAMES = Object.keys(BENCHES);
const SINGLE = { ...BENCHES, ...BENCHES_ALONE };

interface Flags {
  readonly json?: boolean;
  readonly quick?: boolean;
  readonly size?: number;
  readonly profile?: string;
  readonly out?: string;
  readonly only?: readonly string[];
  readonly folder?: string;
}

const wholeNumber = (text: string): number => {
  if (/^[1-9]\d{0,6}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('expected a whole number, 1 to 9999999.');
};

const benchNames = (text: string): string[] => {
  const names = text.split(',');
  const stray = names.find((name) => !NAMES.includes(name));
  if (stray === undefined) return names;
  throw new InvalidArgumentError(`there is no "${stray}"; expected some of ${NAMES.join(',')}.`);
};

const command = new Command('bench')
  .description('Measures the node against a real blockchain node on this machine.')
  .addArgument(
    new Argument('<name>', 'what to measure, or all, or check').choices([
      ...Object.keys(SINGLE),
      'all',
      'check',
    ]),
  )
  .option('--json', 'print one line of JSON, and nothing else')
  .option('--quick', 'a tiny size, to see that it works: the figures say nothing')
  .option('--size <n>', 'how many requests or blocks, instead of the usual number', wholeNumber)
  .option('--profile <folder>', "write a profile of the node's processor time there")
  .option('--out <file>', 'write the result there too, with its summary and targets, as JSON')
  .option('--only <names>', 'all and check: these alone, with commas between', benchNames)
  .option('--folder <folder>', 'all and check: holds benchmarks.json and .md; default: docs')
  .action(run);

await command.parseAsync();

async function run(name: string, flags: Flags): Promise<void> {
  // What has been started by then ends with this process.
  void stopSignal().then(() => process.exit(130));
  try {
    const runs = { all: runMany, check: runCheck }[name];
    process.exit(runs === undefined ? await runOne(name, flags) : await runs(flags));
  } catch (error) {
    process.stderr.write(`bench: ${messageOf(error)}\n`);
    process.exit(1);
  }
}

async function runOne(name: string, flags: Flags): Promise<number> {
  const load = SINGLE[name];
  if (load === undefined) throw new Error(`bug: no benchmark ${name}`);
  const bench = await load();
  if (!isDistCurrent(projectRoot)) {
    process.stderr.write(
      'bench: dist/ is not of the sources in src/: the figures are not either\n',
    );
  }
  const result = await bench({
    quick: flags.quick === true,
    size: flags.size,
    profileFolder: flags.profile,
    tell: (step) => void process.stderr.write(`… ${step}\n`),
  });
  if (flags.out !== undefined) writeFileSync(flags.out, JSON.stringify(result));
  const table = tableOf(result, new Date());
  if (flags.json === true) process.stderr.write(table);
  process.stdout.write(flags.json === true ? `${jsonLineOf(result)}\n` : table);
  return 0;
}

async function runMany(flags: Flags): Promise<number> {
  const options = await manyOptions(flags);
  const failures = await runAll(options);
  const { names, folder } = options;
  const line = { measured: names.filter((name) => !failures.has(name)), failed: [...failures] };
  if (flags.json === true) process.stdout.write(`${JSON.stringify(line)}\n`);
  for (const [name, reason] of failures) process.stderr.write(`bench: ${name}: ${reason}\n`);
  process.stderr.write(
    `bench: ${line.measured.length} of ${names.length} measured, written to ${folder}\n`,
  );
  return failures.size === 0 ? 0 : 1;
}

async function runCheck(flags: Flags): Promise<number> {
  const { regressions, failures } = await checkAll(await manyOptions(flags));
  if (flags.json === true) {
    process.stdout.write(`${JSON.stringify({ regressions, failed: [...failures] })}\n`);
  }
  for (const { bench, committed, measured } of regressions) {
    process.stderr.write(`bench: ${bench} became worse: ${comparison(committed, measured)}\n`);
  }
  for (const [name, reason] of failures) process.stderr.write(`bench: ${name}: ${reason}\n`);
  if (regressions.length + failures.size > 0) return 1;
  process.stderr.write('bench: nothing is more than 20 % worse than committed\n');
  return 0;
}

/** The figures of record are those of the sources as they are. */
async function manyOptions(flags: Flags): Promise<ManyOptions> {
  const quick = flags.quick === true;
  if (quick && flags.folder === undefined) {
    throw new Error('figures of --quick say nothing: give --folder for them, not docs/');
  }
  for (const name of ['size', 'profile', 'out'] as const) {
    if (flags[name] !== undefined) throw new Error(`--${name} is for a single benchmark`);
  }
  await ensureDist(projectRoot, createSteps());
  return {
    names: flags.only ?? NAMES,
    quick,
    folder: flags.folder ?? join(projectRoot, 'docs'),
    tell: (line) => void process.stderr.write(`bench: ${line}\n`),
  };
}
