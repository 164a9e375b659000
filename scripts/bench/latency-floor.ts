import { Agent, request } from 'node:https';
import { systemClock } from '../../src/base/clock.js';
import { signedMessage } from '../../src/chain/transaction.js';
import type { Devnet } from '../devnet/devnet.js';
import type { AcceptedTransaction } from './chain-feed.js';
import type { HttpsSource } from './https-source.js';

/** How long each thing took that no node can do without, in milliseconds. */
export interface FloorSample {
  /** Reading the new block: its events, its header, the height. */
  readonly block: number;
  /** The source's answer, on a kept connection. */
  readonly fetch: number;
  /** One trial run of the answer's transaction. */
  readonly preflight: number;
  readonly sign: number;
  /** Until the blockchain node has taken a transaction. */
  readonly broadcast: number;
}

/**
 * Does once, one after another and with nothing around them, the exchanges that answering a request
 * takes. `answer` is the node's own answer, whose block is not made yet, so that the trial run does
 * the same work as the node's; `broadcast` sends a transaction that is due anyway.
 */
export function createFloor(devnet: Devnet, source: HttpsSource) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1, ca: source.authority });

  const get = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const sent = request(source.url, { agent }, (response) => {
        response.resume();
        response.once('end', resolve);
      });
      sent.once('error', reject);
      sent.end();
    });

  const readBlock = (index: number) =>
    devnet.rpc.batch([
      { method: 'getblockcount', params: [] },
      { method: 'getblocknotifications', params: [index, { contract: devnet.gateway }] },
      { method: 'getblockheader', params: [index, true] },
    ]);

  async function sample(
    index: number,
    answer: AcceptedTransaction,
    broadcast: () => Promise<unknown>,
  ): Promise<FloorSample> {
    const message = signedMessage(answer.hash, devnet.magic);
    return {
      block: await timed(() => readBlock(index)),
      fetch: await timed(get),
      preflight: await timed(() => devnet.rpc.call('invokecontainedscript', [answer.json])),
      sign: await timed(() => devnet.node.signer.sign(message)),
      broadcast: await timed(broadcast),
    };
  }

  return { sample, close: () => agent.destroy() };
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startMs = systemClock.monotonicMs();
  await work();
  return systemClock.monotonicMs() - startMs;
}
