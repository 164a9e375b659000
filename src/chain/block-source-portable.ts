import type { Hash160, Hash256 } from '../base/hash.js';
import { NodeError } from '../base/node-error.js';
import { existing, isMissingBlock, parseHeader, readBlockHash } from './block-header.js';
import type {
  BlockRun,
  BlockSource,
  BlockSourceOptions,
  GatewayNotification,
  TailedBlock,
} from './block-source.js';
import { parseNotifications } from './gateway-notification.js';
import {
  isRpcError,
  type RpcCall,
  RpcCode,
  type RpcOptions,
  type RpcResult,
  unwrapResult,
} from './rpc.js';
import { rpcCount, rpcHash256, rpcList, rpcObject } from './rpc-fields.js';

/**
 * Reads blocks with `getblock`, and `getapplicationlog` of each of their transactions: calls that
 * every kind of node has (C# ones with the ApplicationLogs plugin).
 */
export function createPortableBlockSource({ rpc, gateway }: BlockSourceOptions): BlockSource {
  const logsOf = async (hashes: readonly Hash256[], options: RpcOptions): Promise<unknown[]> => {
    const calls = hashes.map((hash) => ({ method: 'getapplicationlog', params: [hash] }));
    const results = await rpc.batch(calls, options);
    return results.map((result, at) => logOf(result, hashes[at]));
  };

  const complete = async (raw: readonly RawBlock[], options: RpcOptions): Promise<BlockRun> => {
    const hashes = raw.flatMap((block) => block.transactions);
    const logs = hashes.length === 0 ? [] : await logsOf(hashes, options);
    let at = 0;
    const blocks = raw.map((block): TailedBlock => {
      const notifications: GatewayNotification[] = [];
      for (const txHash of block.transactions) {
        notifications.push(...haltedEvents(logs[at++], gateway, txHash, notifications.length));
      }
      const { index, hash, timeMs } = block;
      return { index, hash, timeMs, notifications };
    });
    return { blocks, previousHash: (raw[0] as RawBlock).previousHash };
  };

  const read: BlockSource['read'] = async (fromIndex, count, signal) => {
    const indexes = Array.from({ length: count }, (_, at) => fromIndex + at);
    const options = { signal, minHeight: fromIndex + count - 1 };
    const results = await rpc.batch(indexes.map(blockCall), options);
    const raw = indexes.map((index, at) => parseBlock(existing(results[at], index), index));
    return complete(raw, options);
  };

  const tip: BlockSource['tip'] = async (index, signal) => {
    const options = { signal, minHeight: index - 1 };
    const calls = [{ method: 'getblockcount', params: [] }, blockCall(index)];
    const [count, block] = await rpc.batch(calls, options);
    const blockCount = rpcCount(unwrapResult(count), 'getblockcount');
    if (block && !block.ok && isMissingBlock(block.error)) return { blockCount, next: null };
    const raw = parseBlock(existing(block, index), index);
    return { blockCount, next: await complete([raw], { signal, minHeight: index }) };
  };

  const hashAt: BlockSource['hashAt'] = (index, signal) =>
    readBlockHash(rpc, index, { signal, minHeight: index });
  return { read, tip, hashAt };
}

const blockCall = (index: number): RpcCall => ({ method: 'getblock', params: [index, true] });

type RawBlock = ReturnType<typeof parseBlock>;

function parseBlock(json: unknown, index: number) {
  const what = `transactions of block ${index}`;
  const transactions = rpcList(rpcObject(json, `block ${index}`).tx, what).map((tx) =>
    rpcHash256(rpcObject(tx, what).hash, `hash in the ${what}`),
  );
  return { ...parseHeader(json, index), transactions };
}

/** The log of a transaction whose block was just read: it must be there. */
function logOf(result: RpcResult | undefined, hash: Hash256 | undefined): unknown {
  if (result?.ok) return result.result;
  if (isRpcError(result?.error, RpcCode.MethodNotFound)) {
    throw new NodeError('RPC_NO_APPLICATION_LOGS', 'the endpoint lacks getapplicationlog', {
      hint: 'Enable the ApplicationLogs plugin of the Neo node, or use another endpoint.',
      cause: result?.error,
    });
  }
  throw new NodeError('BLOCK_MISSING', `the endpoint has no log of transaction ${hash} yet`, {
    retryable: true,
    cause: result?.error,
    details: { hash },
  });
}

/** A FAULTed execution lists what it had emitted before, which counts for nothing. */
function haltedEvents(
  json: unknown,
  gateway: Hash160,
  txHash: Hash256,
  firstIndex: number,
): GatewayNotification[] {
  const what = `log of transaction ${txHash}`;
  const found: GatewayNotification[] = [];
  for (const entry of rpcList(rpcObject(json, what).executions, `executions in the ${what}`)) {
    const execution = rpcObject(entry, `an execution in the ${what}`);
    if (execution.trigger !== 'Application' || execution.vmstate !== 'HALT') continue;
    const notifications = rpcList(execution.notifications, `notifications in the ${what}`);
    const first = firstIndex + found.length;
    found.push(...parseNotifications(notifications, gateway, txHash, first));
  }
  return found;
}
