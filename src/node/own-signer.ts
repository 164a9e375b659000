import { type Hash160, hash160ToAddress } from '../base/hash.js';
import { messageOf, NodeError } from '../base/node-error.js';
import type { ChainFacts } from '../chain/chain-check.js';
import type { Signer } from '../chain/signer.js';
import type { KeyHolder } from '../keystore/key-holder.js';
import type { Log } from '../telemetry/log.js';

/**
 * The signer of the account that the gateway takes answers from, where its key is held: so a node
 * finds by itself which of its keys is in use. Null where it is not held, or is `present` already.
 * What is in its way is logged: the present account may still answer for a while.
 */
export async function signerOfGateway(
  { keys, log }: { readonly keys: KeyHolder; readonly log: Log },
  { nodeAccount }: Pick<ChainFacts, 'nodeAccount'>,
  present: Hash160,
): Promise<Signer | null> {
  if (nodeAccount === null || nodeAccount === present) return null;
  try {
    const held = await keys.accounts();
    if (!held.some(({ account }) => account === nodeAccount)) return null;
    return await keys.open(nodeAccount);
  } catch (error) {
    if (!(error instanceof NodeError)) throw error;
    const account = hash160ToAddress(nodeAccount);
    log.warn("the gateway's node account cannot be opened", { account, reason: messageOf(error) });
    return null;
  }
}
