import type { Clock } from '../base/clock.js';
import { isRetryable, NodeError } from '../base/node-error.js';
import type { Log } from '../telemetry/log.js';
import { abortable } from './abortable.js';
import type { BackOff } from './back-off.js';
import { type WatchedEndpoint, watchEndpoint } from './endpoint-watch.js';
import {
  createRpcClient,
  isRpcError,
  isRpcTrouble,
  type Rpc,
  type RpcClient,
  type RpcOptions,
} from './rpc.js';
import type { EndpointHealth, EndpointState, RpcEndpoint } from './rpc-endpoint.js';
import type { ConnectRpc } from './rpc-http.js';

export type { EndpointHealth, EndpointState } from './rpc-endpoint.js';

export interface RpcPoolOptions {
  /** In order of preference. */
  readonly urls: readonly string[];
  /** How each is reached; default HTTP. */
  readonly connect?: ConnectRpc;
  /** The network that every endpoint must be of; one of another is never used. */
  readonly magic?: number | undefined;
  readonly clock: Clock;
  readonly log: Log;
  /** Bound of one exchange, after which another endpoint is asked. */
  readonly timeoutMs?: number;
  readonly maxResponseBytes?: number;
  /** Connections to each endpoint. */
  readonly maxConnections?: number;
  /** Calls in one exchange, at most 100. */
  readonly batchCalls?: number;
  /** How often each endpoint's height is looked at. */
  readonly probeEveryMs?: number;
  readonly probeTimeoutMs?: number;
  /** How long a failed endpoint is left alone. */
  readonly backOff?: BackOff;
  /** An endpoint further behind the best height is left until it has caught up. */
  readonly maxLagBlocks?: number;
  /** Each exchange, for metrics. */
  readonly onExchange?: (exchange: RpcExchange) => void;
}

export interface RpcExchange {
  readonly endpoint: string;
  /** The method, or `batch`. */
  readonly method: string;
  readonly calls: number;
  readonly durationMs: number;
  /** `ok`, `error` for an error that was answered, or the code of a RpcTrouble. */
  readonly outcome: string;
}

export interface RpcPool extends Rpc {
  health(): EndpointHealth[];
  /** Index of the latest block that any endpoint told of, or null before the first answer. */
  bestHeight(): number | null;
  /** Every endpoint by itself, well or not, in order of preference. */
  readonly clients: readonly Rpc[];
  /** Ends probes and connections. */
  stop(): void;
}

export const DEFAULT_POOL_TIMEOUT_MS = 5_000;
export const DEFAULT_PROBE_EVERY_MS = 5_000;
export const DEFAULT_PROBE_TIMEOUT_MS = 3_000;
export const DEFAULT_MAX_LAG_BLOCKS = 3;
const DEFAULT_BACK_OFF: BackOff = { firstMs: 250, maxMs: 30_000 };

/**
 * Asks the first endpoint that is up. One that errs, stalls or lags is left, and the call goes to
 * the next, until probes find it well again. With `minHeight` only an endpoint that has that block
 * answers; if there is none, a retryable NodeError RPC_ENDPOINTS_BEHIND tells the heights.
 */
export function createRpcPool(options: RpcPoolOptions): RpcPool {
  const { clock } = options;
  const stopping = new AbortController();
  const clients = options.urls.map((url) =>
    createRpcClient({ ...clientOptions(options), url, clock }),
  );
  if (clients.length === 0) {
    throw new NodeError('RPC_NO_ENDPOINT', 'no RPC endpoint is configured', {
      hint: 'Name at least one in network.rpc.',
    });
  }
  const watchers = endpointLabels(clients).map((label, at) =>
    watchEndpoint(
      {
        client: clients[at] as RpcClient,
        label,
        clock,
        log: options.log,
        magic: options.magic ?? null,
        probeEveryMs: options.probeEveryMs ?? DEFAULT_PROBE_EVERY_MS,
        probeTimeoutMs: options.probeTimeoutMs ?? DEFAULT_PROBE_TIMEOUT_MS,
        backOff: options.backOff ?? DEFAULT_BACK_OFF,
        maxLagBlocks: options.maxLagBlocks ?? DEFAULT_MAX_LAG_BLOCKS,
      },
      stopping.signal,
    ),
  );
  const endpoints = watchers.map(({ endpoint }) => endpoint);
  const bestHeight = (): number | null => {
    const heights = endpoints.map((each) => each.height()).filter((height) => height !== null);
    return heights.length === 0 ? null : Math.max(...heights);
  };
  const judge = (): void => {
    const best = bestHeight();
    if (best !== null) for (const endpoint of endpoints) endpoint.judgeLag(best);
  };
  for (const watcher of watchers) void watcher.run(judge);

  const observe = (endpoint: RpcEndpoint, height: unknown): void => {
    if (!Number.isSafeInteger(height)) return;
    endpoint.observeHeight((height as number) - 1);
    judge();
  };
  const ask = createAsk(options, watchers, stopping.signal);
  return {
    call: (method, params = [], asked = {}) =>
      ask(method, 1, asked, async (endpoint, limits) => {
        const result = await endpoint.client.call(method, params, limits);
        if (method === 'getblockcount') observe(endpoint, result);
        return result as never;
      }),
    batch: (calls, asked = {}) => {
      if (calls.length === 0) return Promise.resolve([]);
      return ask('batch', calls.length, asked, async (endpoint, limits) => {
        const results = await endpoint.client.batch(calls, limits);
        const at = calls.findIndex(({ method }) => method === 'getblockcount');
        const count = results[at];
        if (count?.ok) observe(endpoint, count.result);
        return results;
      });
    },
    health: () => endpoints.map((endpoint) => endpoint.health()),
    bestHeight,
    clients,
    stop: () => {
      stopping.abort(new NodeError('RPC_STOPPED', 'the RPC connections were closed'));
      for (const client of clients) client.close();
    },
  };
}

/** What the options say of a client, absent where they say nothing. */
function clientOptions(options: RpcPoolOptions) {
  const { connect, maxResponseBytes, maxConnections, batchCalls } = options;
  return {
    ...(connect === undefined ? {} : { connect }),
    ...(maxResponseBytes === undefined ? {} : { maxResponseBytes }),
    ...(maxConnections === undefined ? {} : { maxConnections }),
    ...(batchCalls === undefined ? {} : { batchCalls }),
  };
}

type Run<T> = (endpoint: RpcEndpoint, limits: RpcOptions) => Promise<T>;

/** Tries one endpoint after another, best first, each at most once. */
function createAsk(
  options: RpcPoolOptions,
  watchers: readonly WatchedEndpoint[],
  stop: AbortSignal,
) {
  const { clock, onExchange } = options;

  async function exchange<T>(
    endpoint: RpcEndpoint,
    method: string,
    calls: number,
    limits: RpcOptions,
    run: Run<T>,
  ): Promise<T> {
    const startMs = clock.monotonicMs();
    const report = (outcome: string): void => {
      const durationMs = clock.monotonicMs() - startMs;
      onExchange?.({ endpoint: endpoint.label, method, calls, durationMs, outcome });
    };
    try {
      const result = await run(endpoint, limits);
      report('ok');
      return result;
    } catch (thrown) {
      report(isRpcError(thrown) ? 'error' : isRpcTrouble(thrown) ? thrown.code : 'aborted');
      throw thrown;
    }
  }

  return async function ask<T>(
    method: string,
    calls: number,
    asked: RpcOptions,
    run: Run<T>,
  ): Promise<T> {
    const { signal, givesWay } = asked;
    const timeoutMs = asked.timeoutMs ?? options.timeoutMs ?? DEFAULT_POOL_TIMEOUT_MS;
    const tried = new Set<RpcEndpoint>();
    let trouble: unknown;
    for (;;) {
      signal?.throwIfAborted();
      const endpoint = await pick(watchers, tried, asked.minHeight ?? null, signal);
      stop.throwIfAborted();
      if (endpoint === null) throw trouble ?? noneLeft(watchers, asked.minHeight);
      tried.add(endpoint);
      try {
        return await exchange(endpoint, method, calls, { timeoutMs, signal, givesWay }, run);
      } catch (thrown) {
        stop.throwIfAborted();
        if (!isRetryable(thrown)) throw thrown;
        if (isRpcTrouble(thrown)) endpoint.failed(thrown);
        trouble = thrown;
      }
    }
  };
}

/**
 * The endpoint to ask next: up and in order of preference; else one that lags; else, since any may
 * have recovered by now, what a fresh probe finds. Null when there is none left that may answer.
 */
async function pick(
  watchers: readonly WatchedEndpoint[],
  tried: ReadonlySet<RpcEndpoint>,
  minHeight: number | null,
  signal: AbortSignal | undefined,
): Promise<RpcEndpoint | null> {
  const left = watchers.filter(({ endpoint }) => !tried.has(endpoint));
  const fits = (endpoint: RpcEndpoint): boolean =>
    minHeight === null || (endpoint.height() ?? -1) >= minHeight;
  const among = (state: EndpointState): RpcEndpoint | undefined =>
    left.find(({ endpoint }) => endpoint.state() === state && fits(endpoint))?.endpoint;
  for (;;) {
    const found = among('up');
    if (found) return found;
    const unproven = left.filter(({ endpoint }) => endpoint.state() === 'unproven');
    if (unproven.length === 0) break;
    await abortable(Promise.race(unproven.map(({ proven }) => proven)), signal);
  }
  const lagging = among('lagging');
  if (lagging) return lagging;
  const usable = left.filter(({ endpoint }) => endpoint.state() !== 'wrongNetwork');
  // A probe that was under way may have looked too early: the second one did not.
  for (let round = minHeight === null ? 2 : 1; round <= 2; round++) {
    await abortable(Promise.all(usable.map(({ endpoint }) => endpoint.probe())), signal);
    const found = among('up') ?? among('lagging');
    if (found) return found;
  }
  return null;
}

/** Why no endpoint could be asked. */
function noneLeft(watchers: readonly WatchedEndpoint[], minHeight: number | undefined): unknown {
  const health = watchers.map(({ endpoint }) => endpoint.health());
  const details = { endpoints: health, minHeight };
  if (health.every(({ state }) => state === 'wrongNetwork')) {
    const found = health.map(({ endpoint, reason }) => `${endpoint} ${reason}`).join('; ');
    return new NodeError('RPC_WRONG_NETWORK', `no endpoint is of the network: ${found}`, {
      hint: 'Correct network.rpc or network.magic in the configuration.',
      details,
    });
  }
  const answering = health.some(({ state }) => state === 'up' || state === 'lagging');
  if (!answering) {
    const down = watchers.find(({ endpoint }) => endpoint.state() === 'down');
    return down?.endpoint.trouble();
  }
  const heights = health.map(({ endpoint, height }) => `${endpoint} ${height ?? 'unknown'}`);
  const message = `no endpoint has block ${minHeight} yet; heights: ${heights.join(', ')}`;
  return new NodeError('RPC_ENDPOINTS_BEHIND', message, { retryable: true, details });
}

/** Two URLs of one host are told apart by a number. */
export function endpointLabels(clients: readonly Pick<RpcClient, 'label'>[]): string[] {
  return clients.map(({ label }, at) => {
    const same = clients.slice(0, at).filter((other) => other.label === label).length;
    return same === 0 ? label : `${label}#${same + 1}`;
  });
}
