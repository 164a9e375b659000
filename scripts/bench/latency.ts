import { systemClock } from '../../src/base/clock.js';
import { parseGas } from '../../src/base/datoshi.js';
import type { Hash256 } from '../../src/base/hash.js';
import { callScript, utf8 } from '../../src/chain/script.js';
import { type Devnet, startDevnet } from '../devnet/devnet.js';
import { startBenchNode } from './bench-node.js';
import type { BenchOptions } from './bench-options.js';
import { type ChainFeed, openChainFeed } from './chain-feed.js';
import { type HttpsSource, SOURCE_FILTER, startHttpsSource } from './https-source.js';
import { createFloor, type FloorSample } from './latency-floor.js';
import { type BenchResult, type Figure, figure } from './report.js';
import { median, percentile } from './statistics.js';

const FULL = { samples: 200, warmUp: 10, blockMs: 1_000 };
const QUICK = { samples: 3, warmUp: 1, blockMs: 300 };
const MAX_FEE = parseGas('1');
/** The next request is sent so far into a block's time: the work for the last one is over. */
const QUIET_AFTER = 0.4;

interface Sample {
  /** From the request's block being announced to its answer being accepted. */
  readonly latencyMs: number;
  readonly requestBlock: number;
  readonly answer: Hash256;
  readonly floor: FloorSample;
}

/** How long after a block the answer to a request in it is in the blockchain node's hands. */
export async function runLatency(options: BenchOptions): Promise<BenchResult> {
  const { quick, size, profileFolder, tell } = options;
  const { samples, warmUp, blockMs } = quick ? QUICK : FULL;
  const count = size ?? samples;
  const source = await startHttpsSource();
  const devnet = await startDevnet({
    blockMs,
    sourceAuthority: source.authority,
    onProgress: tell,
  });
  const feed = await openChainFeed(devnet.wsUrl, devnet.node.hash);
  tell('starting the node');
  const node = await startBenchNode({ devnet, profileFolder });
  try {
    tell(`asking one request a block, ${warmUp} to warm up and ${count} to measure`);
    const taken = await takeSamples({ devnet, source, feed, blockMs }, warmUp + count, tell);
    return resultOf(taken.slice(warmUp), feed, blockMs);
  } finally {
    feed.close();
    await node.stop();
    await devnet.stop();
    await source.stop();
  }
}

interface Parts {
  readonly devnet: Devnet;
  readonly source: HttpsSource;
  readonly feed: ChainFeed;
  readonly blockMs: number;
}

async function takeSamples(
  { devnet, source, feed, blockMs }: Parts,
  count: number,
  tell: (step: string) => void,
): Promise<Sample[]> {
  const floor = createFloor(devnet, source);
  const ask = createAsk(devnet, source);
  const samples: Sample[] = [];
  try {
    let request = await ask.prepare();
    await devnet.broadcast(request);
    while (samples.length < count) {
      const asked = request.hash;
      const requestBlock = await feed.until('the request in a block', () => feed.blockOf(asked));
      const answer = await feed.until('an answer', () => feed.accepted[samples.length] ?? null);
      const announcedMs = feed.announcedMs(requestBlock) ?? Number.NaN;
      await systemClock.sleep(announcedMs + QUIET_AFTER * blockMs - systemClock.monotonicMs());
      request = await ask.prepare();
      const next = request;
      const bare = await floor.sample(requestBlock, answer, () => devnet.broadcast(next));
      const latencyMs = answer.atMs - announcedMs;
      samples.push({ latencyMs, requestBlock, answer: answer.hash, floor: bare });
      if (samples.length % 20 === 0) tell(`${samples.length} of ${count}`);
    }
    const last = samples.at(-1);
    if (last !== undefined) {
      await feed.until('the last answer in a block', () => feed.blockOf(last.answer));
    }
    return samples;
  } finally {
    floor.close();
  }
}

/** The example consumer's request, with its fee found once. */
function createAsk(devnet: Devnet, source: HttpsSource) {
  const spec = utf8(JSON.stringify({ method: 'GET', url: source.url }));
  const args = [spec, utf8(SOURCE_FILTER), MAX_FEE] as const;
  const script = callScript(devnet.consumer, 'askHttp', args);
  return { prepare: () => devnet.prepare(devnet.owner, script) };
}

function resultOf(samples: readonly Sample[], feed: ChainFeed, blockMs: number): BenchResult {
  const latencies = samples.map(({ latencyMs }) => latencyMs);
  const inNext = samples.filter(
    ({ answer, requestBlock }) => feed.blockOf(answer) === requestBlock + 1,
  );
  const floors = samples.map(({ floor }) => floor);
  const totals = floors.map((floor) => sumOf(Object.values(floor)));
  const ms = (name: string, value: number, target?: string): Figure =>
    figure(name, value, 'ms', target);
  const part = (name: keyof FloorSample): Figure =>
    ms(`${name}P50`, median(floors.map((floor) => floor[name])));
  return {
    bench: 'latency',
    summary:
      `${samples.length} single requests to a loopback HTTPS source, blocks of ${blockMs} ms; ` +
      "from the block's announcement to the answer being in the memory pool",
    figures: [
      ms('p50', median(latencies), '<= 12'),
      ms('p99', percentile(latencies, 0.99), '<= 40'),
      ms('max', Math.max(...latencies)),
      {
        name: 'inNextBlock',
        value: (100 * inNext.length) / samples.length,
        unit: '%',
        target: '>= 99',
      },
      { name: 'overFloorP50', value: median(latencies) / median(totals), unit: 'x' },
    ],
    floor: [
      ms('floorP50', median(totals)),
      ms('floorP99', percentile(totals, 0.99)),
      ...(['block', 'fetch', 'preflight', 'sign', 'broadcast'] as const).map(part),
    ],
  };
}

const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);
