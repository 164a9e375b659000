import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { systemClock } from '../../src/base/clock.js';
import { parseGas } from '../../src/base/datoshi.js';
import { callScript, utf8 } from '../../src/chain/script.js';
import { creditOf, reservedOf } from '../../src/gasbank/accounts.js';
import { createLedgerStore } from '../../src/gasbank/ledger-store.js';
import { DATABASE_FILE } from '../../src/node/node-options.js';
import { inTransaction, openDatabase } from '../../src/storage/database.js';
import {
  deployConsumer,
  deployGateway,
  depositCredit,
  gatewayHashes,
} from '../devnet/contracts.js';
import { type Devnet, startDevnet } from '../devnet/devnet.js';
import { writeNodeFiles } from '../devnet/node-files.js';
import { type BenchNode, launchBenchNode, logged } from './bench-node.js';
import type { BenchOptions } from './bench-options.js';
import { allAnswered, fundBursts, requireDelivered, sendBurst } from './burst.js';
import { type ChainFeed, openChainFeed } from './chain-feed.js';
import { type HttpsSource, SOURCE_FILTER, startHttpsSource } from './https-source.js';
import { residentMb } from './process-memory.js';
import { type BenchResult, figure } from './report.js';
import { median, percentile } from './statistics.js';

const FULL = {
  requests: 100_000,
  transfers: 1_000_000,
  burst: 2_000,
  samples: 100,
  warmUp: 5,
  starts: 5,
};
const QUICK = { requests: 32, transfers: 1_000, burst: 16, samples: 2, warmUp: 1, starts: 1 };
const BLOCK_MS = 1_000;
const QUICK_BLOCK_MS = 300;
const MAX_FEE = parseGas('1');
const SMALL_GAS = parseGas('1000');
/** The next request is sent so far into a block's time: the work for the last one is over. */
const QUIET_AFTER = 0.4;

const IN_STEP = 'in step with the chain';

/** A gateway with its node and what is heard of it. */
interface Side {
  readonly devnet: Devnet;
  readonly storage: string;
  /** From the request's block being announced to its answer being accepted. */
  readonly latenciesMs: number[];
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
  const sideOf = (of: Devnet, storage: string): Side => ({ devnet: of, storage, latenciesMs: [] });
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
    const perSecond = await grow(grown, source, plan, tell);
    await growing.stop();
    const rows = fillLedger(grown, plan.transfers);
    tell(
      `${rows.requests} requests and ${rows.transfers} transfers of the ledger are in the database`,
    );
    const starts = { grown: [] as number[], young: [] as number[] };
    for (let at = 0; at < plan.starts; at++) {
      starts.young.push(await startMs(() => start(young)));
      starts.grown.push(await startMs(() => start(grown)));
    }
    const beganMs = systemClock.nowMs();
    const [youngNode, grownNode] = [await start(young), await start(grown)];
    await Promise.all([youngNode, grownNode].map((node) => logged(node, IN_STEP, beganMs)));
    tell(`asking in turns, ${plan.samples} requests each`);
    await askInTurns([young, grown], source, plan, blockMs);
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

/** Answers a second, of all of them. */
async function grow(
  { devnet }: Side,
  source: HttpsSource,
  { requests, burst }: { readonly requests: number; readonly burst: number },
  tell: (step: string) => void,
): Promise<number> {
  await fundBursts(devnet, requests);
  const feed = await openChainFeed(devnet.wsUrl, devnet.node.hash);
  let seconds = 0;
  for (let done = 0; done < requests; done += burst) {
    const count = Math.min(burst, requests - done);
    const first = await sendBurst({ devnet, source, feed }, count, () => {});
    const last = await allAnswered(devnet, feed, first + 1);
    await requireDelivered(devnet, first + 1, last, count);
    seconds += ((feed.announcedMs(last) ?? 0) - (feed.announcedMs(first) ?? 0)) / 1000;
    tell(`${done + count} of ${requests} requests have ended`);
  }
  feed.close();
  return requests / seconds;
}

/**
 * Brings the ledger of a node that does not run to so many transfers: credit is reserved and given
 * back in one block, again and again, so that all its balances stay. Gives what there is then.
 */
function fillLedger({ devnet, storage }: Side, transfers: number) {
  const db = openDatabase(join(dirname(devnet.configFile), storage, DATABASE_FILE));
  const count = (table: string): number =>
    Number(db.prepare(`SELECT count(*) FROM ${table}`).pluck().get());
  try {
    const ledger = createLedgerStore(db);
    const block = Number(db.prepare('SELECT max(block) FROM ledger_transfer').pluck().get());
    const missing = Math.max(0, transfers - count('ledger_transfer'));
    const [credit, reserved] = [creditOf(devnet.consumer), reservedOf(devnet.consumer)];
    const what = { amount: 1n, block, tx: null, requestId: null };
    inTransaction(db, () => {
      for (let at = 0; at < missing; at += 2) {
        const id = `growth:${at}`;
        const nowMs = systemClock.nowMs();
        const there = { id, debit: credit, credit: reserved, cause: 'reserve', ...what };
        const back = { id: `${id}:back`, debit: reserved, credit, cause: 'refund', ...what };
        ledger.transfer(there, nowMs);
        ledger.transfer(back, nowMs);
      }
    });
    return { requests: count('request'), transfers: count('ledger_transfer') };
  } finally {
    db.close();
  }
}

/** From the program being started until it is in step with the chain; it is ended afterwards. */
async function startMs(start: () => Promise<BenchNode>): Promise<number> {
  const beganMs = systemClock.nowMs();
  const node = await start();
  const { time } = await logged(node, IN_STEP, beganMs);
  await node.stop();
  return Date.parse(time) - beganMs;
}

async function askInTurns(
  sides: readonly Side[],
  source: HttpsSource,
  { samples, warmUp }: { readonly samples: number; readonly warmUp: number },
  blockMs: number,
): Promise<void> {
  const spec = utf8(JSON.stringify({ method: 'GET', url: source.url }));
  const feeds = new Map<Side, ChainFeed>();
  for (const side of sides) {
    feeds.set(side, await openChainFeed(side.devnet.wsUrl, side.devnet.node.hash));
  }
  for (let round = 0; round < samples + warmUp; round++) {
    // Who comes first changes, too: a block may be as long as the one before it.
    for (const side of round % 2 === 0 ? sides : [...sides].reverse()) {
      const { devnet, latenciesMs } = side;
      const feed = feeds.get(side) as ChainFeed;
      const args = [spec, utf8(SOURCE_FILTER), MAX_FEE] as const;
      const request = await devnet.prepare(
        devnet.owner,
        callScript(devnet.consumer, 'askHttp', args),
      );
      const before = feed.accepted.length;
      await devnet.broadcast(request);
      const block = await feed.until('the request in a block', () => feed.blockOf(request.hash));
      const answer = await feed.until('an answer', () => feed.accepted[before] ?? null);
      const announcedMs = feed.announcedMs(block) ?? Number.NaN;
      if (round >= warmUp) latenciesMs.push(answer.atMs - announcedMs);
      await systemClock.sleep(announcedMs + QUIET_AFTER * blockMs - systemClock.monotonicMs());
    }
  }
  for (const feed of feeds.values()) feed.close();
}

function resultOf(measured: {
  readonly young: Side;
  readonly grown: Side;
  readonly starts: Readonly<Record<'young' | 'grown', number[]>>;
  readonly rows: { readonly requests: number; readonly transfers: number };
  readonly resident: Readonly<Record<'young' | 'grown', number>>;
  readonly perSecond: number;
}): BenchResult {
  const { young, grown, starts, rows, resident, perSecond } = measured;
  const p50 = { young: median(young.latenciesMs), grown: median(grown.latenciesMs) };
  return {
    bench: 'growth',
    summary:
      `a database of ${rows.requests} ended requests and ${rows.transfers} transfers in its ` +
      `ledger beside a new one, on the same chain, asked in turns, ${grown.latenciesMs.length} ` +
      "requests each; from the block's announcement to the answer being in the memory pool",
    figures: [
      figure('latencyRatio', p50.grown / p50.young, 'x', '<= 1.1'),
      figure('p50', p50.grown, 'ms'),
      figure('p99', percentile(grown.latenciesMs, 0.99), 'ms'),
      figure('start', median(starts.grown), 'ms', '< 3000'),
      figure('slowestStart', Math.max(...starts.grown), 'ms', '< 3000'),
      figure('resident', resident.grown, 'MB'),
      figure('endedRequests', rows.requests, ''),
      figure('ledgerTransfers', rows.transfers, ''),
      figure('growthAnswersPerSecond', perSecond, 'answers/s'),
    ],
    floor: [
      figure('youngP50', p50.young, 'ms'),
      figure('youngP99', percentile(young.latenciesMs, 0.99), 'ms'),
      figure('youngStart', median(starts.young), 'ms'),
      figure('youngResident', resident.young, 'MB'),
    ],
  };
}
