import { loadConfig } from '../../src/config/load-config.js';
import { askNode } from '../devnet/ask-node.js';
import { type Devnet, startDevnet } from '../devnet/devnet.js';
import { download, downloadAfresh, readingCalls } from './bare-download.js';
import { type BenchNode, launchBenchNode, logged } from './bench-node.js';
import type { BenchOptions } from './bench-options.js';
import { addLongChain, holdsEvents, type LongChain } from './long-chain.js';
import { processCpuMs } from './process-cpu.js';
import { type BenchResult, figure } from './report.js';
import { median, percentile } from './statistics.js';

const FULL = { blocks: 20_000, runs: 15, blockMs: 1_000 };
/** More than one run of blocks: of fewer the node does not say that it catches up. */
const QUICK = { blocks: 1_000, runs: 1, blockMs: 300 };

interface Run {
  readonly nodeRate: number;
  /** Of a loop in a process that was just started, as the node is. */
  readonly bareRate: number;
  /** Of a loop in a process that has done it many times, for which V8 has compiled it. */
  readonly warmRate: number;
  readonly nodeCpuMs: number;
  readonly chainCpuMs: number;
  readonly bytes: number;
}

/** How fast a node without a database takes in a long chain, beside a bare download of it. */
export async function runCatchup(options: BenchOptions): Promise<BenchResult> {
  const { quick, size, tell } = options;
  const { blocks: usual, runs: count, blockMs } = quick ? QUICK : FULL;
  const blocks = size ?? usual;
  const devnet = await startDevnet({ blockMs, onProgress: tell });
  try {
    tell(`making ${blocks} blocks`);
    const chain = await addLongChain(devnet, blocks);
    const runs: Run[] = [];
    for (let at = 1; at <= count; at++) {
      const run = await measure(devnet, chain, options, `node-${at}`);
      tell(`run ${at} of ${count}: ${Math.round(run.nodeRate)} blocks/s`);
      runs.push(run);
    }
    return resultOf(blocks, runs);
  } finally {
    await devnet.stop();
  }
}

/** A node between two bare downloads, so that both find the same machine. */
async function measure(
  devnet: Devnet,
  chain: LongChain,
  { profileFolder }: BenchOptions,
  storage: string,
): Promise<Run> {
  const blocks = await devnet.rpc.call<number>('getblockcount');
  const hasEvents = (index: number) => index >= chain.first && holdsEvents(index - chain.first);
  const { connectionsPerEndpoint: connections, batchSize } = loadConfig(devnet.configFile).network;
  const manner = { connections, batchCalls: batchSize };
  const bodies = readingCalls(devnet, blocks, hasEvents, manner);
  const task = { rpcUrl: devnet.rpcUrl, bodies, manner };
  const warm = await download(task);
  const before = await downloadAfresh(task);
  const chainPid = devnet.neoGo.process().pid;
  const chainCpuBefore = processCpuMs(chainPid);
  const node = await launchBenchNode({ devnet, storage, profileFolder });
  try {
    const { read, durationMs } = await caughtUp(node);
    const nodeCpuMs = processCpuMs(node.pid);
    const chainCpuMs = processCpuMs(chainPid) - chainCpuBefore;
    await requireAllAnswered(node, chain);
    await node.stop();
    const after = await downloadAfresh(task);
    return {
      nodeRate: (1000 * read) / durationMs,
      bareRate: (2000 * blocks) / (before.durationMs + after.durationMs),
      warmRate: (1000 * blocks) / warm.durationMs,
      nodeCpuMs,
      chainCpuMs,
      bytes: before.bytes,
    };
  } finally {
    await node.stop();
  }
}

/** By the node's own log: from its reading the first of many blocks until it is in step. */
async function caughtUp(node: BenchNode): Promise<{ read: number; durationMs: number }> {
  const end = await logged(node, 'in step with the chain');
  const start = await logged(node, 'catching up');
  return {
    read: Number(end.height) - Number(start.index),
    durationMs: Date.parse(end.time) - Date.parse(start.time),
  };
}

/** A catch-up that missed something would be no measure. */
async function requireAllAnswered(node: BenchNode, { requests }: LongChain): Promise<void> {
  const status = await askNode<{ queue: Record<string, number> }>(node, '/v1/status');
  // One more was asked to learn the fees.
  if (status?.queue.answered === requests + 1) return;
  throw new Error(`bug: of ${requests + 1} answers the node has ${JSON.stringify(status?.queue)}`);
}

function resultOf(blocks: number, runs: readonly Run[]): BenchResult {
  const of = (pick: (run: Run) => number): number => median(runs.map(pick));
  const ratios = runs.map(({ nodeRate, bareRate }) => nodeRate / bareRate);
  return {
    bench: 'catchup',
    summary:
      `${blocks} blocks, 1% with a request and 1% with its answer, ${runs.length} times into a ` +
      'fresh database, from the first of them being asked for until the node is in step',
    figures: [
      figure('ratio', median(ratios), 'x', '>= 0.8'),
      figure('ratioP1', percentile(ratios, 0.01), 'x'),
      figure('ratioToWarmLoop', median(runs.map((run) => run.nodeRate / run.warmRate)), 'x'),
      figure(
        'blocksPerSecond',
        of(({ nodeRate }) => nodeRate),
        'blocks/s',
      ),
      figure(
        'nodeCpu',
        of(({ nodeCpuMs }) => nodeCpuMs),
        'ms',
      ),
      figure(
        'chainCpu',
        of(({ chainCpuMs }) => chainCpuMs),
        'ms',
      ),
    ],
    floor: [
      figure(
        'bareBlocksPerSecond',
        of(({ bareRate }) => bareRate),
        'blocks/s',
      ),
      figure(
        'warmBlocksPerSecond',
        of(({ warmRate }) => warmRate),
        'blocks/s',
      ),
      figure(
        'bareBytes',
        of(({ bytes }) => bytes),
        'bytes',
      ),
    ],
  };
}
