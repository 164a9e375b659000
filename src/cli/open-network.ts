import type { Clock } from '../base/clock.js';
import { NodeError } from '../base/node-error.js';
import type { PolicyReader } from '../chain/policy.js';
import { rpcCount, rpcObject } from '../chain/rpc-fields.js';
import type { RpcPool } from '../chain/rpc-pool.js';
import type { NodeConfig } from '../config/node-config.js';
import { silentLog } from '../telemetry/log.js';
import type { ChainSettings } from './chain-options.js';

/** A network with its prices; nothing is known of a gateway on it. */
export interface OpenNetwork {
  readonly config: NodeConfig;
  readonly rpc: RpcPool;
  readonly policy: PolicyReader;
  close(): void;
}

/**
 * Connects to a network; `prove` is called before its prices are read. Throws a NodeError
 * CHAIN_WRONG_NETWORK, a RPC trouble, or what `prove` throws.
 */
export async function openNetwork(
  settings: ChainSettings,
  clock: Clock,
  prove: (rpc: RpcPool, magic: number) => Promise<void> = async () => {},
): Promise<OpenNetwork> {
  const { createRpcPool } = await import('../chain/rpc-pool.js');
  const { createFeePolicy } = await import('../chain/policy.js');
  const { network } = settings.config;
  const rpc = createRpcPool({
    urls: network.rpcUrls,
    magic: settings.magic ?? undefined,
    clock,
    log: silentLog,
    timeoutMs: network.requestTimeoutMs,
    maxConnections: network.connectionsPerEndpoint,
    maxLagBlocks: network.lagToleranceBlocks,
  });
  try {
    const magic = settings.magic ?? (await magicOf(rpc));
    await prove(rpc, magic);
    const policy = createFeePolicy(rpc);
    await policy.refresh();
    const config = { ...settings.config, network: { ...network, magic } };
    return { config, rpc, policy, close: () => rpc.stop() };
  } catch (error) {
    rpc.stop();
    throw error;
  }
}

async function magicOf(rpc: RpcPool): Promise<number> {
  const version = rpcObject(await rpc.call('getversion'), 'getversion');
  const { network } = rpcObject(version.protocol, 'getversion.protocol');
  const magic = rpcCount(network, 'network of getversion');
  if (magic > 0) return magic;
  throw new NodeError('CHAIN_WRONG_NETWORK', 'the RPC endpoint is of no network', {
    hint: 'name another endpoint',
  });
}
