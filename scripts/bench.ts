/**
 * `npm run bench -- NAME`: measures the node against a real blockchain node on this machine, beside
 * the floor that nothing could be faster than.
 */
import { Argument, Command, InvalidArgumentError } from 'commander';
import { messageOf } from '../src/base/node-error.js';
import { runAutomation } from './bench/automation.js';
import type { BenchOptions } from './bench/bench-options.js';
import { runCatchup } from './bench/catchup.js';
import { runGrowth } from './bench/growth.js';
import { runLatency } from './bench/latency.js';
import { runLedger } from './bench/ledger.js';
import { runPrices } from './bench/prices.js';
import { runRandom } from './bench/random.js';
import { type BenchResult, jsonLineOf, tableOf } from './bench/report.js';
import { runSandbox } from './bench/sandbox.js';
import { runThroughput } from './bench/throughput.js';
import { stopSignal } from './devnet/stop-signal.js';
import { isDistCurrent } from './ensure/dist.mjs';
import { projectRoot } from './ensure/paths.mjs';

const BENCHES: Readonly<Record<string, (options: BenchOptions) => Promise<BenchResult>>> = {
  latency: runLatency,
  throughput: runThroughput,
  catchup: runCatchup,
  sandbox: runSandbox,
  ledger: runLedger,
  automation: runAutomation,
  random: runRandom,
  prices: runPrices,
  growth: runGrowth,
};

interface Flags {
  readonly json?: boolean;
  readonly quick?: boolean;
  readonly size?: number;
  readonly profile?: string;
}

const wholeNumber = (text: string): number => {
  if (/^[1-9]\d{0,6}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('expected a whole number, 1 to 9999999.');
};

const command = new Command('bench')
  .description('Measures the node against a real blockchain node on this machine.')
  .addArgument(new Argument('<name>', 'what to measure').choices(Object.keys(BENCHES)))
  .option('--json', 'print one line of JSON, and nothing else')
  .option('--quick', 'a tiny size, to see that it works: the figures say nothing')
  .option('--size <n>', 'how many requests or blocks, instead of the usual number', wholeNumber)
  .option('--profile <folder>', "write a profile of the node's processor time there")
  .action(run);

await command.parseAsync();

async function run(name: string, flags: Flags): Promise<void> {
  const bench = BENCHES[name];
  if (bench === undefined) throw new Error(`bug: no benchmark ${name}`);
  if (!isDistCurrent(projectRoot)) {
    process.stderr.write(
      'bench: dist/ is not of the sources in src/: the figures are not either\n',
    );
  }
  // What has been started by then ends with this process.
  void stopSignal().then(() => process.exit(130));
  try {
    const result = await bench({
      quick: flags.quick === true,
      size: flags.size,
      profileFolder: flags.profile,
      tell: (step) => void process.stderr.write(`… ${step}\n`),
    });
    const table = tableOf(result, new Date());
    if (flags.json === true) process.stderr.write(table);
    process.stdout.write(flags.json === true ? `${jsonLineOf(result)}\n` : table);
    process.exit(0);
  } catch (error) {
    process.stderr.write(`bench: ${messageOf(error)}\n`);
    process.exit(1);
  }
}
