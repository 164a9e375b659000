import type { Datoshi } from '../../src/base/datoshi.js';
import { POLICY_CONTRACT } from '../../src/chain/native-contracts.js';
import { readNetworkPolicy } from '../../src/chain/policy.js';
import { callScript } from '../../src/chain/script.js';
import type { Devnet } from '../devnet/devnet.js';

/** What the committee sets. */
export interface FeePolicy {
  readonly execFeeFactor: bigint;
  readonly feePerByte: Datoshi;
  readonly storagePrice: Datoshi;
}

/** Neo's defaults, which a private network has. */
export const DEFAULT_POLICY: FeePolicy = {
  execFeeFactor: 30n,
  feePerByte: 1_000n,
  storagePrice: 100_000n,
};

/** A tenth of them, about what the main network's committee voted for. */
export const TENTH_POLICY: FeePolicy = {
  execFeeFactor: 3n,
  feePerByte: 100n,
  storagePrice: 10_000n,
};

/** Networks with the hardfork Faun take the execution fee factor in 1e-4 datoshi. */
const PICO = 10_000n;

/** Has the committee, which holds some GAS, set the network's prices. Throws unless they are so. */
export async function setFeePolicy(devnet: Devnet, policy: FeePolicy): Promise<void> {
  const { committee, rpc } = devnet;
  const { execPicoFeeFactor } = await readNetworkPolicy(rpc);
  const factor = execPicoFeeFactor === null ? policy.execFeeFactor : policy.execFeeFactor * PICO;
  const calls = [
    callScript(POLICY_CONTRACT, 'setFeePerByte', [policy.feePerByte]),
    callScript(POLICY_CONTRACT, 'setStoragePrice', [policy.storagePrice]),
    callScript(POLICY_CONTRACT, 'setExecFeeFactor', [factor]),
  ];
  const done = await devnet.applied(await devnet.send(committee, Buffer.concat(calls)));
  if (done.state === 'FAULT') throw new Error(`the policy could not be set: ${done.exception}`);
  const { execFeeFactor, feePerByte, storagePrice } = await readNetworkPolicy(rpc);
  const isSet =
    execFeeFactor === policy.execFeeFactor &&
    feePerByte === policy.feePerByte &&
    storagePrice === policy.storagePrice;
  if (!isSet) throw new Error(`the policy is not the one that was set`);
}
