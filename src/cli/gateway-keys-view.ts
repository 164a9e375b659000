import { NodeError } from '../base/node-error.js';
import type { GatewayKeys } from '../chain/gateway-keys.js';
import type { ChainSettings } from './chain-options.js';
import type { CommandContext } from './command-context.js';
import { openChain } from './open-chain.js';

/** What the gateway says of keys, or why it could not be asked. */
export type GatewayKeysView =
  | { readonly chain: GatewayKeys; readonly problem: null }
  | { readonly chain: null; readonly problem: string };

/** Asks the gateway; what is here is worth showing without it, too. */
export async function viewGatewayKeys(
  settings: ChainSettings,
  { clock }: CommandContext,
): Promise<GatewayKeysView> {
  const { readGatewayKeys } = await import('../chain/gateway-keys.js');
  try {
    const chain = await openChain(settings, clock);
    try {
      const read = await readGatewayKeys(chain.rpc, settings.config.gateway.hash);
      return { chain: read, problem: null };
    } finally {
      chain.close();
    }
  } catch (error) {
    if (!(error instanceof NodeError)) throw error;
    return { chain: null, problem: error.message };
  }
}
