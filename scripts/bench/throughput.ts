import { startDevnet } from '../devnet/devnet.js';
import { type BenchNode, startBenchNode } from './bench-node.js';
import type { BenchOptions } from './bench-options.js';
import { allAnswered, type BurstParts, fundBursts, requireDelivered, sendBurst } from './burst.js';
import { openChainFeed } from './chain-feed.js';
import { startHttpsSource } from './https-source.js';
import { processCpuMs } from './process-cpu.js';
import { type BenchResult, figure } from './report.js';
import { median, percentile } from './statistics.js';
import { measureFloor, type ThroughputFloor } from './throughput-floor.js';

/**
 * A node runs for weeks: what V8 compiles in the first bursts is told by itself. The first one of
 * all, which is told, is one of the bursts to warm up.
 */
const FULL = { requests: 2_000, warmUps: 3, bursts: 9, blockMs: 1_000 };
const QUICK = { requests: 64, warmUps: 0, bursts: 1, blockMs: 300 };

interface Burst {
  /** From the requests' block being announced to the last answer's being announced. */
  readonly durationMs: number;
  /** From the requests' block being announced to each answer transaction being accepted. */
  readonly acceptedMs: readonly number[];
  /** Blocks that the answers took. */
  readonly blocks: number;
  /** From the requests being sent until the last answer is in a block. */
  readonly nodeCpuMs: number;
  readonly chainCpuMs: number;
}

/** How fast a backlog that comes with one block is answered. */
export async function runThroughput(options: BenchOptions): Promise<BenchResult> {
  const { quick, size, profileFolder, tell } = options;
  const { requests, warmUps, bursts: count, blockMs } = quick ? QUICK : FULL;
  const backlog = size ?? requests;
  const source = await startHttpsSource();
  const devnet = await startDevnet({
    blockMs,
    sourceAuthority: source.authority,
    onProgress: tell,
  });
  tell('funding the bursts');
  // One more is the floor's.
  await fundBursts(devnet, backlog * (warmUps + count + 1));
  const feed = await openChainFeed(devnet.wsUrl, devnet.node.hash);
  tell('starting the node');
  const node = await startBenchNode({ devnet, profileFolder });
  const parts = { devnet, source, feed };
  try {
    const all: Burst[] = [];
    for (let at = 1; at <= warmUps + count; at++) {
      const what = at <= warmUps ? ' to warm up' : '';
      tell(`burst ${at} of ${warmUps + count}: ${backlog} requests${what}`);
      const burst = await runBurst(parts, node, backlog);
      const share = (burst.nodeCpuMs / burst.chainCpuMs).toFixed(2);
      tell(`all answered after ${Math.round(burst.durationMs)} ms, node to chain cpu ${share}`);
      all.push(burst);
    }
    await node.stop();
    tell('the floor: the same answers, ready beforehand');
    const floor = await measureFloor(parts, backlog);
    const of = { requests: backlog, blockMs, warmUps };
    return resultOf(of, all, floor);
  } finally {
    feed.close();
    await node.stop();
    await devnet.stop();
    await source.stop();
  }
}

async function runBurst(parts: BurstParts, node: BenchNode, requests: number): Promise<Burst> {
  const { devnet, feed } = parts;
  const before = feed.accepted.length;
  const chainPid = devnet.neoGo.process().pid;
  const cpu = { node: 0, chain: 0 };
  // The processor time is that of the requests' whole life, their own block included.
  const onSend = (): void => {
    cpu.node = processCpuMs(node.pid);
    cpu.chain = processCpuMs(chainPid);
  };
  const requestBlock = await sendBurst(parts, requests, onSend);
  const lastBlock = await allAnswered(devnet, feed, requestBlock + 1);
  const nodeCpuMs = processCpuMs(node.pid) - cpu.node;
  const chainCpuMs = processCpuMs(chainPid) - cpu.chain;
  await requireDelivered(devnet, requestBlock + 1, lastBlock, requests);
  const startMs = feed.announcedMs(requestBlock) ?? Number.NaN;
  return {
    durationMs: (feed.announcedMs(lastBlock) ?? Number.NaN) - startMs,
    acceptedMs: feed.accepted.slice(before).map(({ atMs }) => atMs - startMs),
    blocks: lastBlock - requestBlock,
    nodeCpuMs,
    chainCpuMs,
  };
}

function resultOf(
  { requests, blockMs, warmUps }: { requests: number; blockMs: number; warmUps: number },
  all: readonly Burst[],
  floor: ThroughputFloor,
): BenchResult {
  const bursts = all.slice(warmUps);
  const rates = bursts.map(({ durationMs }) => (1000 * requests) / durationMs);
  const of = (pick: (burst: Burst) => number): number => median(bursts.map(pick));
  const accepted = bursts.flatMap(({ acceptedMs }) => acceptedMs);
  const shares = bursts.map(({ nodeCpuMs, chainCpuMs }) => nodeCpuMs / chainCpuMs);
  return {
    bench: 'throughput',
    summary:
      `${bursts.length} backlogs of ${requests} requests that come with one block of ` +
      `${blockMs} ms, after ${warmUps} to warm up; from its announcement to that of the block ` +
      'with the last answer',
    figures: [
      figure('answersPerSecond', median(rates), 'answers/s', '>= 500'),
      figure('slowestBurst', Math.min(...rates), 'answers/s'),
      figure('acceptedP50', percentile(accepted, 0.5), 'ms'),
      figure('acceptedP99', percentile(accepted, 0.99), 'ms'),
      figure(
        'blocks',
        of(({ blocks }) => blocks),
        'blocks',
      ),
      figure(
        'transactions',
        of(({ acceptedMs }) => acceptedMs.length),
        'transactions',
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
      figure('nodeToChainCpu', median(shares), 'x', '< 1'),
      figure('firstNodeCpu', all[0]?.nodeCpuMs ?? Number.NaN, 'ms'),
    ],
    floor: [
      figure('floorAnswersPerSecond', (1000 * requests) / floor.durationMs, 'answers/s'),
      figure('floorAccepted', floor.acceptedMs, 'ms'),
      figure('floorBlocks', floor.blocks, 'blocks'),
      figure('floorChainCpu', floor.chainCpuMs, 'ms'),
      figure('floorFetchesPerSecond', floor.fetchesPerSecond, 'fetches/s'),
    ],
  };
}
