import type { Clock } from '../base/clock.js';
import { NodeError } from '../base/node-error.js';
import type { ChainFacts } from '../chain/chain-check.js';
import type { PolicyReader } from '../chain/policy.js';
import { rpcCount, rpcObject } from '../chain/rpc-fields.js';
import type { RpcPool } from '../chain/rpc-pool.js';
import type { NodeConfig } from '../config/node-config.js';
import { silentLog } from '../telemetry/log.js';
import type { ChainSettings } from './chain-options.js';

/** A chain that was proven to be the right one, with its prices. */
export interface OpenChain {
  readonly config: NodeConfig;
  readonly rpc: RpcPool;
  readonly facts: ChainFacts;
  readonly policy: PolicyReader;
  close(): void;
}

/**
 * Connects to the network and checks it and the gateway, as a node does at its start. Throws what
 * `checkChain` throws: CHAIN_WRONG_NETWORK, GATEWAY_MISSING and so on, or a RPC trouble.
 */
export async function openChain(settings: ChainSettings, clock: Clock): Promise<OpenChain> {
  const { createRpcPool } = await import('../chain/rpc-pool.js');
  const { checkChain } = await import('../chain/chain-check.js');
  const { createFeePolicy } = await import('../chain/policy.js');
  const { network, gateway } = settings.config;
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
    const facts = await checkChain(rpc, { magic, gateway: gateway.hash });
    const policy = createFeePolicy(rpc);
    await policy.refresh();
    const config = { ...settings.config, network: { ...network, magic } };
    return { config, rpc, facts, policy, close: () => rpc.stop() };
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
