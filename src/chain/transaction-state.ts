import type { Datoshi } from '../base/datoshi.js';
import type { Hash256 } from '../base/hash.js';
import { NodeError } from '../base/node-error.js';
import { isRpcError, type Rpc, RpcCode, type RpcOptions, type RpcResult } from './rpc.js';
import { rpcAmount, rpcCount, rpcList, rpcObject, rpcReason, rpcText } from './rpc-fields.js';

/** What became of a transaction, as an endpoint sees it. */
export type TransactionState =
  /** Neither in a block nor waiting: never arrived, or thrown out. */
  | { readonly kind: 'unknown' }
  | { readonly kind: 'inMempool' }
  | {
      readonly kind: 'inBlock';
      readonly block: number;
      readonly halted: boolean;
      /** Why it FAULTed, else null. */
      readonly exception: string | null;
      readonly gasConsumed: Datoshi;
    };

/** What C# nodes of before the common error codes answer for an unknown transaction. */
const OLD_UNKNOWN = -100;

/**
 * Looks up what became of transactions, in their order, for all of them in two rounds. With
 * `minHeight` no endpoint answers that could have missed a block.
 */
export async function readTransactionStates(
  rpc: Rpc,
  hashes: readonly Hash256[],
  options: RpcOptions = {},
): Promise<TransactionState[]> {
  const ask = (method: string, some: readonly Hash256[]): Promise<RpcResult[]> =>
    rpc.batch(
      some.map((hash) => ({ method, params: [hash] })),
      options,
    );
  const heights = await ask('gettransactionheight', hashes);
  const isInBlock = heights.map((height) => !isUnknown(height));
  const [logs, waiting] = await Promise.all([
    ask(
      'getapplicationlog',
      hashes.filter((_, at) => isInBlock[at]),
    ),
    ask(
      'getrawtransaction',
      hashes.filter((_, at) => !isInBlock[at]),
    ),
  ]);
  const nextLog = logs.values();
  const nextWaiting = waiting.values();
  return hashes.map((hash, at) => {
    if (isInBlock[at]) return parseInBlock(hash, heights[at], nextLog.next().value);
    return { kind: isUnknown(nextWaiting.next().value) ? 'unknown' : 'inMempool' };
  });
}

/** True where the endpoint doesn't know the transaction; throws any other error. */
function isUnknown(result: RpcResult | undefined): boolean {
  if (result === undefined || result.ok) return false;
  if (isRpcError(result.error, RpcCode.UnknownTransaction, OLD_UNKNOWN)) return true;
  throw result.error;
}

function parseInBlock(
  hash: Hash256,
  height: RpcResult | undefined,
  log: RpcResult | undefined,
): TransactionState {
  if (!height?.ok || !log?.ok) {
    throw new NodeError('TRANSACTION_STATE_UNCLEAR', `the endpoint has no log of ${hash} yet`, {
      retryable: true,
      details: { hash },
    });
  }
  const what = `log of transaction ${hash}`;
  const [first] = rpcList(rpcObject(log.result, what).executions, `executions in the ${what}`);
  const { vmstate, exception, gasconsumed } = rpcObject(first, `execution in the ${what}`);
  const halted = rpcText(vmstate, `vmstate in the ${what}`) === 'HALT';
  return {
    kind: 'inBlock',
    block: rpcCount(height.result, `height of transaction ${hash}`),
    halted,
    exception: halted ? null : rpcReason(exception),
    gasConsumed: rpcAmount(gasconsumed, `gasconsumed in the ${what}`),
  };
}
