import { isRpcError, type Rpc, RpcCode, type RpcOptions } from '../../../chain/rpc.js';
import { rpcHash256 } from '../../../chain/rpc-fields.js';
import type { NodeConfig } from '../../../config/node-config.js';
import { type Check, check, fail, given, ok, skipped } from '../finding.js';
import type { Endpoint } from './endpoint.js';
import { UNREACHED } from './height.js';

/**
 * Whether it tells how transactions ended, by a call that C# nodes have with a plug-in only, which
 * knows blocks from its installation on. `firstBlock` is where a new database begins; null where
 * one has begun.
 */
export const applicationLogCheck = (endpoint: Endpoint, firstBlock: number | null): Check =>
  check(
    'rpc.application-logs',
    (signal) =>
      given(endpoint.facts(), UNREACHED, async ({ height }) => {
        for (const index of firstBlock === null ? [height] : [height, Math.min(firstBlock, height)])
          if (!(await hasLog(endpoint.rpc, index, { signal }))) return noLogs(index);
        const since = firstBlock === null ? '' : `, and of block ${firstBlock}`;
        return ok(`of the latest block${since}`);
      }),
    endpoint.label,
  );

async function hasLog(rpc: Rpc, index: number, options: RpcOptions): Promise<boolean> {
  try {
    const hash = rpcHash256(await rpc.call('getblockhash', [index], options), 'getblockhash');
    await rpc.call('getapplicationlog', [hash], options);
    return true;
  } catch (error) {
    // Whatever it answers instead, it has none.
    if (isRpcError(error)) return false;
    throw error;
  }
}

const noLogs = (index: number) =>
  fail({
    expected: 'getapplicationlog of each block that the node reads',
    found: `none of block ${index}`,
    fix:
      'On a C# node install the plug-in ApplicationLogs, and let it read the chain anew; else ' +
      'name another endpoint.',
  });

/** neo-go's call for the events of one contract. Without it blocks are read whole. */
export const notificationsCheck = (
  endpoint: Endpoint,
  { network, gateway }: Pick<NodeConfig, 'network' | 'gateway'>,
): Check =>
  check(
    'rpc.notifications',
    (signal) =>
      given(endpoint.facts(), UNREACHED, async ({ height }) => {
        if (network.dialect === 'portable') return skipped('network.dialect is portable');
        const filter = { contract: gateway.hash };
        try {
          await endpoint.rpc.call('getblocknotifications', [height, filter], { signal });
          return ok('getblocknotifications: blocks are read by the fast path');
        } catch (error) {
          if (!isRpcError(error, RpcCode.MethodNotFound)) throw error;
          return ok('no getblocknotifications: blocks are read by the portable path, slower');
        }
      }),
    endpoint.label,
  );
