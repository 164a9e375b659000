/**
 * `npm run chaos`: a node of the built program on a real chain, under a steady load of which a part
 * is hostile, while processes are killed, lines cut, the disk filled, backups restored and keys
 * changed. Ends with a verdict: exit code 1 when a promise was broken.
 */
import { randomInt } from 'node:crypto';
import { Command, InvalidArgumentError } from 'commander';
import { messageOf } from '../src/base/node-error.js';
import { type Plan, planOf, TROUBLES, type Trouble } from './chaos/plan.js';
import { jsonLineOf, reportOf } from './chaos/report.js';
import { runChaos } from './chaos/run-chaos.js';
import { openWorld, type World } from './chaos/world.js';
import { stopSignal } from './devnet/stop-signal.js';
import { isDistCurrent } from './ensure/dist.mjs';
import { projectRoot } from './ensure/paths.mjs';
import { createSeededRandom } from './simulator/seeded-random.js';

interface Flags {
  readonly minutes: number;
  readonly seed: number;
  readonly everyMs: number;
  readonly only?: readonly Trouble[];
  readonly plan?: boolean;
  readonly json?: boolean;
}

const number = (least: number, most: number) => (text: string) => {
  const value = Number(text);
  if (/^\d+(?:\.\d+)?$/.test(text) && value >= least && value <= most) return value;
  throw new InvalidArgumentError(`expected a number, ${least} to ${most}.`);
};
const troubles = (text: string): Trouble[] =>
  text.split(',').map((name) => {
    const found = TROUBLES.find((trouble) => trouble === name.trim());
    if (found !== undefined) return found;
    throw new InvalidArgumentError(`"${name}" is none of: ${TROUBLES.join(', ')}.`);
  });

await new Command('chaos')
  .description('Troubles a node on a real chain in every way, and judges what is left.')
  .option('--minutes <n>', 'how long troubles come', number(0, 1_440), 10)
  .option('--seed <n>', 'of the order of troubles (default: drawn)', number(0, 2 ** 31))
  .option('--every-ms <n>', 'between transactions of the load, on average', number(50, 60_000), 700)
  .option('--only <names>', 'these troubles alone, with commas between them', troubles)
  .option('--plan', 'show the order of troubles for a seed, and do nothing')
  .option('--json', 'print one line of JSON, and everything else on standard error')
  .action(run)
  .parseAsync();

async function run(flags: Flags): Promise<void> {
  const seed = Math.floor(flags.seed ?? randomInt(2 ** 31));
  const random = createSeededRandom(`chaos ${seed}`);
  const plan = planOf(random.fork('plan'), flags.only);
  if (flags.plan === true) {
    process.stdout.write(planText(plan));
    return;
  }
  const tell = (step: string): void => {
    const time = (performance.now() / 1_000).toFixed(0).padStart(4);
    process.stderr.write(`${time} s  ${step}\n`);
  };
  if (!isDistCurrent(projectRoot)) {
    process.stderr.write('chaos: the node is not built: make the sources in src/ compile\n');
    process.exit(1);
  }
  tell(`seed ${seed}: npm run chaos -- --seed ${seed} --minutes ${flags.minutes}`);
  const hasDisk = [...plan.first, ...plan.second].includes('fill the disk');
  const stop = stopSignal();
  const opened: { world?: World } = {};
  const work = (async () => {
    opened.world = await openWorld({ random: random.fork('world'), hasDisk, tell });
    const { minutes, everyMs } = flags;
    return runChaos(opened.world, { minutes, everyMs, random: random.fork('run'), plan, tell });
  })();
  try {
    const result = await Promise.race([work, stop]);
    if (result === 'stop') {
      work.catch(() => {});
      await opened.world?.stop(false);
      process.exit(130);
    }
    const report = reportOf(result, seed);
    const line = `${jsonLineOf(result, seed)}\n`;
    (flags.json === true ? process.stderr : process.stdout).write(report.text);
    process.stdout.write(line);
    if (!report.ok) tell(`look at ${opened.world?.folder}`);
    await opened.world?.stop(!report.ok);
    process.exit(report.ok ? 0 : 1);
  } catch (error) {
    process.stderr.write(`chaos: ${messageOf(error)}\n`);
    if (opened.world !== undefined) tell(`look at ${opened.world.folder}`);
    await opened.world?.stop(true);
    process.exit(1);
  }
}

function planText({ first, second, mustFirst, mustSecond }: Plan): string {
  const lines = [...first.slice(0, mustFirst), ...second.slice(0, mustSecond)];
  return `${lines.join('\n')}\n`;
}
