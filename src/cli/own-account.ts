import type { Clock } from '../base/clock.js';
import type { Hash160 } from '../base/hash.js';
import { NodeError } from '../base/node-error.js';
import type { NodeConfig } from '../config/node-config.js';

/**
 * The account that the node signs with; null where its wallet's file is not here, and its signer
 * does not answer.
 */
export async function ownAccount(config: NodeConfig, clock: Clock): Promise<Hash160 | null> {
  const { configuredAccount } = await import('../node/open-keys.js');
  try {
    return await configuredAccount(config, clock);
  } catch (error) {
    if (error instanceof NodeError) return null;
    throw error;
  }
}
