import type { Clock } from '../base/clock.js';
import type { Log } from '../telemetry/log.js';
import type { BackOff } from './back-off.js';
import type { RpcClient } from './rpc.js';
import { createRpcEndpoint, type RpcEndpoint } from './rpc-endpoint.js';

/** An endpoint that is probed now and then. */
export interface WatchedEndpoint {
  readonly endpoint: RpcEndpoint;
  /** Resolves once it was asked for the first time. */
  readonly proven: Promise<void>;
  /** Probes now and then, until the end. */
  run(afterProbe: () => void): Promise<void>;
}

export interface WatchOptions {
  readonly client: RpcClient;
  readonly label: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly magic: number | null;
  readonly probeEveryMs: number;
  readonly probeTimeoutMs: number;
  readonly backOff: BackOff;
  readonly maxLagBlocks: number;
}

/**
 * Watches an endpoint until the signal: probes it at a steady interval while it is well, and after
 * its back-off once it failed. Logs when it is left and when it is used again.
 */
export function watchEndpoint(options: WatchOptions, stop: AbortSignal): WatchedEndpoint {
  let nap = new AbortController();
  stop.addEventListener('abort', () => nap.abort(), { once: true });
  const { log, clock, label } = options;
  const endpoint = createRpcEndpoint({
    ...options,
    onChange: ({ state, reason, height }) => {
      nap.abort();
      if (state === 'up') log.info('rpc endpoint is used', { endpoint: label, height });
      else log.warn('rpc endpoint is left', { endpoint: label, state, reason, height });
    },
  });
  let prove: () => void = () => {};
  const proven = new Promise<void>((resolve) => {
    prove = resolve;
  });
  const rest = async (restMs: number): Promise<void> => {
    nap = new AbortController();
    if (!stop.aborted) await clock.sleep(restMs, nap.signal).catch(() => {});
  };
  const run: WatchedEndpoint['run'] = async (afterProbe) => {
    while (!stop.aborted) {
      await endpoint.probe();
      prove();
      afterProbe();
      const well = endpoint.state() === 'up' || endpoint.state() === 'lagging';
      await rest(well ? options.probeEveryMs : endpoint.backOffMs());
      // It failed during the nap: leave it alone for its back-off before it is asked again.
      if (well && endpoint.state() === 'down') await rest(endpoint.backOffMs());
    }
  };
  return { endpoint, proven, run };
}
