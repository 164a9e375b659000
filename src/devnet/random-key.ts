import { randomBytes } from 'node:crypto';
import { readContract } from '../chain/contract-read.js';
import { gatewayCalls } from '../chain/gateway-calls.js';
import { gatewayReads } from '../chain/gateway-reads.js';
import type { NodeConfig } from '../config/node-config.js';
import type { ScryptCost } from '../keystore/random-keys.js';
import { openRandomKeys } from '../node/open-random.js';
import { possessionProof } from '../vrf/possession.js';
import type { SecretRandomKey } from '../vrf/prover.js';
import type { DevnetAccount } from './account.js';
import type { PrivateChain } from './private-chain.js';

/**
 * Gives a gateway without one its first random key, which the configured node then holds. `cost` is
 * what guessing its password takes; tests take little.
 */
export async function ensureRandomKey(
  chain: PrivateChain,
  owner: DevnetAccount,
  config: NodeConfig,
  cost?: ScryptCost,
): Promise<void> {
  const reads = gatewayReads(config.gateway.hash);
  const { publicKey } = await readContract(chain.rpc, reads.randomKey());
  if (publicKey === null) await changeRandomKey(chain, owner, config, cost);
}

/** Makes the node a further random key, and that the one of new requests; answers it. */
export async function changeRandomKey(
  chain: PrivateChain,
  owner: DevnetAccount,
  config: NodeConfig,
  cost?: ScryptCost,
): Promise<SecretRandomKey> {
  const gateway = config.gateway.hash;
  const key = await openRandomKeys(config, cost).add();
  const proof = possessionProof(gateway, key, randomBytes);
  const script = gatewayCalls(gateway).proposeRandomKey(key.publicKey, proof);
  const { state, exception } = await chain.applied(await chain.send(owner, script));
  if (state === 'FAULT') throw new Error(`the random key was not taken: ${exception}`);
  return key;
}
