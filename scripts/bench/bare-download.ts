import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Dispatcher } from 'undici';
import { systemClock } from '../../src/base/clock.js';
import { HttpPool } from '../../src/base/http-client.js';
import { DEFAULT_RUN_BLOCKS } from '../../src/chain/block-tailer.js';
import { GAS_TOKEN } from '../../src/chain/native-contracts.js';
import type { RpcCall } from '../../src/chain/rpc.js';
import type { Devnet } from '../devnet/devnet.js';

/** How the node asks: connections at once, and calls in one exchange. */
export interface Manner {
  readonly connections: number;
  readonly batchCalls: number;
}

/** The calls by which the node reads these blocks, ready to be sent. */
export function readingCalls(
  { gateway }: Pick<Devnet, 'gateway'>,
  blocks: number,
  hasEvents: (index: number) => boolean,
  { batchCalls }: Manner,
): string[] {
  const header = (index: number): RpcCall => ({ method: 'getblockheader', params: [index, true] });
  const bodies: string[] = [];
  for (let from = 0; from < blocks; from += DEFAULT_RUN_BLOCKS) {
    const count = Math.min(DEFAULT_RUN_BLOCKS, blocks - from);
    const indexes = Array.from({ length: count }, (_, at) => from + at);
    const last = from + count - 1;
    const events = indexes.map((index) => {
      return { method: 'getblocknotifications', params: [index, { contract: gateway }] };
    });
    const inside = indexes.filter((index) => index > from && index < last && hasEvents(index));
    const transfers = indexes.map((index) => {
      const filter = { contract: GAS_TOKEN, name: 'Transfer' };
      return { method: 'getblocknotifications', params: [index, filter] };
    });
    const calls = [...events, header(from), header(last), ...transfers];
    bodies.push(...exchangesOf(calls, batchCalls));
    bodies.push(...exchangesOf(inside.map(header), batchCalls));
  }
  return bodies;
}

function exchangesOf(calls: readonly RpcCall[], batchCalls: number): string[] {
  const bodies: string[] = [];
  for (let from = 0; from < calls.length; from += batchCalls) {
    const some = calls.slice(from, from + batchCalls);
    bodies.push(JSON.stringify(some.map((call, id) => ({ jsonrpc: '2.0', id, ...call }))));
  }
  return bodies;
}

export interface Download {
  readonly durationMs: number;
  readonly bytes: number;
}

export interface DownloadTask {
  readonly rpcUrl: string;
  /** To be posted, in turn. */
  readonly bodies: readonly string[];
  readonly manner: Manner;
}

/** Downloads by a process that is started for it, as cold as a node that was just started. */
export async function downloadAfresh(task: DownloadTask): Promise<Download> {
  const program = fileURLToPath(new URL('./bare-loop.ts', import.meta.url));
  const child = fork(program, { execArgv: ['--import', 'tsx'] });
  const exit = once(child, 'exit');
  let done: Download | null = null;
  child.once('message', (message) => {
    done = message as Download;
  });
  child.send(task);
  const [code] = await exit;
  if (done === null) throw new Error(`the bare loop ended with exit code ${code}`);
  return done;
}

/** Posts the texts over as many connections as the node has, and throws the answers away. */
export async function download({ rpcUrl, bodies, manner }: DownloadTask): Promise<Download> {
  const { connections } = manner;
  const pool = new HttpPool(rpcUrl, { connections, headersTimeout: 0, bodyTimeout: 0 });
  const headers = { 'content-type': 'application/json' };
  let bytes = 0;
  let next = 0;
  const post = (body: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const handler: Dispatcher.DispatchHandler = {
        onRequestStart: () => {},
        onResponseStart: () => {},
        onResponseData: (_, chunk) => {
          bytes += chunk.length;
        },
        onResponseEnd: () => resolve(),
        onResponseError: (_, error) => reject(error),
      };
      pool.dispatch({ method: 'POST', path: '/', headers, body }, handler);
    });
  const work = async (): Promise<void> => {
    for (let body = bodies[next++]; body !== undefined; body = bodies[next++]) await post(body);
  };
  const startMs = systemClock.monotonicMs();
  await Promise.all(Array.from({ length: connections }, work));
  const durationMs = systemClock.monotonicMs() - startMs;
  await pool.destroy();
  return { durationMs, bytes };
}
