import type { Hash256 } from '../base/hash.js';
import { NodeError } from '../base/node-error.js';
import {
  isRpcError,
  type Rpc,
  type RpcCall,
  RpcCode,
  type RpcOptions,
  type RpcResult,
} from './rpc.js';
import { rpcCount, rpcHash256, rpcObject } from './rpc-fields.js';

/** What is read of a block's header. */
export interface BlockHeader {
  readonly index: number;
  readonly hash: Hash256;
  readonly previousHash: Hash256;
  readonly timeMs: number;
}

export const headerCall = (index: number): RpcCall => ({
  method: 'getblockheader',
  params: [index, true],
});

/** Reads the answer of `getblockheader` or `getblock`, which must be of this index. */
export function parseHeader(json: unknown, index: number): BlockHeader {
  const what = `header of block ${index}`;
  const fields = rpcObject(json, what);
  const found = rpcCount(fields.index, `index of ${what}`);
  if (found !== index) {
    throw new NodeError('RPC_MALFORMED', `${what}: got that of block ${found}`, {
      retryable: true,
    });
  }
  return {
    index,
    hash: rpcHash256(fields.hash, `hash of ${what}`),
    previousHash: rpcHash256(fields.previousblockhash, `previousblockhash of ${what}`),
    timeMs: rpcCount(fields.time, `time of ${what}`),
  };
}

const MISSING = [RpcCode.UnknownBlock, RpcCode.UnknownHeight] as const;
/** What C# nodes of before the common error codes answer for a block that is not there. */
const OLD_UNKNOWN = -100;

/** True when an endpoint says that it doesn't have the block. */
export const isMissingBlock = (thrown: unknown): boolean =>
  isRpcError(thrown, ...MISSING, OLD_UNKNOWN);

/** The result of one call about a block that must exist; throws BLOCK_MISSING or its error. */
export function existing(result: RpcResult | undefined, index: number): unknown {
  if (result?.ok) return result.result;
  if (result && !isMissingBlock(result.error)) throw result.error;
  throw new NodeError('BLOCK_MISSING', `the endpoint does not have block ${index}`, {
    retryable: true,
    cause: result?.error,
    details: { index },
  });
}

/** Time of the latest block, in milliseconds since 1970. */
export async function readLatestBlockTimeMs(rpc: Rpc, options: RpcOptions = {}): Promise<number> {
  const count = rpcCount(await rpc.call('getblockcount', [], options), 'getblockcount');
  const { method, params } = headerCall(count - 1);
  const header = await rpc.call(method, params, { ...options, minHeight: count - 1 });
  return parseHeader(header, count - 1).timeMs;
}

/** Hash of a block, or null where the endpoint doesn't have it. */
export async function readBlockHash(
  rpc: Rpc,
  index: number,
  options: RpcOptions,
): Promise<Hash256 | null> {
  const { method, params } = headerCall(index);
  try {
    return parseHeader(await rpc.call(method, params, options), index).hash;
  } catch (thrown) {
    if (isMissingBlock(thrown)) return null;
    throw thrown;
  }
}
