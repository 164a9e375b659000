import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Datoshi, parseGas } from '../../src/base/datoshi.js';
import { callScript, utf8 } from '../../src/chain/script.js';
import { type Devnet, startDevnet } from '../devnet/devnet.js';
import { allStored } from './answered-blocks.js';
import { type AskedSample, askInTurns } from './ask-in-turns.js';
import { type BenchNode, startBenchNode } from './bench-node.js';
import type { BenchOptions } from './bench-options.js';
import { fundBursts, sendBurst } from './burst.js';
import { type ChainFeed, openChainFeed } from './chain-feed.js';
import { DEFAULT_POLICY, setFeePolicy, TENTH_POLICY } from './fee-policy.js';
import { type HttpsSource, SOURCE_FILTER, startHttpsSource } from './https-source.js';
import { NATIVE_ORACLE, type NativeOracle, startNativeOracle } from './native-oracle.js';
import { nativeResult } from './native-report.js';
import { askOnce, chargesOf } from './paid-answer.js';
import { processCpuMs } from './process-cpu.js';
import { forgetPeak, peakResidentMb } from './process-memory.js';
import type { BenchResult } from './report.js';
import { median } from './statistics.js';

const FULL = {
  blockMs: 500,
  samples: 60,
  warmUp: 5,
  burst: 2_000,
  first: 200,
  bursts: 3,
  /** Requests that show what answers cost that come together. */
  few: 64,
  /** Blocks without an answer after which the rest of a burst counts as stranded. */
  patience: 10,
};
const QUICK: Plan = {
  blockMs: 100,
  samples: 2,
  warmUp: 1,
  burst: 16,
  first: 8,
  bursts: 1,
  few: 8,
  patience: 300,
};
type Plan = typeof FULL;

/** Covers an answer and its delivery; the gateway gives back what is over. */
const MAX_FEE = parseGas('1');
/** The least that the native oracle takes for an answer. */
const MIN_RESPONSE_GAS = parseGas('0.1');
/** So much more than an answer like it used: keys and numbers grow. */
const SPARE_PERCENT = 5n;
const OWNER_GAS_FOR_NATIVE_REQUEST = parseGas('2');
const PRICED = 3;

/** One of the two oracles, seen by who asks. */
interface Side {
  /** With the consumer that asks this oracle, and its owner. */
  readonly devnet: Devnet;
  readonly ask: (at: number) => Buffer;
  readonly samples: AskedSample[];
  readonly bursts: Burst[];
}

export interface Burst {
  readonly stored: number;
  readonly transactions: number;
  /** From the questions' block being announced to the last answer's being announced. */
  readonly durationMs: number;
  readonly blocks: number;
  /** Of the Dodona node, and of neo-go, from the questions being sent to the last answer. */
  readonly cpuMs: { readonly node: number; readonly chain: number };
  readonly peakMb: { readonly node: number; readonly chain: number };
}

/** What whoever asks pays, in datoshi, under one fee policy. */
export interface Prices {
  readonly dodona: Datoshi;
  /** With the share of a transaction that brings several answers. */
  readonly dodonaTogether: Datoshi;
  readonly native: Datoshi;
}

export interface NativeMeasured {
  readonly plan: Plan;
  readonly samples: Readonly<Record<'dodona' | 'native', readonly AskedSample[]>>;
  readonly inNextBlock: Readonly<Record<'dodona' | 'native', number>>;
  readonly bursts: Readonly<Record<'dodona' | 'native', readonly Burst[]>>;
  /** The same questions when nobody answers. */
  readonly unanswered: Readonly<Record<'dodona' | 'native', Burst['cpuMs'] & { peakMb: number }>>;
  readonly prices: { readonly usual: Prices; readonly tenth: Prices };
}

/**
 * The node and its gateway beside neo-go's own oracle service and the native oracle, on one chain,
 * with one source, the same consumer and the same questions.
 */
export async function runNative(options: BenchOptions): Promise<BenchResult> {
  const { quick, size, profileFolder, tell } = options;
  const plan = { ...(quick ? QUICK : FULL), ...(size === undefined ? {} : { burst: size }) };
  const folder = await mkdtemp(join(tmpdir(), 'dodona-native-'));
  const source = await startHttpsSource();
  const devnet = await startDevnet({
    blockMs: plan.blockMs,
    dataFolder: folder,
    sourceAuthority: source.authority,
    onProgress: tell,
  });
  let node: BenchNode | null = null;
  let feed: ChainFeed | null = null;
  try {
    tell("starting neo-go's own oracle service");
    const oracle = await startNativeOracle(devnet, source.authority);
    await oracle.designate();
    feed = await openChainFeed(devnet.wsUrl, devnet.node.hash);
    node = await startBenchNode({ devnet, profileFolder });
    const measured = await measure({ devnet, oracle, source, feed, node, plan, tell });
    return nativeResult(measured);
  } finally {
    feed?.close();
    await node?.stop();
    await devnet.stop();
    await source.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

interface Bench {
  readonly devnet: Devnet;
  readonly oracle: NativeOracle;
  readonly source: HttpsSource;
  /** Of the blocks, and of what the node sends. */
  readonly feed: ChainFeed;
  readonly node: BenchNode;
  readonly plan: Plan;
  readonly tell: (step: string) => void;
}

async function measure(bench: Bench): Promise<NativeMeasured> {
  const { devnet, oracle, source, node, plan, tell } = bench;
  await fund(bench);
  let responseGas = MAX_FEE;
  const sideOf = (of: Devnet, maxFee: () => Datoshi): Side => ({
    devnet: of,
    ask: (at) => {
      const args = [utf8(`${source.url}/${at}`), utf8(SOURCE_FILTER), maxFee()];
      return callScript(of.consumer, 'ask', args);
    },
    samples: [],
    bursts: [],
  });
  const dodona = sideOf(devnet, () => MAX_FEE);
  const ofNative = { ...devnet, consumer: oracle.consumer, owner: oracle.owner };
  const native = sideOf(ofNative, () => responseGas);
  const sides = [dodona, native] as const;
  const price = async (): Promise<Prices> => {
    responseGas = MAX_FEE;
    responseGas = await responseGasOf(native);
    return pricesOf(bench, dodona, native);
  };
  tell('the first answers, which warm up');
  for (const side of sides) await burst(bench, side, plan.first);
  for (const side of sides) side.bursts.length = 0;
  tell('what an answer costs, at the usual prices');
  await setFeePolicy(devnet, DEFAULT_POLICY);
  const usual = await price();
  const inNextBlock = await latencies(bench, dodona, native);
  for (let at = 1; at <= plan.bursts; at++) {
    for (const side of at % 2 === 0 ? sides : [...sides].reverse()) {
      await burst(bench, side, plan.burst);
    }
    tell(`burst ${at} of ${plan.bursts}: ${plan.burst} requests to each`);
  }
  tell('what an answer costs, at a tenth of the prices');
  await setFeePolicy(devnet, TENTH_POLICY);
  const tenth = await price();
  tell('the same questions with nobody to answer them');
  await setFeePolicy(devnet, DEFAULT_POLICY);
  await oracle.dismiss();
  await node.stop();
  const unanswered = {
    dodona: await ignored(bench, dodona),
    native: await ignored(bench, native),
  };
  const both = <T>(pick: (side: Side) => T) => ({ dodona: pick(dodona), native: pick(native) });
  return {
    plan,
    samples: both(({ samples }) => samples),
    bursts: both(({ bursts }) => bursts),
    inNextBlock,
    unanswered,
    prices: { usual, tenth },
  };
}

/** For all bursts, those that nobody answers too, and some more. */
async function fund({ devnet, oracle, plan }: Bench): Promise<void> {
  const requests = plan.first + (plan.bursts + 1) * plan.burst + 2 * plan.few + 100;
  await fundBursts(devnet, requests);
  await devnet.fund(oracle.owner.hash, OWNER_GAS_FOR_NATIVE_REQUEST * BigInt(requests));
}

async function burst(bench: Bench, side: Side, count: number): Promise<Burst> {
  const { source, feed, node, plan } = bench;
  const { devnet } = side;
  const { pid } = devnet.neoGo.process();
  const cpuOf = () => ({ node: processCpuMs(node.pid), chain: processCpuMs(pid) });
  for (const each of [node.pid, pid]) forgetPeak(each);
  let before = cpuOf();
  const onSend = (): void => {
    before = cpuOf();
  };
  const first = await sendBurst({ devnet, source, feed, ask: side.ask }, count, onSend);
  const parts = { rpc: devnet.rpc, feed, patience: plan.patience };
  const ended = await allStored(parts, devnet.consumer, first + 1, count);
  const after = cpuOf();
  const done = {
    stored: ended.stored,
    transactions: ended.transactions,
    durationMs: (feed.announcedMs(ended.lastBlock) ?? Number.NaN) - (feed.announcedMs(first) ?? 0),
    blocks: ended.lastBlock - first,
    cpuMs: { node: after.node - before.node, chain: after.chain - before.chain },
    peakMb: { node: peakResidentMb(node.pid), chain: peakResidentMb(pid) },
  };
  side.bursts.push(done);
  return done;
}

/** The same questions, and the blocks that their answers would have taken. */
async function ignored({ source, feed, plan }: Bench, { devnet, ask, bursts }: Side) {
  const { pid } = devnet.neoGo.process();
  forgetPeak(pid);
  let before = 0;
  const onSend = (): void => {
    before = processCpuMs(pid);
  };
  const first = await sendBurst({ devnet, source, feed, ask }, plan.burst, onSend);
  const last = first + Math.round(median(bursts.map(({ blocks }) => blocks)));
  await feed.until(`block ${last}`, () => feed.announcedMs(last));
  return { node: 0, chain: processCpuMs(pid) - before, peakMb: peakResidentMb(pid) };
}

/** Per cent of the answers that were in the block after the question's. */
async function latencies({ devnet, feed, plan, tell }: Bench, dodona: Side, native: Side) {
  const ofNative = await openChainFeed(devnet.wsUrl, NATIVE_ORACLE);
  try {
    const asked = (side: Side, of: ChainFeed) => {
      const { owner } = side.devnet;
      return { owner, script: side.ask(0), feed: of, samples: side.samples };
    };
    await askInTurns(devnet, [asked(dodona, feed), asked(native, ofNative)], plan, tell);
    const share = async ({ samples }: Side): Promise<number> => {
      const last = samples.at(-1);
      if (last !== undefined) await feed.until('the last answer', () => feed.blockOf(last.answer));
      const inNext = samples.filter(({ answer, block }) => feed.blockOf(answer) === block + 1);
      return (100 * inNext.length) / samples.length;
    };
    return { dodona: await share(dodona), native: await share(native) };
  } finally {
    ofNative.close();
  }
}

/** What to pay in advance for an answer: what one like it used, and a little more. */
async function responseGasOf({ devnet, ask }: Side): Promise<Datoshi> {
  const { answer } = await askOnce(devnet, ask(0));
  const used = answer.gasConsumed + answer.networkFee;
  const enough = (used * (100n + SPARE_PERCENT)) / 100n;
  return enough > MIN_RESPONSE_GAS ? enough : MIN_RESPONSE_GAS;
}

async function pricesOf(bench: Bench, dodona: Side, native: Side): Promise<Prices> {
  const { devnet, plan } = bench;
  const { gateway } = devnet;
  const [ours, theirs, asking]: [bigint[], bigint[], bigint[]] = [[], [], []];
  for (let at = 0; at < PRICED; at++) {
    const { asked, answer } = await askOnce(devnet, dodona.ask(at));
    const [charge = 0n] = chargesOf(gateway, answer);
    asking.push(asked);
    ours.push(asked + charge);
    // The question's transaction pays for the answer too.
    theirs.push((await askOnce(native.devnet, native.ask(at))).asked);
  }
  const together = await chargeTogether(bench, dodona, plan.few);
  return {
    dodona: middle(ours),
    dodonaTogether: middle(asking) + together,
    native: middle(theirs),
  };
}

/** The mean charge of answers that come together. */
async function chargeTogether(bench: Bench, side: Side, count: number): Promise<Datoshi> {
  const { devnet, source, feed, plan } = bench;
  const from = await sendBurst({ devnet, source, feed, ask: side.ask }, count, () => {});
  const parts = { rpc: devnet.rpc, feed, patience: plan.patience };
  const { lastBlock } = await allStored(parts, devnet.consumer, from + 1, count);
  const charges: Datoshi[] = [];
  for (let block = from + 1; block <= lastBlock; block++) {
    const { tx } = await devnet.rpc.call<{ tx: { hash: `0x${string}` }[] }>('getblock', [block, 1]);
    for (const { hash } of tx) {
      charges.push(...chargesOf(devnet.gateway, await devnet.applied(hash)));
    }
  }
  return charges.reduce((sum, charge) => sum + charge, 0n) / BigInt(charges.length);
}

const middle = (amounts: readonly bigint[]): bigint =>
  [...amounts].sort((a, b) => (a < b ? -1 : 1))[amounts.length >> 1] ?? 0n;
