import type { Hash160 } from '../base/hash.js';
import { contractRead } from '../chain/contract-read.js';
import { readFiguresAt } from '../chain/figures.js';
import { CONTRACT_MANAGEMENT } from '../chain/native-contracts.js';
import type { Rpc, RpcOptions } from '../chain/rpc.js';
import { utf8 } from '../chain/script.js';
import { asInteger } from '../chain/stack-item-values.js';
import { firstDifference } from '../gasbank/first-difference.js';
import { startTooLate } from '../pipeline/start-too-late.js';

/**
 * Before books begin: throws a NodeError GATEWAY_START_TOO_LATE when the gateway was there before
 * `startBlock`, where an endpoint keeps the state of that time. Where none does, the books find out
 * by what is missing in them.
 */
export async function requireStartInTime(
  rpc: Rpc,
  gateway: Hash160,
  startBlock: number,
  options: RpcOptions,
): Promise<void> {
  if (startBlock === 0) return;
  const isThere = contractRead(
    CONTRACT_MANAGEMENT,
    'hasMethod',
    [gateway, utf8('version'), 0],
    asInteger,
  );
  const isMissingAt = async (height: number): Promise<boolean | null> => {
    const read = await readFiguresAt(rpc, height, [isThere], options);
    return read === null ? null : read[0] === 0n;
  };
  if ((await isMissingAt(startBlock - 1)) !== false) return;
  const known = { agreedBlock: null, firstBlock: startBlock - 1 };
  const { agreedBlock, firstBlock } = await firstDifference(known, 0, isMissingAt);
  const isFound = agreedBlock === firstBlock - 1;
  const where = isFound ? `it was deployed in block ${firstBlock}` : 'it was there before';
  throw startTooLate(`${startBlock}, but ${where}`, isFound ? firstBlock : null);
}
