import type { Clock } from '../../../base/clock.js';
import { createRpcClient, type Rpc, type RpcOptions } from '../../../chain/rpc.js';
import { rpcCount, rpcObject, rpcText } from '../../../chain/rpc-fields.js';
import { createHttpPoster } from '../../../chain/rpc-http.js';
import { endpointLabels } from '../../../chain/rpc-pool.js';
import type { NodeConfig } from '../../../config/node-config.js';
import { once } from '../finding.js';

/** What an endpoint tells of itself; null where it does not tell. */
export interface EndpointFacts {
  readonly magic: number;
  /** E.g. /NEO-GO:0.120.0/. */
  readonly userAgent: string;
  readonly msPerBlock: number | null;
  readonly maxTraceableBlocks: number | null;
  readonly maxTransactionsPerBlock: number | null;
  /** Index of its latest block. */
  readonly height: number;
  /** The median of a few calls on a connection that is open. */
  readonly latencyMs: number;
}

/** When the server answered by its own clock, and by ours, in milliseconds since 1970. */
export interface ServerTime {
  /** Of whole seconds. */
  readonly serverMs: number;
  readonly sentMs: number;
  readonly receivedMs: number;
}

export interface Endpoint {
  readonly url: string;
  /** Scheme, host and port; never the path, which may hold a key. */
  readonly label: string;
  readonly rpc: Rpc;
  /** Asked once. Rejects as `Rpc` does. */
  facts(): Promise<EndpointFacts>;
  /** Null where its answers bear no date. */
  serverTime(): Promise<ServerTime | null>;
  close(): void;
}

const MEASURED_CALLS = 5;
const MAX_ANSWER_BYTES = 1_048_576;

/** The configured endpoints, each by itself: what one tells is held against the others. */
export function openEndpoints({ network }: Pick<NodeConfig, 'network'>, clock: Clock): Endpoint[] {
  const { requestTimeoutMs: timeoutMs, batchSize: batchCalls } = network;
  const clients = network.rpcUrls.map((url) =>
    createRpcClient({ url, clock, timeoutMs, batchCalls }),
  );
  const labels = endpointLabels(clients);
  return network.rpcUrls.map((url, at) => {
    const rpc = clients[at] as (typeof clients)[number];
    return {
      url,
      label: labels[at] as string,
      rpc,
      facts: once(() => readFacts(rpc, clock)),
      serverTime: once(() => readServerTime(url, clock, timeoutMs)),
      close: () => rpc.close(),
    };
  });
}

async function readFacts(rpc: Rpc, clock: Clock): Promise<EndpointFacts> {
  const version = rpcObject(await rpc.call('getversion'), 'getversion');
  const protocol = rpcObject(version.protocol, 'getversion.protocol');
  const optional = (field: string): number | null =>
    protocol[field] === undefined ? null : rpcCount(protocol[field], `${field} of getversion`);
  const latencies: number[] = [];
  let height = 0;
  for (let called = 0; called < MEASURED_CALLS; called++) {
    const beganMs = clock.monotonicMs();
    height = await readHeight(rpc);
    latencies.push(clock.monotonicMs() - beganMs);
  }
  return {
    magic: rpcCount(protocol.network, 'network of getversion'),
    userAgent: rpcText(version.useragent ?? '', 'useragent of getversion'),
    msPerBlock: optional('msperblock'),
    maxTraceableBlocks: optional('maxtraceableblocks'),
    maxTransactionsPerBlock: optional('maxtransactionsperblock'),
    height,
    latencyMs: latencies.sort((a, b) => a - b)[Math.floor(MEASURED_CALLS / 2)] as number,
  };
}

/** Index of the latest block. */
export const readHeight = async (rpc: Rpc, options: RpcOptions = {}): Promise<number> =>
  rpcCount(await rpc.call('getblockcount', [], options), 'getblockcount') - 1;

async function readServerTime(
  url: string,
  clock: Clock,
  timeoutMs: number,
): Promise<ServerTime | null> {
  const poster = createHttpPoster(url, 1, clock);
  const limits = { timeoutMs, maxResponseBytes: MAX_ANSWER_BYTES };
  const call = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'getblockcount', params: [] });
  try {
    const sentMs = clock.nowMs();
    const { date } = await poster.post(() => call, limits);
    const serverMs = date === null ? Number.NaN : Date.parse(date);
    return Number.isNaN(serverMs) ? null : { serverMs, sentMs, receivedMs: clock.nowMs() };
  } finally {
    poster.close();
  }
}
