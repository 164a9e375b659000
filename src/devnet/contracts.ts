import type { Datoshi } from '../base/datoshi.js';
import type { Hash160 } from '../base/hash.js';
import { type CompiledContract, readCompiled as readContract } from '../chain/compiled-contract.js';
import { contractHash, deployScript } from '../chain/deploy.js';
import { assertScript, callScript, type ScriptArg } from '../chain/script.js';
import type { DevnetAccount } from './account.js';
import type { AppliedTransaction, PrivateChain } from './private-chain.js';
import { GAS_TOKEN } from './private-network.js';

export { type CompiledContract, readContract };

/** A gateway and its executor. */
export interface DeployedGateway {
  readonly gateway: Hash160;
  readonly executor: Hash160;
}

/** Deploys contracts in one block, in any order. Throws what a deployment faults with. */
export async function deployContracts(
  chain: PrivateChain,
  owner: DevnetAccount,
  contracts: readonly { readonly contract: CompiledContract; readonly data?: ScriptArg }[],
): Promise<Hash160[]> {
  const sent = await Promise.all(
    contracts.map(({ contract, data }) =>
      chain.send(owner, deployScript(contract.nef, contract.manifest, data ?? null)),
    ),
  );
  for (const hash of sent)
    requireHalt(await chain.applied(hash), 'a contract could not be deployed');
  return contracts.map(({ contract }) => contractHash(owner.hash, contract.nef, contract.manifest));
}

/**
 * Deploys a gateway with its executor; `owner` pays and becomes the gateway's owner. The hashes
 * depend on the owner, so that one who deploys a gateway of the same code again gets a fault.
 */
export async function deployGateway(
  chain: PrivateChain,
  owner: DevnetAccount,
  nodeAccount: Hash160,
): Promise<DeployedGateway> {
  const [gateway, executor] = await Promise.all([
    readContract('gateway'),
    readContract('executor'),
  ]);
  const hashes = hashesOf(owner, gateway, executor);
  await deployContracts(chain, owner, [
    { contract: gateway, data: [owner.hash, nodeAccount, hashes.executor] },
    { contract: executor, data: hashes.gateway },
  ]);
  return hashes;
}

/** The hashes that a gateway of this owner and its executor have, deployed or not. */
export async function gatewayHashes(owner: DevnetAccount): Promise<DeployedGateway> {
  return hashesOf(owner, await readContract('gateway'), await readContract('executor'));
}

const hashesOf = (
  owner: DevnetAccount,
  gateway: CompiledContract,
  executor: CompiledContract,
): DeployedGateway => ({
  gateway: contractHash(owner.hash, gateway.nef, gateway.manifest),
  executor: contractHash(owner.hash, executor.nef, executor.manifest),
});

/** Deploys the example consumer, which asks the given gateway. */
export async function deployConsumer(
  chain: PrivateChain,
  owner: DevnetAccount,
  gateway: Hash160,
): Promise<Hash160> {
  const contract = await readContract('consumer');
  const [hash] = await deployContracts(chain, owner, [{ contract, data: gateway }]);
  if (hash === undefined) throw new Error('bug: no contract was deployed');
  return hash;
}

/** Pays GAS into an account's credit at a gateway. */
export async function depositCredit(
  chain: PrivateChain,
  payer: DevnetAccount,
  gateway: Hash160,
  account: Hash160,
  amount: Datoshi,
): Promise<void> {
  const args = [payer.hash, gateway, amount, account];
  const script = assertScript(callScript(GAS_TOKEN, 'transfer', args));
  requireHalt(await chain.applied(await chain.send(payer, script)), 'the credit was not accepted');
}

function requireHalt({ state, exception }: AppliedTransaction, failure: string): void {
  if (state === 'FAULT') throw new Error(`${failure}: ${exception}`);
}
