import { statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DATABASE_FILE } from '../../src/node/node-options.js';
import { type Database, openDatabase } from '../../src/storage/database.js';
import { assertBooksMatchChain } from '../../test/node/books.js';
import { gatewayEvents } from '../../test/node/chain-history.js';
import { setTerms } from '../../test/node/node-fixture.js';
import { type Devnet, startDevnet } from '../devnet/devnet.js';
import { type BenchNode, startBenchNode } from './bench-node.js';
import type { BenchOptions } from './bench-options.js';
import { broadcastAll, NODE_GAS_FOR_ANSWER, pendingCount } from './burst.js';
import { type HttpsSource, startHttpsSource } from './https-source.js';
import { type Asker, fundAskers, prepareBlock } from './load-askers.js';
import { delaysOf, type EndedRequest, endedRequests, ofKind, overtakings } from './load-endings.js';
import { forgetPeak, peakResidentMb, residentMb } from './process-memory.js';
import { type BenchResult, type Figure, figure } from './report.js';
import { percentile } from './statistics.js';

/** Capacity is places to resolve, each taken as long as the source takes: known and small. */
const FULL = {
  blockMs: 1_000,
  sourceMs: 400,
  places: 8,
  lifetime: 40,
  blocks: 20,
  saturating: 200,
  factors: [2, 5, 10],
};
const QUICK = {
  blockMs: 100,
  sourceMs: 30,
  places: 4,
  lifetime: 2_400,
  blocks: 3,
  saturating: 80,
  factors: [2],
};
type Plan = typeof FULL;

/** More than any capacity by these plans, in requests a block. */
const MOST_CAPACITY = 24;
/** For an empty queue after a load: then something has gone wrong. */
const DRAIN_LIMIT_BLOCKS = 300;

interface World {
  readonly devnet: Devnet;
  readonly source: HttpsSource;
  readonly node: BenchNode;
  readonly db: Database;
  readonly storage: string;
  readonly askers: readonly Asker[];
}

/** What was seen of one load, from before its first block until its queue was empty. */
interface Round {
  readonly asked: number;
  readonly ended: readonly EndedRequest[];
  readonly queued: number;
  readonly databaseBytes: Readonly<Record<'before' | 'loaded' | 'empty', number>>;
  readonly walPeakBytes: number;
  readonly residentMb: { readonly before: number; readonly after: number; readonly peak: number };
  readonly firstBlock: number;
  readonly lastLoadBlock: number;
  readonly emptyBlock: number;
}

/** What happens at 2, 5 and 10 times of what the node can answer, and after it. */
export async function runLoad({ quick, size, tell }: BenchOptions): Promise<BenchResult> {
  const plan: Plan = { ...(quick ? QUICK : FULL), ...(size === undefined ? {} : { blocks: size }) };
  const source = await startHttpsSource(plan.sourceMs);
  const devnet = await startDevnet({
    blockMs: plan.blockMs,
    sourceAuthority: source.authority,
    onProgress: tell,
  });
  let node: BenchNode | null = null;
  let db: Database | null = null;
  try {
    const most = plan.factors.reduce((sum, factor) => sum + factor, 1) * plan.blocks;
    const requests = most * MOST_CAPACITY + plan.saturating;
    tell('paying in what the askers will need');
    const askers = await fundAskers(devnet, requests);
    await devnet.fund(devnet.node.hash, NODE_GAS_FOR_ANSWER * BigInt(requests));
    await setTerms({ ...devnet, network: devnet }, { lifetime: plan.lifetime });
    const settings = { pipeline: { resolveConcurrency: plan.places } };
    node = await startBenchNode({ devnet, settings });
    const storage = join(dirname(devnet.configFile), 'node');
    db = openDatabase(join(storage, DATABASE_FILE));
    const world = { devnet, source, node, db, storage, askers };
    tell(`measuring capacity with ${plan.saturating} requests in one block`);
    const capacity = capacityOf(await runRound(world, plan.saturating, 1), askers);
    tell(`${capacity} answers a block`);
    const rounds: (readonly [factor: number, round: Round])[] = [];
    for (const factor of plan.factors) {
      tell(`${factor} times of it for ${plan.blocks} blocks`);
      const round = await runRound(world, Math.round(factor * capacity), plan.blocks);
      tell(`${round.asked} asked, ${round.queued} queued, empty again`);
      rounds.push([factor, round]);
    }
    return resultOf(plan, capacity, askers, rounds);
  } finally {
    db?.close();
    await node?.stop();
    await devnet.stop();
    await source.stop();
  }
}

async function runRound(world: World, perBlock: number, blocks: number): Promise<Round> {
  const { devnet, source, node, db, askers } = world;
  const before = { bytes: databaseBytes(db), mb: residentMb(node.pid) };
  forgetPeak(node.pid);
  let walPeakBytes = 0;
  const nextBlock = async (): Promise<number> => {
    const height = await devnet.height();
    await devnet.waitForBlock(height + 1);
    walPeakBytes = Math.max(walPeakBytes, walBytes(world));
    return height + 1;
  };
  const firstBlock = (await devnet.height()) + 1;
  let next = prepareBlock(askers, source, perBlock);
  for (let at = 0; at < blocks; at++) {
    const transactions = await next;
    await nextBlock();
    await broadcastAll(devnet, transactions);
    if (at + 1 < blocks) next = prepareBlock(askers, source, perBlock);
  }
  const lastLoadBlock = await nextBlock();
  const [queued, loaded] = [await pendingCount(devnet), databaseBytes(db)];
  let emptyBlock = lastLoadBlock;
  for (; !(await isEmpty(devnet)); emptyBlock = await nextBlock()) {
    if (emptyBlock - lastLoadBlock > DRAIN_LIMIT_BLOCKS) {
      throw new Error(`${DRAIN_LIMIT_BLOCKS} blocks after the load requests are still pending`);
    }
  }
  await assertBooksMatchChain(devnet, devnet.gateway, db);
  const ended = endedRequests(await gatewayEvents(devnet, devnet.gateway, firstBlock));
  const mb = { before: before.mb, after: residentMb(node.pid), peak: peakResidentMb(node.pid) };
  return {
    asked: ended.length,
    ended,
    queued,
    databaseBytes: { before: before.bytes, loaded, empty: databaseBytes(db) },
    walPeakBytes,
    residentMb: mb,
    firstBlock,
    lastLoadBlock,
    emptyBlock,
  };
}

/** Nothing is pending, and nothing is on its way there. */
async function isEmpty(devnet: Devnet): Promise<boolean> {
  const waiting = await devnet.rpc.call<string[]>('getrawmempool');
  return waiting.length === 0 && (await pendingCount(devnet)) === 0;
}

/** Pages of the database, those that are in its write-ahead log yet included. */
const databaseBytes = (db: Database): number =>
  Number(db.pragma('page_count', { simple: true })) *
  Number(db.pragma('page_size', { simple: true }));

const walBytes = ({ storage }: World): number =>
  statSync(join(storage, `${DATABASE_FILE}-wal`), { throwIfNoEntry: false })?.size ?? 0;

/**
 * Answers a block while all places are taken: after the first block of answers, until the last one
 * of a modest asker, since the greedy one alone may not take all places.
 */
function capacityOf({ ended }: Round, askers: readonly Asker[]): number {
  const blocks = ended.map(({ ended: block }) => block);
  const first = Math.min(...blocks);
  const last = Math.max(...ofKind(ended, askers, 'modest').map(({ ended: block }) => block));
  // On a machine that is busy otherwise a tiny run's answers may all come in one block.
  if (first === last) return blocks.filter((block) => block === first).length;
  return blocks.filter((block) => block > first && block <= last).length / (last - first);
}

function resultOf(
  plan: Plan,
  capacity: number,
  askers: readonly Asker[],
  rounds: readonly (readonly [factor: number, round: Round])[],
): BenchResult {
  const { blocks, places, sourceMs, lifetime, blockMs } = plan;
  return {
    bench: 'load',
    summary:
      `${rounds.map(([factor]) => factor).join(', ')} times of what a node with ${places} places ` +
      `to resolve and a source that takes ${sourceMs} ms can answer, for ${blocks} blocks of ` +
      `${blockMs} ms each; half by one requester, a sixth by each of three, one a block by a ` +
      `fifth; requests live ${lifetime} blocks; delays are in blocks`,
    figures: rounds.flatMap(([factor, round]) => figuresOf(`x${factor}`, round, askers)),
    floor: [figure('capacity', capacity, 'answers/block')],
  };
}

function figuresOf(name: string, round: Round, askers: readonly Asker[]): Figure[] {
  const { asked, ended, queued, lastLoadBlock, firstBlock, emptyBlock } = round;
  const { before, loaded, empty } = round.databaseBytes;
  const overtaken = overtakings(ended);
  const underLoad = ended.filter(({ ended: at, isAnswer }) => isAnswer && at <= lastLoadBlock);
  const each = (key: string, value: number, unit: string, target?: string): Figure =>
    figure(`${name}.${key}`, value, unit, target);
  const share = overtaken.filter((by) => by > 0).length / Math.max(1, overtaken.length);
  return [
    each('asked', asked, 'requests'),
    each('queued', queued, 'requests'),
    each('answersPerBlock', underLoad.length / (lastLoadBlock - firstBlock), 'answers/block'),
    each('emptyAfter', emptyBlock - lastLoadBlock, 'blocks'),
    ...(['greedy', 'modest', 'small'] as const).flatMap((kind) => {
      const own = ofKind(ended, askers, kind);
      const delays = delaysOf(own);
      const least = delays.length > 0 ? delays : [Number.NaN];
      return [
        each(`${kind}Answered`, delays.length, 'requests'),
        each(`${kind}Expired`, own.length - delays.length, 'requests'),
        each(`${kind}P50`, percentile(least, 0.5), 'blocks'),
        each(`${kind}P99`, percentile(least, 0.99), 'blocks'),
      ];
    }),
    each('overtaken', 100 * share, '%', '0'),
    each('overtakenBy', Math.max(0, ...overtaken), 'blocks'),
    each('bytesPerAsked', (loaded - before) / asked, 'bytes'),
    each('bytesPerEnded', (empty - before) / asked, 'bytes'),
    each('walPeak', round.walPeakBytes / 1e6, 'MB'),
    each('residentBefore', round.residentMb.before, 'MB'),
    each('residentPeak', round.residentMb.peak, 'MB'),
    each('residentAfter', round.residentMb.after, 'MB'),
  ];
}
