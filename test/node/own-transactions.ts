import type { Hash256 } from '../../src/base/hash.js';
import type { NodeFixture } from './node-fixture.js';
import type { RunningNode } from './running-node.js';

/** System and network fees of all that a node sent and that is in a block, read from the chain. */
export async function ownTransactions(
  { network }: Pick<NodeFixture, 'network'>,
  { db }: RunningNode,
): Promise<bigint> {
  const hashes = db
    .prepare("SELECT hash FROM sent_transaction WHERE state IN ('halted', 'faulted')")
    .all() as { hash: Hash256 }[];
  let fees = 0n;
  for (const { hash } of hashes) {
    const { systemFee, networkFee } = await network.applied(hash);
    fees += systemFee + networkFee;
  }
  return fees;
}
