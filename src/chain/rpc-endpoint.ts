import type { Clock } from '../base/clock.js';
import { messageOf } from '../base/node-error.js';
import { type BackOff, backOffMs } from './back-off.js';
import { type RpcClient, unwrapResult } from './rpc.js';
import { rpcCount, rpcObject } from './rpc-fields.js';

/**
 * `unproven`: not yet asked. `up`: used. `down`: erred or stalled, left until a probe is answered.
 * `lagging`: answers, but its chain is behind. `wrongNetwork`: never used.
 */
export type EndpointState = 'unproven' | 'up' | 'down' | 'lagging' | 'wrongNetwork';

export interface EndpointHealth {
  /** Scheme, host and port; never the path, which may hold a key. */
  readonly endpoint: string;
  readonly state: EndpointState;
  /** Index of its latest block, as far as known. */
  readonly height: number | null;
  /** Why it is not up, else null. */
  readonly reason: string | null;
  /** Since when it is in this state, in milliseconds since 1970. */
  readonly sinceMs: number;
}

export interface EndpointOptions {
  readonly client: RpcClient;
  readonly label: string;
  readonly clock: Clock;
  /** The network that the endpoint must be of; null accepts any. */
  readonly magic: number | null;
  readonly probeTimeoutMs: number;
  readonly backOff: BackOff;
  readonly maxLagBlocks: number;
  readonly onChange: (health: EndpointHealth) => void;
}

/** An endpoint that stayed up for this long starts again with the shortest back-off. */
const STEADY_MS = 60_000;

/** One endpoint with what is known of its health. */
export type RpcEndpoint = ReturnType<typeof createRpcEndpoint>;

export function createRpcEndpoint(options: EndpointOptions) {
  const { client, label, clock, backOff, maxLagBlocks } = options;
  let state: EndpointState = 'unproven';
  let reason: string | null = null;
  let height: number | null = null;
  let sinceMs = clock.nowMs();
  let changedAt = clock.monotonicMs();
  let failures = 0;
  let trouble: unknown = null;
  let probing: Promise<void> | null = null;

  const health = (): EndpointHealth => ({ endpoint: label, state, height, reason, sinceMs });
  const become = (next: EndpointState, why: string | null): void => {
    reason = why;
    if (next === state) return;
    state = next;
    sinceMs = clock.nowMs();
    changedAt = clock.monotonicMs();
    options.onChange(health());
  };
  const failed = (thrown: unknown): void => {
    if (state === 'up' && clock.monotonicMs() - changedAt > STEADY_MS) failures = 0;
    failures += 1;
    trouble = thrown;
    become('down', messageOf(thrown));
  };
  const usable = (): boolean => state !== 'down' && state !== 'wrongNetwork';
  /** Of those that answer, the ones far behind the best are left until they have caught up. */
  const judgeLag = (best: number): void => {
    if (height === null || !usable()) return;
    const lag = best - height;
    if (lag > maxLagBlocks) become('lagging', `${lag} blocks behind, at ${height}`);
    else if (state === 'lagging' && lag <= 1) become('up', null);
  };
  const probeOnce = async (): Promise<void> => {
    try {
      const calls = [
        { method: 'getblockcount', params: [] },
        { method: 'getversion', params: [] },
      ];
      const results = await client.batch(calls, { timeoutMs: options.probeTimeoutMs });
      const [count, version] = results.map(unwrapResult);
      const protocol = rpcObject(rpcObject(version, 'getversion').protocol, 'getversion.protocol');
      const magic = rpcCount(protocol.network, 'network of getversion');
      if (options.magic !== null && magic !== options.magic) {
        failures += 1;
        become('wrongNetwork', `is of network ${magic} instead of ${options.magic}`);
        return;
      }
      height = rpcCount(count, 'getblockcount') - 1;
      if (state !== 'lagging') become('up', null);
    } catch (thrown) {
      failed(thrown);
    }
  };
  return {
    client,
    label,
    health,
    state: (): EndpointState => state,
    height: (): number | null => height,
    /** What failed last, whether or not it has recovered since. */
    trouble: (): unknown => trouble,
    /** How long to leave it alone before the next probe. */
    backOffMs: (): number => backOffMs(backOff, failures),
    observeHeight: (seen: number): void => {
      height = seen;
    },
    /** A call failed. Several at once are one failure. */
    failed: (thrown: unknown): void => {
      if (usable()) failed(thrown);
    },
    judgeLag,
    /** Asks for height and network. An answer brings a failed endpoint back. */
    probe: (): Promise<void> => {
      probing ??= probeOnce().finally(() => {
        probing = null;
      });
      return probing;
    },
  };
}
