import type { Clock } from '../base/clock.js';
import type { ChainFacts } from '../chain/chain-check.js';
import type { ChainSettings } from './chain-options.js';
import { type OpenNetwork, openNetwork } from './open-network.js';

/** A chain that was proven to be the right one, with its prices. */
export interface OpenChain extends OpenNetwork {
  readonly facts: ChainFacts;
}

/**
 * Connects to the network and checks it and the gateway, as a node does at its start. Throws what
 * `checkChain` throws: CHAIN_WRONG_NETWORK, GATEWAY_MISSING and so on, or a RPC trouble.
 */
export async function openChain(settings: ChainSettings, clock: Clock): Promise<OpenChain> {
  const { checkChain } = await import('../chain/chain-check.js');
  const gateway = settings.config.gateway.hash;
  let facts: ChainFacts | null = null;
  const open = await openNetwork(settings, clock, async (rpc, magic) => {
    facts = await checkChain(rpc, { magic, gateway });
  });
  if (facts === null) throw new Error('bug: the chain was not checked');
  return { ...open, facts };
}
