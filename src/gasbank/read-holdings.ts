import type { Hash160 } from '../base/hash.js';
import { contractRead, readTogether } from '../chain/contract-read.js';
import { gatewayReads } from '../chain/gateway-reads.js';
import { GAS_TOKEN } from '../chain/native-contracts.js';
import type { Rpc, RpcOptions } from '../chain/rpc.js';
import { asInteger } from '../chain/stack-item-values.js';
import type { Holdings } from './order.js';

/** Reads what an account has, in one exchange. Rejects as `readTogether` does. */
export async function readHoldings(
  rpc: Rpc,
  gateway: Hash160,
  account: Hash160,
  options: RpcOptions = {},
): Promise<Holdings> {
  const reads = gatewayReads(gateway);
  const figures = [
    contractRead(GAS_TOKEN, 'balanceOf', [account], asInteger),
    reads.creditOf(account),
    reads.reservedOf(account),
    reads.earnedOf(account),
    reads.nodeAccount(),
    reads.isPaused(),
  ] as const;
  const { height, values } = await readTogether(rpc, figures, options);
  const [gas, credit, reserved, earned, nodeAccount, isPaused] = values;
  return { height, gas, credit, reserved, earned, nodeAccount, isPaused };
}
