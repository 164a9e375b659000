import { type Hash160, hash160ToAddress } from '../base/hash.js';
import type { ChainFacts } from '../chain/chain-check.js';

/** A sentence for the operator when this node's answers would be refused; null when all is well. */
export function accountTrouble(
  { nodeAccount, overlap }: ChainFacts,
  own: Hash160,
  height: number,
): string | null {
  // An overlap ends without an event: answers go into the block after this height.
  const overlaps = overlap !== null && overlap.account === own && height < overlap.until;
  if (nodeAccount === own || overlaps) return null;
  const theirs = nodeAccount === null ? 'nobody' : hash160ToAddress(nodeAccount);
  return `the gateway takes answers from ${theirs}, this node signs as ${hash160ToAddress(own)}`;
}
