import { type Hash160, hash160ToAddress } from '../base/hash.js';
import { NodeError } from '../base/node-error.js';
import { isRpcError, type Rpc, RpcCode } from '../chain/rpc.js';
import { rpcCount, rpcObject } from '../chain/rpc-fields.js';
import { CallFlags, callScript } from '../chain/script.js';
import { parseStackItems } from '../chain/stack-item.js';
import { asCount, asHash160OrNull } from '../chain/stack-item-values.js';

/** Versions of the gateway contract that this node works with. */
export const GATEWAY_VERSIONS = [1] as const;

export interface StartFacts {
  readonly gatewayVersion: number;
  /** Who may answer now; null after a revocation. */
  readonly nodeAccount: Hash160 | null;
}

/**
 * Proves, before anything is written, that the endpoints serve the configured network and that the
 * gateway is there in a version this node knows. Throws a NodeError that says what is wrong:
 * CHAIN_MAGIC, GATEWAY_MISSING, GATEWAY_VERSION; or rejects as `Rpc` does.
 */
export async function checkStart(rpc: Rpc, magic: number, gateway: Hash160): Promise<StartFacts> {
  const version = rpcObject(await rpc.call('getversion'), 'getversion');
  const found = rpcCount(rpcObject(version.protocol, 'protocol').network, 'network');
  if (found !== magic) {
    throw new NodeError(
      'CHAIN_MAGIC',
      `the RPC endpoint is of network ${found}, but network.magic is ${magic}`,
      { hint: 'correct network.magic, or network.rpc' },
    );
  }
  await refuseMissing(rpc, gateway);
  const script = Buffer.concat(
    ['version', 'nodeAccount'].map((method) => callScript(gateway, method, [], CallFlags.ReadOnly)),
  );
  const ran = rpcObject(
    await rpc.call('invokescript', [script.toString('base64'), []]),
    'the gateway',
  );
  const [versionItem, accountItem] =
    ran.state === 'HALT' ? parseStackItems(ran.stack, 'the gateway') : [];
  if (versionItem === undefined || accountItem === undefined) {
    throw wrongVersion(gateway, `it answers no version (${String(ran.exception)})`);
  }
  const gatewayVersion = asCount(versionItem, 'version');
  if (!GATEWAY_VERSIONS.some((known) => known === gatewayVersion)) {
    throw wrongVersion(gateway, `its version is ${gatewayVersion}`);
  }
  return { gatewayVersion, nodeAccount: asHash160OrNull(accountItem, 'nodeAccount') };
}

async function refuseMissing(rpc: Rpc, gateway: Hash160): Promise<void> {
  try {
    await rpc.call('getcontractstate', [gateway]);
  } catch (error) {
    if (!isRpcError(error, RpcCode.UnknownContract)) throw error;
    throw new NodeError('GATEWAY_MISSING', `no contract ${gateway} is deployed on this network`, {
      hint: 'correct gateway.hash: the hash that was printed when the gateway was deployed',
    });
  }
}

const wrongVersion = (gateway: Hash160, what: string): NodeError =>
  new NodeError(
    'GATEWAY_VERSION',
    `contract ${gateway} is no gateway that this node knows: ${what}, ` +
      `expected ${GATEWAY_VERSIONS.join(' or ')}`,
    { hint: 'correct gateway.hash, or run the version of dodona that fits the contract' },
  );

/** A sentence for the operator when answers of this account would be refused; null when all is well. */
export function accountTrouble(facts: StartFacts, own: Hash160): string | null {
  if (facts.nodeAccount === own) return null;
  const address = hash160ToAddress(own);
  const theirs = facts.nodeAccount === null ? 'nobody' : hash160ToAddress(facts.nodeAccount);
  return `the gateway takes answers from ${theirs}, this node signs as ${address}`;
}
