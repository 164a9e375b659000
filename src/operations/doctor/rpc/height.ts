import type { Clock } from '../../../base/clock.js';
import { type RawHeader, readRawHeader } from '../../../chain/raw-header.js';
import type { Rpc, RpcOptions } from '../../../chain/rpc.js';
import { rpcText } from '../../../chain/rpc-fields.js';
import type { NodeConfig } from '../../../config/node-config.js';
import { type Check, check, failForNow, given, ok, warning } from '../finding.js';
import { type Endpoint, readHeight } from './endpoint.js';

export const UNREACHED = 'the endpoint does not answer: see rpc.reachable';

/**
 * How far an endpoint is behind the best, and how old its latest block is. Its height is asked
 * again after that of the best was known, so that no block in between counts as a lag.
 */
export const heightCheck = (
  endpoint: Endpoint,
  all: readonly Endpoint[],
  { network }: Pick<NodeConfig, 'network'>,
  clock: Clock,
): Check =>
  check(
    'rpc.height',
    (signal) =>
      given(endpoint.facts(), UNREACHED, async () => {
        const best = await bestHeight(all, network.magic);
        const height = await readHeight(endpoint.rpc, { signal });
        const { timeMs } = await readHeader(endpoint.rpc, height, { signal });
        const [lag, ageMs] = [best - height, clock.nowMs() - timeMs];
        if (lag > network.lagToleranceBlocks) return lagging(height, lag, network);
        if (ageMs > network.stallAfterMs) return stale(height, ageMs, network);
        const behind = lag > 0 ? `${lag} behind the best` : 'not behind the others';
        return ok(`block ${height}, ${secondsText(ageMs)} old, ${behind}`);
      }),
    endpoint.label,
  );

/** The highest block that any endpoint of the network tells of. */
async function bestHeight(all: readonly Endpoint[], magic: number): Promise<number> {
  const heights = await Promise.all(
    all.map((each) =>
      each.facts().then(
        (facts) => (facts.magic === magic ? facts.height : 0),
        () => 0,
      ),
    ),
  );
  return Math.max(...heights);
}

export async function readHeader(rpc: Rpc, index: number, options: RpcOptions): Promise<RawHeader> {
  const answer = await rpc.call('getblockheader', [index, false], options);
  return readRawHeader(Buffer.from(rpcText(answer, 'getblockheader'), 'base64'));
}

type Network = NodeConfig['network'];

const lagging = (height: number, lag: number, { lagToleranceBlocks }: Network) =>
  warning({
    expected: `at most ${lagToleranceBlocks} blocks behind the best (network.lagTolerance)`,
    found: `block ${height}, ${lag} behind`,
    fix: 'Wait until it has caught up: the node leaves it until then. Else name another endpoint.',
  });

const stale = (height: number, ageMs: number, { stallAfterMs }: Network) =>
  failForNow({
    expected: `a latest block of the last ${secondsText(stallAfterMs)} (network.stallAfter)`,
    found: `block ${height}, ${secondsText(ageMs)} old by this machine's clock`,
    fix: 'Look whether the network makes blocks, whether the endpoint follows, and at host.clock.',
  });

const secondsText = (ms: number): string => `${Math.round(ms / 1_000)} s`;
