/**
 * `npm run demo`: a private Neo network, a gateway, an example contract and a node; asks one
 * request of every kind and shows the answers. `--once` ends then, `--json` prints one JSON line.
 */
import { Command } from 'commander';
import { messageOf } from '../src/base/node-error.js';
import { askAndWait, type DemoAnswer } from './demo/ask-and-wait.js';
import { DEMO_PAIR, showDemoPrice } from './demo/demo-feed.js';
import { type ShownUpkeep, showUpkeep } from './demo/show-upkeep.js';
import { type RunningDemo, startDemo } from './demo/start-demo.js';
import { stopSignal } from './devnet/stop-signal.js';

interface Shown {
  readonly price: string;
  readonly answers: readonly DemoAnswer[];
  readonly upkeep: ShownUpkeep;
}

interface Flags {
  readonly once?: boolean;
  readonly json?: boolean;
}

await new Command('demo')
  .description('Shows a node at work on a private Neo network.')
  .option('--once', 'end after the answers; exits 0 only if every request was answered')
  .option('--json', 'print one line of JSON at the end, and everything else on standard error')
  .action(run)
  .parseAsync();

async function run(flags: Flags): Promise<void> {
  const say = (text: string): void => {
    (flags.json ? process.stderr : process.stdout).write(`${text}\n`);
  };
  const stop = stopSignal();
  let demo: RunningDemo | null = null;
  try {
    const started = await Promise.race([startDemo(say), stop]);
    if (started === 'stop') process.exit(130);
    demo = started;
    const shown = await Promise.race([showAll(demo, say), stop]);
    if (shown === 'stop') process.exit(await end(demo, 130));
    const ok = shown.answers.every(({ isAnswered }) => isAnswered);
    if (!flags.once) say(whereToLook(demo, shown));
    if (flags.json) process.stdout.write(`${summary(demo, shown, ok)}\n`);
    if (!flags.once) {
      await Promise.race([stop, demo.ended]);
      say('stopping');
    }
    process.exit(await end(demo, ok ? 0 : 1));
  } catch (error) {
    process.stderr.write(`demo: ${messageOf(error)}\n`);
    process.exit(demo === null ? 1 : await end(demo, 1));
  }
}

/** The price feed first, since one of the requests asks for its price. */
async function showAll(demo: RunningDemo, say: (text: string) => void): Promise<Shown> {
  const price = await showDemoPrice(demo, say);
  const answers = await askAndWait(demo, say);
  return { price, answers, upkeep: await showUpkeep(demo.devnet, say) };
}

async function end(demo: RunningDemo, code: number): Promise<number> {
  await demo.stop();
  return code;
}

/** The line of --json. Fees are exact: eight decimals, written as they are. */
function summary(demo: RunningDemo, { price, answers, upkeep }: Shown, ok: boolean): string {
  const requests = answers.map(({ kind, id, code, delivered, blocks, feeGas }) => {
    const facts = JSON.stringify({ kind, id: Number(id), code, delivered, blocks });
    return `${facts.slice(0, -1)},"feeGas":${feeGas ?? 'null'}}`;
  });
  const { gateway, rpcUrl } = demo.devnet;
  const others = {
    price: { pair: DEMO_PAIR, price },
    upkeep: { id: Number(upkeep.id), blocks: upkeep.blocks },
  };
  const place = JSON.stringify({ ...others, gateway, rpc: rpcUrl }).slice(1);
  return `{"ok":${ok},"requests":[${requests.join(',')}],${place}`;
}

function whereToLook(demo: RunningDemo, { answers, upkeep }: Shown): string {
  const { configFile, apiPort } = demo.devnet;
  const last = answers.at(-1)?.id ?? 1n;
  return [
    '',
    'The network and the node go on until Ctrl-C. Meanwhile, from another terminal:',
    `  npx dodona status --config ${configFile}`,
    `  npx dodona explain ${last} --config ${configFile}`,
    `  npx dodona requests list --config ${configFile}`,
    `  npx dodona verify ${last} --config ${configFile}`,
    `  npx dodona prices show ${DEMO_PAIR} --config ${configFile}`,
    `  npx dodona upkeeps show ${upkeep.id} --config ${configFile}`,
    `  curl http://127.0.0.1:${apiPort}/metrics`,
    `The node's log: ${demo.logFile}`,
    'How your own contract asks: docs/contract-authors.md',
  ].join('\n');
}
