import type { Clock } from '../base/clock.js';
import type { Hash160 } from '../base/hash.js';
import { NodeError } from '../base/node-error.js';
import { signatureScript } from '../chain/verification-script.js';
import type { NodeConfig } from '../config/node-config.js';

/** A key for its length: what a witness costs does not depend on which it is. */
export const SOME_KEY = Buffer.concat([Buffer.from([2]), Buffer.alloc(32, 1)]);

/**
 * What verifies the node account's witness, for its price: that of the wallet, where it is here and
 * holds this account, else that of one key. The chain does not tell of a multisignature.
 */
export async function witnessOfNode(
  config: NodeConfig,
  account: Hash160,
  clock: Clock,
): Promise<Buffer> {
  try {
    const { withKeys } = await import('../node/open-keys.js');
    const held = await withKeys(config, clock, (keys) => keys.accounts());
    const found = held.find((each) => each.account === account);
    return found?.verificationScript ?? signatureScript(SOME_KEY);
  } catch (error) {
    if (error instanceof NodeError) return signatureScript(SOME_KEY);
    throw error;
  }
}
