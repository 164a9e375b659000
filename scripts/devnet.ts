/**
 * `npm run devnet`: a private Neo network with a gateway and an example consumer, until Ctrl-C.
 */
import { Command, InvalidArgumentError } from 'commander';
import { messageOf } from '../src/base/node-error.js';
import type { DevnetAccount } from './devnet/account.js';
import { type Devnet, startDevnet } from './devnet/devnet.js';
import { type DodonaNode, startDodonaNode } from './devnet/dodona-node.js';
import { stopSignal } from './devnet/stop-signal.js';
import { isDistCurrent } from './ensure/dist.mjs';
import { projectRoot } from './ensure/paths.mjs';

interface Flags {
  readonly blockMs?: number;
  readonly data?: string;
  readonly json?: boolean;
  readonly node?: boolean;
}

const wholeNumber = (text: string): number => {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('expected a whole number.');
  return Number(text);
};

const command = new Command('devnet')
  .description('Starts a private Neo network with a gateway and an example consumer.')
  .option('--block-ms <ms>', 'time between blocks, 100 to 60000 (default 1000)', wholeNumber)
  .option('--data <dir>', 'keep chain, accounts and contracts in this folder for the next start')
  .option('--node', 'also start the Dodona node')
  .option('--json', 'print one line of JSON when ready, and nothing else')
  .action(run);

await command.parseAsync();

async function run(flags: Flags): Promise<void> {
  const stop = stopSignal();
  const tell = (step: string) => void process.stderr.write(`… ${step}\n`);
  try {
    const running = await Promise.race([start(flags, tell), stop]);
    // What has been started by then ends with this process.
    if (running === 'stop') process.exit(0);
    const { devnet, node } = running;
    process.stdout.write(
      flags.json ? `${JSON.stringify(facts(devnet))}\n` : overview(devnet, node),
    );
    const ends = [devnet.neoGo.process().exited, ...(node === null ? [] : [node.exited])];
    const why = await Promise.race([stop, ...ends]);
    if (why !== 'stop') process.stderr.write('devnet: a process of it ended by itself\n');
    tell('stopping');
    await node?.stop();
    await devnet.stop();
    process.exit(why === 'stop' ? 0 : 1);
  } catch (error) {
    process.stderr.write(`devnet: ${messageOf(error)}\n`);
    process.exit(1);
  }
}

async function start(flags: Flags, tell: (step: string) => void) {
  if (flags.node && !isDistCurrent(projectRoot)) {
    throw new Error('the node is not built: make the sources in src/ compile, then try again');
  }
  const devnet = await startDevnet({
    ...(flags.blockMs === undefined ? {} : { blockMs: flags.blockMs }),
    ...(flags.data === undefined ? {} : { dataFolder: flags.data }),
    onProgress: tell,
  });
  if (!flags.node) return { devnet, node: null };
  tell('starting the Dodona node');
  return { devnet, node: await startDodonaNode(devnet) };
}

/** The line of --json; its names and shapes are relied on outside. */
function facts(devnet: Devnet) {
  const account = ({ address, wif }: DevnetAccount) => ({ address, wif });
  return {
    rpc: devnet.rpcUrl,
    ws: devnet.wsUrl,
    magic: devnet.magic,
    gateway: devnet.gateway,
    consumer: devnet.consumer,
    owner: account(devnet.owner),
    faucet: account(devnet.faucet),
    node: account(devnet.node),
    config: devnet.configFile,
  };
}

function overview(devnet: Devnet, node: DodonaNode | null): string {
  const account = ({ address, wif }: DevnetAccount) => `${address}  WIF ${wif}`;
  const rows = [
    ['RPC', devnet.rpcUrl],
    ['WebSocket', devnet.wsUrl],
    ['magic', String(devnet.magic)],
    ['gateway', devnet.gateway],
    ['executor', devnet.executor],
    ['consumer', devnet.consumer],
    ['owner', account(devnet.owner)],
    ['faucet', account(devnet.faucet)],
    ['node', account(devnet.node)],
    ['config', devnet.configFile],
    ['shell', `. ${devnet.shellFile}  (neo-go on the PATH, $RPC, $GATEWAY, the owner's wallet)`],
  ];
  const lines = rows.map(([name = '', value]) => `  ${name.padEnd(10)} ${value}`);
  return [
    'The devnet is up. These keys are for this network only.',
    ...lines,
    node === null
      ? `Start a node with: npx dodona start --config ${devnet.configFile}`
      : `The Dodona node runs; its log: ${node.logFile}`,
    'Stop with Ctrl-C.',
    '',
  ].join('\n');
}
