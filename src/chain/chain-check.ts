import { shorten } from '../base/bytes.js';
import type { Hash160 } from '../base/hash.js';
import { NodeError } from '../base/node-error.js';
import { readTogether } from './contract-read.js';
import { type GatewayRandomKey, gatewayReads, type Overlap } from './gateway-reads.js';
import { isRpcError, type Rpc, RpcCode, type RpcOptions } from './rpc.js';
import { rpcCount, rpcList, rpcObject, rpcText } from './rpc-fields.js';

/** Version of the gateway's interface that this node speaks. */
export const GATEWAY_INTERFACE_VERSION = 1;

/** What is known of the chain at the start. */
export interface ChainFacts {
  readonly magic: number;
  /** What the endpoint says of its software, e.g. /NEO-GO:0.120.0/. */
  readonly userAgent: string;
  /** Time between blocks where the endpoint tells it, else null. */
  readonly blockMs: number | null;
  /** Index of the latest block when the gateway was read. */
  readonly height: number;
  readonly gatewayVersion: number;
  /** The account whose answers the gateway takes; null when revoked. */
  readonly nodeAccount: Hash160 | null;
  /** The account before it, while both may answer. */
  readonly overlap: Overlap | null;
  readonly isPaused: boolean;
  /** The key that new requests for random numbers are made under. */
  readonly randomKey: GatewayRandomKey;
}

/** Methods that tell a gateway from another contract that the configuration names by mistake. */
const GATEWAY_METHODS = ['version', 'respond', 'expire', 'requestHttp', 'nodeAccount', 'overlap'];

/**
 * Proves before any work that the endpoint is of the configured network, and that the configured
 * gateway is one that this node speaks with. Throws a NodeError that says what is wrong:
 * CHAIN_WRONG_NETWORK, GATEWAY_MISSING, GATEWAY_NOT_ONE or GATEWAY_WRONG_VERSION.
 */
export async function checkChain(
  rpc: Rpc,
  expected: { readonly magic: number; readonly gateway: Hash160 },
  options: RpcOptions = {},
): Promise<ChainFacts> {
  const version = rpcObject(await rpc.call('getversion', [], options), 'getversion');
  const protocol = rpcObject(version.protocol, 'getversion.protocol');
  const magic = rpcCount(protocol.network, 'network of getversion');
  if (magic !== expected.magic) throw wrongNetwork(magic, expected.magic);
  await checkContract(rpc, expected.gateway, options);
  const reads = gatewayReads(expected.gateway);
  const { height, values } = await readTogether(
    rpc,
    [reads.version(), reads.nodeAccount(), reads.overlap(), reads.isPaused(), reads.randomKey()],
    options,
  );
  const [gatewayVersion, nodeAccount, overlap, isPaused, randomKey] = values;
  if (gatewayVersion !== GATEWAY_INTERFACE_VERSION) throw wrongVersion(gatewayVersion);
  const blockMs = protocol.msperblock;
  return {
    magic,
    userAgent: typeof version.useragent === 'string' ? version.useragent : '',
    blockMs: typeof blockMs === 'number' ? blockMs : null,
    height,
    gatewayVersion,
    nodeAccount,
    overlap,
    isPaused,
    randomKey,
  };
}

async function checkContract(rpc: Rpc, gateway: Hash160, options: RpcOptions): Promise<void> {
  let contract: unknown;
  try {
    contract = await rpc.call('getcontractstate', [gateway], options);
  } catch (thrown) {
    if (isRpcError(thrown, RpcCode.UnknownContract, OLD_UNKNOWN)) throw missing(gateway, thrown);
    throw thrown;
  }
  const what = `manifest of ${gateway}`;
  const manifest = rpcObject(rpcObject(contract, 'getcontractstate').manifest, what);
  const abi = rpcObject(manifest.abi, `abi in the ${what}`);
  const methods = rpcList(abi.methods, `methods in the ${what}`).map(
    (method) => rpcObject(method, `a method in the ${what}`).name,
  );
  const lacking = GATEWAY_METHODS.filter((name) => !methods.includes(name));
  if (lacking.length === 0) return;
  const name = shorten(rpcText(manifest.name, `name in the ${what}`));
  throw new NodeError(
    'GATEWAY_NOT_ONE',
    `the contract ${gateway} (${name}) is no gateway: it has no method ${lacking.join(', ')}`,
    { hint: 'Correct gateway.hash in the configuration.', details: { gateway, lacking } },
  );
}

/** What C# nodes of before the common error codes answer for an unknown contract. */
const OLD_UNKNOWN = -100;

const wrongNetwork = (magic: number, expected: number): NodeError =>
  new NodeError(
    'CHAIN_WRONG_NETWORK',
    `the RPC endpoint is of network ${magic}, but the configuration names ${expected}`,
    {
      hint: 'Correct network.rpc or network.magic in the configuration.',
      details: { magic, expected },
    },
  );

const missing = (gateway: Hash160, cause: unknown): NodeError =>
  new NodeError('GATEWAY_MISSING', `there is no contract ${gateway} on this network`, {
    hint:
      'Correct gateway.hash in the configuration; if the contract was deployed just now, the ' +
      'endpoint may still be loading blocks.',
    cause,
    details: { gateway },
  });

const wrongVersion = (version: number): NodeError =>
  new NodeError(
    'GATEWAY_WRONG_VERSION',
    `the gateway is of version ${version}, but this node speaks ${GATEWAY_INTERFACE_VERSION}`,
    {
      hint: version > GATEWAY_INTERFACE_VERSION ? 'Update the node.' : 'Update the gateway.',
      details: { version, expected: GATEWAY_INTERFACE_VERSION },
    },
  );
