import type { Hash160 } from '../base/hash.js';
import { readCompiled } from './compiled-contract.js';
import { contractHash, deployScript } from './deploy.js';

/** A contract that is to be deployed. */
export interface DeployableContract {
  readonly name: 'gateway' | 'executor';
  /** It will have: by who sends the deployment, code and name. */
  readonly hash: Hash160;
  readonly script: Buffer;
}

/**
 * Gateway and executor as they are shipped, for an owner who sends their deployments. Each is told
 * of the other by its hash, which is known before it exists. Throws a NodeError CONTRACT_FILES.
 */
export async function gatewayContracts(
  owner: Hash160,
  nodeAccount: Hash160,
): Promise<{ readonly gateway: DeployableContract; readonly executor: DeployableContract }> {
  const [gateway, executor] = await Promise.all([
    readCompiled('gateway'),
    readCompiled('executor'),
  ]);
  const hashes = {
    gateway: contractHash(owner, gateway.nef, gateway.manifest),
    executor: contractHash(owner, executor.nef, executor.manifest),
  };
  const data = [owner, nodeAccount, hashes.executor];
  return {
    gateway: {
      name: 'gateway',
      hash: hashes.gateway,
      script: deployScript(gateway.nef, gateway.manifest, data),
    },
    executor: {
      name: 'executor',
      hash: hashes.executor,
      script: deployScript(executor.nef, executor.manifest, hashes.gateway),
    },
  };
}
