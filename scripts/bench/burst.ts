import { type Datoshi, parseGas } from '../../src/base/datoshi.js';
import { callScript, utf8 } from '../../src/chain/script.js';
import { asCount } from '../../src/chain/stack-item-values.js';
import type { SignedTransaction } from '../../src/chain/transaction.js';
import { depositCredit } from '../devnet/contracts.js';
import type { Devnet } from '../devnet/devnet.js';
import type { ChainFeed } from './chain-feed.js';
import { type HttpsSource, SOURCE_FILTER } from './https-source.js';

/** So that a burst of 2,000 fits one block, which holds 512 transactions. */
const REQUESTS_IN_TRANSACTION = 8;
/** Covers an answer, its delivery and a plain answer if that fails, which is 0.7 GAS in all. */
export const MAX_FEE = parseGas('1');
export const OWNER_GAS_FOR_REQUEST = parseGas('0.4');
export const NODE_GAS_FOR_ANSWER = parseGas('0.5');
const SENDS_IN_BATCH = 50;
const MAX_BLOCKS = 60;

/** Pays in what bursts of that many requests, all told, will cost. */
export async function fundBursts(devnet: Devnet, requests: number): Promise<void> {
  const { faucet, gateway, consumer, owner, node } = devnet;
  const times = (amount: Datoshi): Datoshi => amount * BigInt(requests);
  await Promise.all([
    depositCredit(devnet, faucet, gateway, consumer, times(MAX_FEE)),
    devnet.fund(owner.hash, times(OWNER_GAS_FOR_REQUEST)),
    devnet.fund(node.hash, times(NODE_GAS_FOR_ANSWER)),
  ]);
}

export interface BurstParts {
  readonly devnet: Devnet;
  readonly source: HttpsSource;
  readonly feed: ChainFeed;
  /** The script of one of a burst's questions; default: `askHttp` of the devnet's consumer. */
  readonly ask?: (at: number) => Buffer;
}

/**
 * Sends requests of the example consumer, whose callback stores the answer, right after a block, so
 * that all are in the next one. Resolves to the index of the first block that holds some.
 */
export async function sendBurst(
  { devnet, source, feed, ask = httpAsk(devnet, source) }: BurstParts,
  count: number,
  onSend: () => void,
): Promise<number> {
  const transactions = await prepareBurst(devnet, ask, count);
  const heightBefore = await devnet.height();
  await feed.until('a block', () => feed.announcedMs(heightBefore + 1));
  onSend();
  await broadcastAll(devnet, transactions);
  const blocks = await feed.until('the burst in a block', () => {
    const found = transactions.map(({ hash }) => feed.blockOf(hash));
    return found.every((index) => index !== null) ? (found as number[]) : null;
  });
  return Math.min(...blocks);
}

export function httpAsk(devnet: Devnet, source: HttpsSource): (at: number) => Buffer {
  const spec = (at: number) => JSON.stringify({ method: 'GET', url: `${source.url}/${at}` });
  return (at) =>
    callScript(devnet.consumer, 'askHttp', [utf8(spec(at)), utf8(SOURCE_FILTER), MAX_FEE]);
}

/** Signed transactions that ask so many questions, several in each. */
export async function prepareBurst(
  devnet: Devnet,
  ask: (at: number) => Buffer,
  count: number,
): Promise<SignedTransaction[]> {
  const scripts: Buffer[] = [];
  for (let from = 0; from < count; from += REQUESTS_IN_TRANSACTION) {
    const size = Math.min(REQUESTS_IN_TRANSACTION, count - from);
    scripts.push(Buffer.concat(Array.from({ length: size }, (_, at) => ask(from + at))));
  }
  const [first = Buffer.alloc(0)] = scripts;
  const { exception, gasConsumed } = await devnet.trial(devnet.owner, first);
  if (exception !== null) throw new Error(`the burst can't be asked: ${exception}`);
  // Ids and counters grow by a byte or two: some more than the first one's.
  const systemFee = (gasConsumed * 11n) / 10n;
  const prepare = (script: Buffer) => devnet.prepare(devnet.owner, script, { systemFee });
  return Promise.all(scripts.map(prepare));
}

/** Sends transactions in a few large exchanges; throws the first refusal. */
export async function broadcastAll(
  devnet: Devnet,
  transactions: readonly Pick<SignedTransaction, 'raw'>[],
): Promise<void> {
  const batches: Promise<void>[] = [];
  for (let from = 0; from < transactions.length; from += SENDS_IN_BATCH) {
    const calls = transactions.slice(from, from + SENDS_IN_BATCH).map(({ raw }) => ({
      method: 'sendrawtransaction',
      params: [raw.toString('base64')],
    }));
    batches.push(
      devnet.rpc.batch(calls).then((results) => {
        for (const result of results) if (!result.ok) throw result.error;
      }),
    );
  }
  await Promise.all(batches);
}

/** Requests that the gateway holds pending. */
export const pendingCount = async (devnet: Devnet): Promise<number> =>
  asCount(await devnet.read(devnet.gateway, 'pendingCount'), 'pendingCount');

/** Waits for the first block from `from` on after which nothing is pending; its index. */
export async function allAnswered(devnet: Devnet, feed: ChainFeed, from: number): Promise<number> {
  let pending = 0;
  for (let index = from; index < from + MAX_BLOCKS; index++) {
    await feed.until(`block ${index}`, () => feed.announcedMs(index));
    pending = await pendingCount(devnet);
    if (pending === 0) return index;
  }
  throw new Error(`after ${MAX_BLOCKS} blocks ${pending} requests still had no answer`);
}

/** Throws unless the blocks hold that many answers, each a success that its callback took. */
export async function requireDelivered(
  { rpc, gateway }: Devnet,
  fromBlock: number,
  toBlock: number,
  count: number,
): Promise<void> {
  const filter = { contract: gateway, name: 'Response' };
  let delivered = 0;
  for (let index = fromBlock; index <= toBlock; index++) {
    const found = await rpc.call<{ application?: { state: { value: { value: unknown }[] } }[] }>(
      'getblocknotifications',
      [index, filter],
    );
    for (const { state } of found.application ?? []) {
      const [, , , code, isDelivered] = state.value;
      if (code?.value === '0' && isDelivered?.value === true) delivered += 1;
    }
  }
  if (delivered !== count) throw new Error(`of ${count} answers ${delivered} were delivered`);
}
