import { Agent, request } from 'node:https';
import { systemClock } from '../../src/base/clock.js';
import { gatewayCalls } from '../../src/chain/gateway-calls.js';
import type { SignedTransaction } from '../../src/chain/transaction.js';
import type { Devnet } from '../devnet/devnet.js';
import {
  allAnswered,
  type BurstParts,
  broadcastAll,
  requireDelivered,
  sendBurst,
} from './burst.js';
import type { HttpsSource } from './https-source.js';
import { processCpuMs } from './process-cpu.js';

/** What the blockchain node and the source can do when nobody has to think. */
export interface ThroughputFloor {
  /** From a block's announcement, with answers ready, to that of the last answer's block. */
  readonly durationMs: number;
  /** Until the last of them was accepted. */
  readonly acceptedMs: number;
  readonly blocks: number;
  /** For requests and answers, without the trials that found the answers' fees. */
  readonly chainCpuMs: number;
  readonly fetchesPerSecond: number;
}

const ANSWERS_IN_TRANSACTION = 32;
const FETCHES_AT_ONCE = 64;
const RESULT = Buffer.from('["4.81300000"]');

/**
 * Answers a backlog with transactions that were made and signed beforehand, without a look at
 * source, callbacks or fees. The node must not be running.
 */
export async function measureFloor(parts: BurstParts, requests: number): Promise<ThroughputFloor> {
  const { devnet, source, feed } = parts;
  const chainPid = devnet.neoGo.process().pid;
  const fetchesPerSecond = await measureFetches(source, requests);
  let sentCpuMs = 0;
  const onSend = (): void => {
    sentCpuMs = processCpuMs(chainPid);
  };
  const requestBlock = await sendBurst(parts, requests, onSend);
  const requestsCpuMs = processCpuMs(chainPid) - sentCpuMs;
  const answers = await prepareAnswers(devnet, requestBlock, requests);
  const start = (await devnet.height()) + 1;
  await feed.until('a block', () => feed.announcedMs(start));
  const readyCpuMs = processCpuMs(chainPid);
  await broadcastAll(devnet, answers);
  const lastBlock = await allAnswered(devnet, feed, start + 1);
  const answersCpuMs = processCpuMs(chainPid) - readyCpuMs;
  await requireDelivered(devnet, start + 1, lastBlock, requests);
  const startMs = feed.announcedMs(start) ?? Number.NaN;
  return {
    durationMs: (feed.announcedMs(lastBlock) ?? Number.NaN) - startMs,
    acceptedMs: (feed.accepted.at(-1)?.atMs ?? Number.NaN) - startMs,
    blocks: lastBlock - start,
    chainCpuMs: requestsCpuMs + answersCpuMs,
    fetchesPerSecond,
  };
}

/** The answers to the requests of a block, each with the fee that a trial finds. */
async function prepareAnswers(
  devnet: Devnet,
  requestBlock: number,
  requests: number,
): Promise<SignedTransaction[]> {
  const ids = await requestIdsFrom(devnet, requestBlock, requests);
  const { respond } = gatewayCalls(devnet.gateway);
  const scripts: Buffer[] = [];
  for (let from = 0; from < ids.length; from += ANSWERS_IN_TRANSACTION) {
    const some = ids.slice(from, from + ANSWERS_IN_TRANSACTION);
    const answers = some.map((requestId) => {
      return { requestId, code: 0, result: RESULT, deliver: true, lostTx: null };
    });
    scripts.push(respond(answers));
  }
  const prepare = async (script: Buffer) => {
    const { exception, gasConsumed } = await devnet.trial(devnet.node, script);
    if (exception !== null) throw new Error(`the floor's answers fail: ${exception}`);
    return devnet.prepare(devnet.node, script, { systemFee: (gasConsumed * 11n) / 10n });
  };
  return Promise.all(scripts.map(prepare));
}

/** Ids count up: those of a burst follow the first one's. */
async function requestIdsFrom(devnet: Devnet, block: number, count: number): Promise<bigint[]> {
  const filter = { contract: devnet.gateway, name: 'HttpRequest' };
  const { application } = await devnet.rpc.call<{
    application: { state: { value: { value: string }[] } }[];
  }>('getblocknotifications', [block, filter]);
  const first = BigInt(application[0]?.state.value[0]?.value ?? '0');
  return Array.from({ length: count }, (_, at) => first + BigInt(at));
}

async function measureFetches(source: HttpsSource, count: number): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: FETCHES_AT_ONCE, ca: source.authority });
  const get = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const sent = request(source.url, { agent }, (response) => {
        response.resume();
        response.once('end', resolve);
      });
      sent.once('error', reject);
      sent.end();
    });
  const startMs = systemClock.monotonicMs();
  await Promise.all(Array.from({ length: count }, get));
  agent.destroy();
  return (1000 * count) / (systemClock.monotonicMs() - startMs);
}
