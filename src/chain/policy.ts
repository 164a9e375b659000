import type { Datoshi } from '../base/datoshi.js';
import { NodeError } from '../base/node-error.js';
import { type ContractRead, contractRead } from './contract-read.js';
import { invokeCall, parseInvocation, stackOf } from './invocation.js';
import { POLICY_CONTRACT } from './native-contracts.js';
import type { FeePolicy } from './network-fee.js';
import { type Rpc, type RpcOptions, type RpcResult, unwrapResult } from './rpc.js';
import { rpcAmount, rpcCount, rpcObject } from './rpc-fields.js';
import type { StackItem } from './stack-item.js';
import { asCount, asInteger } from './stack-item-values.js';

/** What the network's committee decided; it changes by vote. */
export interface NetworkPolicy extends FeePolicy {
  /** Datoshi for each byte put into storage. */
  readonly storagePrice: Datoshi;
  /** How many blocks ahead a transaction's validUntilBlock may lie. */
  readonly maxValidUntilBlockIncrement: number;
  /** Where the endpoint tells it (standard ones don't), else null. */
  readonly maxBlockSystemFee: Datoshi | null;
}

/** The network's policy as last read. */
export interface PolicyReader {
  /** Throws a retryable NodeError POLICY_UNREAD before the first `refresh`. */
  current(): NetworkPolicy;
  /** Reads it; on failure the last one stays, and the failure is thrown. */
  refresh(options?: RpcOptions): Promise<NetworkPolicy>;
}

export function createFeePolicy(rpc: Rpc): PolicyReader {
  let last: NetworkPolicy | null = null;
  return {
    current: () => {
      if (last !== null) return last;
      throw new NodeError('POLICY_UNREAD', "the network's fees have not been read yet", {
        retryable: true,
      });
    },
    refresh: async (options) => {
      last = await readNetworkPolicy(rpc, options);
      return last;
    },
  };
}

const PRICES = [
  contractRead(POLICY_CONTRACT, 'getFeePerByte', [], asInteger),
  contractRead(POLICY_CONTRACT, 'getExecFeeFactor', [], asInteger),
  contractRead(POLICY_CONTRACT, 'getStoragePrice', [], asInteger),
] as const;
/** Of networks with the hardfork Faun: the exact factor, in 1e-4 datoshi. */
const PICO_FACTOR = contractRead(POLICY_CONTRACT, 'getExecPicoFeeFactor', [], asInteger);
/** Of networks with the hardfork Echidna; before it is a setting of the node. */
const MAX_INCREMENT = contractRead(POLICY_CONTRACT, 'getMaxValidUntilBlockIncrement', [], asCount);

/** Reads the policy in one exchange. */
export async function readNetworkPolicy(
  rpc: Rpc,
  options: RpcOptions = {},
): Promise<NetworkPolicy> {
  const prices = Buffer.concat(PRICES.map(({ script }) => script));
  const calls = [
    ...[prices, PICO_FACTOR.script, MAX_INCREMENT.script].map((script) => invokeCall(script, [])),
    { method: 'getversion', params: [] },
  ];
  const results = await rpc.batch(calls, options);
  const invocation = parseInvocation(unwrapResult(results[0]), "the network's policy");
  const stack = stackOf(invocation, "the network's policy", PRICES.length);
  const [feePerByte, execFeeFactor, storagePrice] = PRICES.map((price, at) =>
    price.decode(stack[at] as StackItem),
  ) as [bigint, bigint, bigint];
  const version = rpcObject(unwrapResult(results[3]), 'getversion');
  const protocol = rpcObject(version.protocol, 'getversion.protocol');
  const { maxblocksystemfee } = protocol;
  return {
    feePerByte,
    execFeeFactor,
    execPicoFeeFactor: whereKnown(PICO_FACTOR, results[1]),
    storagePrice,
    maxValidUntilBlockIncrement:
      whereKnown(MAX_INCREMENT, results[2]) ??
      rpcCount(protocol.maxvaliduntilblockincrement, 'maxvaliduntilblockincrement'),
    maxBlockSystemFee:
      maxblocksystemfee === undefined ? null : rpcAmount(maxblocksystemfee, 'maxblocksystemfee'),
  };
}

/** A method that a network of before its hardfork lacks, where the call faults. */
function whereKnown<T>(read: ContractRead<T>, result: RpcResult | undefined): T | null {
  const invocation = parseInvocation(unwrapResult(result), "the network's policy");
  if (invocation.state === 'FAULT') return null;
  return read.decode(stackOf(invocation, "the network's policy", 1)[0] as StackItem);
}
