import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { systemClock } from '../../src/base/clock.js';
import { parseGas } from '../../src/base/datoshi.js';
import {
  deployConsumer,
  deployGateway,
  depositCredit,
  gatewayHashes,
} from '../devnet/contracts.js';
import { type Devnet, startDevnet } from '../devnet/devnet.js';
import { writeNodeFiles } from '../devnet/node-files.js';
import { type AskedSample, type AskedSide, askInTurns } from './ask-in-turns.js';
import { type BenchNode, launchBenchNode, logged } from './bench-node.js';
import type { BenchOptions } from './bench-options.js';
import { httpAsk } from './burst.js';
import { openChainFeed } from './chain-feed.js';
import { answerMany, fillLedger, type Rows } from './grow-database.js';
import { type HttpsSource, startHttpsSource } from './https-source.js';
import { residentMb } from './process-memory.js';
import { type BenchResult, figure } from './report.js';
import { median, percentile } from './statistics.js';

const FULL = {
  requests: 100_000,
  transfers: 1_000_000,
  burst: 4_000,
  samples: 60,
  warmUp: 5,
  starts: 5,
};
const QUICK = { requests: 32, transfers: 1_000, burst: 16, samples: 2, warmUp: 1, starts: 1 };
const BLOCK_MS = 500;
const QUICK_BLOCK_MS = 100;
const SMALL_GAS = parseGas('1000');

const IN_STEP = 'in step with the chain';

/** A gateway with its node and what is heard of it. */
interface Side {
  readonly devnet: Devnet;
  readonly storage: string;
  readonly samples: AskedSample[];
}

/**
 * What a full database costs: two nodes of two gateways on one chain, one of which has answered a
 * hundred thousand requests, are asked in turns, and started in turns.
 */
export async function runGrowth(options: BenchOptions): Promise<BenchResult> {
  const { quick, size, tell } = options;
  const plan = { ...(quick ? QUICK : FULL), ...(size === undefined ? {} : { requests: size }) };
  const blockMs = quick ? QUICK_BLOCK_MS : BLOCK_MS;
  const source = await startHttpsSource();
  const devnet = await startDevnet({
    blockMs,
    sourceAuthority: source.authority,
    onProgress: tell,
  });
  const nodes: BenchNode[] = [];
  const sideOf = (of: Devnet, storage: string): Side => ({ devnet: of, storage, samples: [] });
  const start = async ({ devnet: of, storage }: Side): Promise<BenchNode> => {
    const node = await launchBenchNode({ devnet: of, storage });
    nodes.push(node);
    return node;
  };
  try {
    const grown = sideOf(devnet, 'grown');
    const young = sideOf(await secondGateway(devnet, source, blockMs), 'young');
    const growing = await start(grown);
    await logged(growing, IN_STEP);
    const perSecond = await answerMany(devnet, source, plan, tell);
    await growing.stop();
    tell(`writing transfers into the ledger until it holds ${plan.transfers}`);
    const rows = await fillLedger(devnet, grown.storage, plan.transfers);
    if (rows.endedRequests < plan.requests) {
      throw new Error(`bug: of ${plan.requests} requests ${rows.endedRequests} have ended`);
    }
    const starts = { grown: [] as number[], young: [] as number[] };
    for (let at = 0; at < plan.starts; at++) {
      starts.young.push(await startMs(() => start(young)));
      starts.grown.push(await startMs(() => start(grown)));
    }
    const beganMs = systemClock.nowMs();
    const [youngNode, grownNode] = [await start(young), await start(grown)];
    await Promise.all([youngNode, grownNode].map((node) => logged(node, IN_STEP, beganMs)));
    await ask(devnet, [young, grown], source, { ...plan, blockMs }, tell);
    const resident = { young: residentMb(youngNode.pid), grown: residentMb(grownNode.pid) };
    return resultOf({ young, grown, starts, rows, resident, perSecond });
  } finally {
    for (const node of nodes) await node.stop();
    await devnet.stop();
    await source.stop();
  }
}

/** Another gateway on the same chain, with an owner, a node account and a consumer of its own. */
async function secondGateway(
  devnet: Devnet,
  source: HttpsSource,
  blockMs: number,
): Promise<Devnet> {
  const [owner, node] = await Promise.all([
    devnet.newAccount(SMALL_GAS),
    devnet.newAccount(SMALL_GAS),
  ]);
  const { gateway } = await gatewayHashes(owner);
  const [deployed, consumer] = await Promise.all([
    deployGateway(devnet, owner, node.hash),
    deployConsumer(devnet, owner, gateway),
  ]);
  await depositCredit(devnet, devnet.faucet, gateway, consumer, SMALL_GAS);
  const folder = join(dirname(devnet.configFile), 'second');
  await mkdir(folder);
  const { rpcUrl, wsUrl, magic } = devnet;
  const files = { folder, rpcUrl, wsUrl, magic, gateway, node, blockMs, apiPort: 0 };
  const configFile = await writeNodeFiles({ ...files, sourceAuthority: source.authority });
  return { ...devnet, ...deployed, consumer, owner, node, configFile };
}

/** From the program being started until it is in step with the chain; it is ended afterwards. */
async function startMs(start: () => Promise<BenchNode>): Promise<number> {
  const beganMs = systemClock.nowMs();
  const node = await start();
  const { time } = await logged(node, IN_STEP, beganMs);
  await node.stop();
  return Date.parse(time) - beganMs;
}

/** A few hundred questions to both, on feeds of their own. */
async function ask(
  devnet: Devnet,
  sides: readonly Side[],
  source: HttpsSource,
  plan: { readonly samples: number; readonly warmUp: number; readonly blockMs: number },
  tell: (step: string) => void,
): Promise<void> {
  const asked: AskedSide[] = [];
  try {
    for (const { devnet: of, samples } of sides) {
      const feed = await openChainFeed(of.wsUrl, of.node.hash);
      asked.push({ owner: of.owner, script: httpAsk(of, source)(0), feed, samples });
    }
    await askInTurns(devnet, asked, plan, tell);
  } finally {
    for (const { feed } of asked) feed.close();
  }
}

function resultOf(measured: {
  readonly young: Side;
  readonly grown: Side;
  readonly starts: Readonly<Record<'young' | 'grown', number[]>>;
  readonly rows: Rows;
  readonly resident: Readonly<Record<'young' | 'grown', number>>;
  readonly perSecond: number;
}): BenchResult {
  const { young, grown, starts, rows, resident, perSecond } = measured;
  const latenciesOf = (side: Side): number[] => side.samples.map(({ latencyMs }) => latencyMs);
  const latencies = { young: latenciesOf(young), grown: latenciesOf(grown) };
  const p50 = { young: median(latencies.young), grown: median(latencies.grown) };
  return {
    bench: 'growth',
    summary:
      `a database of ${rows.endedRequests} ended requests and ${rows.transfers} transfers in its ` +
      `ledger beside a new one, on the same chain, asked in turns, ${latencies.grown.length} ` +
      "requests each; from the block's announcement to the answer being in the memory pool",
    figures: [
      figure('latencyRatio', p50.grown / p50.young, 'x', '<= 1.1'),
      figure('p50', p50.grown, 'ms'),
      figure('p99', percentile(latencies.grown, 0.99), 'ms'),
      figure('start', median(starts.grown), 'ms', '< 3000'),
      figure('slowestStart', Math.max(...starts.grown), 'ms', '< 3000'),
      figure('resident', resident.grown, 'MB'),
      figure('endedRequests', rows.endedRequests, ''),
      figure('ledgerTransfers', rows.transfers, ''),
      figure('growthAnswersPerSecond', perSecond, 'answers/s'),
    ],
    floor: [
      figure('youngP50', p50.young, 'ms'),
      figure('youngP99', percentile(latencies.young, 0.99), 'ms'),
      figure('youngStart', median(starts.young), 'ms'),
      figure('youngResident', resident.young, 'MB'),
    ],
  };
}
