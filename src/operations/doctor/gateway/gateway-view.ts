import type { Clock } from '../../../base/clock.js';
import type { Hash160 } from '../../../base/hash.js';
import { type ChainFacts, checkChain } from '../../../chain/chain-check.js';
import { readTogether } from '../../../chain/contract-read.js';
import { type GatewayKeys, readGatewayKeys } from '../../../chain/gateway-keys.js';
import {
  type GatewayPolicy,
  gatewayReads,
  type ProposedUpdate,
} from '../../../chain/gateway-reads.js';
import type { Rpc } from '../../../chain/rpc.js';
import { createRpcPool } from '../../../chain/rpc-pool.js';
import type { NodeConfig } from '../../../config/node-config.js';
import { silentLog } from '../../../telemetry/log.js';
import { once } from '../finding.js';

/** What the chain tells of the gateway; each is asked once, and rejects as `checkChain` does. */
export interface GatewayView {
  readonly rpc: Rpc;
  facts(): Promise<ChainFacts>;
  keys(): Promise<GatewayKeys>;
  terms(): Promise<{ readonly policy: GatewayPolicy; readonly update: ProposedUpdate | null }>;
  close(): void;
}

/** The account that the node will sign as; rejects where the wallet cannot be read. */
export type FindAccount = () => Promise<Hash160>;

export const NO_ACCOUNT =
  'gateway or wallet were not read: see gateway.contract, files.wallet.file';
export const UNREAD = 'the gateway was not read: see gateway.contract';

/** Reads by whichever endpoint of the network answers, as the node does. */
export function openGatewayView(
  { network, gateway }: Pick<NodeConfig, 'network' | 'gateway'>,
  clock: Clock,
): GatewayView {
  const { magic } = network;
  const rpc = createRpcPool({
    urls: network.rpcUrls,
    magic,
    clock,
    log: silentLog,
    timeoutMs: network.requestTimeoutMs,
    maxConnections: network.connectionsPerEndpoint,
    maxLagBlocks: network.lagToleranceBlocks,
  });
  const facts = once(() => checkChain(rpc, { magic, gateway: gateway.hash }));
  const reads = gatewayReads(gateway.hash);
  return {
    rpc,
    facts,
    keys: once(async () => {
      await facts();
      return readGatewayKeys(rpc, gateway.hash);
    }),
    terms: once(async () => {
      await facts();
      const { values } = await readTogether(rpc, [reads.policy(), reads.proposedUpdate()]);
      return { policy: values[0], update: values[1] };
    }),
    close: () => rpc.stop(),
  };
}
