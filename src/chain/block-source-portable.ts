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
  feesOf,
  isFeeBurn,
  isHalted,
  movesOf,
  type OwnAccounts,
  type OwnGas,
  ownAccountsOf,
  ownTransactionsIn,
  ownTransfersIn,
  requireSameFees,
} from './own-gas.js';
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
 * every kind of node has (C# ones with the ApplicationLogs plugin). Where GAS of own accounts is
 * followed, the log of each block too: it tells what the block itself burnt and minted.
 */
export function createPortableBlockSource(source: BlockSourceOptions): BlockSource {
  const { rpc, gateway } = source;
  const own = ownAccountsOf(source.ownAccounts ?? []);
  const followsGas = own.size > 0;
  const logsOf = async (hashes: readonly Hash256[], options: RpcOptions): Promise<unknown[]> => {
    const calls = hashes.map((hash) => ({ method: 'getapplicationlog', params: [hash] }));
    const results = hashes.length === 0 ? [] : await rpc.batch(calls, options);
    return results.map((result, at) => logOf(result, hashes[at]));
  };

  const complete = async (raw: readonly RawBlock[], options: RpcOptions): Promise<BlockRun> => {
    const hashes = raw.flatMap(({ hash, transactions }) =>
      followsGas ? [hash, ...transactions] : transactions,
    );
    const logs = (await logsOf(hashes, options)).values();
    const blocks = raw.map((block): TailedBlock => {
      const { index, hash, timeMs, transactions } = block;
      const blockLog = followsGas ? logs.next().value : null;
      const txLogs = transactions.map((tx) => ({ tx, log: logs.next().value }));
      const notifications: GatewayNotification[] = [];
      for (const { tx, log } of txLogs) {
        notifications.push(...haltedEvents(log, gateway, tx, notifications.length));
      }
      const ownGas = followsGas ? ownGasIn(block, blockLog, txLogs, own) : [];
      return { index, hash, timeMs, notifications, ownGas };
    });
    return { blocks, previousHash: (raw[0] as RawBlock).previousHash };
  };

  const read: BlockSource['read'] = async (fromIndex, count, signal) => {
    const indexes = Array.from({ length: count }, (_, at) => fromIndex + at);
    const options = { signal, minHeight: fromIndex + count - 1 };
    const results = await rpc.batch(indexes.map(blockCall), { ...options, givesWay: true });
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

export const blockCall = (index: number): RpcCall => ({
  method: 'getblock',
  params: [index, true],
});

type RawBlock = ReturnType<typeof parseBlock>;

/** Reads the answer of `blockCall`, which must be of this index. */
export function parseBlock(json: unknown, index: number) {
  const what = `transactions of block ${index}`;
  const transactions = rpcList(rpcObject(json, `block ${index}`).tx, what).map((tx) =>
    rpcHash256(rpcObject(tx, what).hash, `hash in the ${what}`),
  );
  return { ...parseHeader(json, index), transactions, json };
}

/** The log of a transaction whose block was just read: it must be there. */
export function logOf(result: RpcResult | undefined, hash: Hash256 | undefined): unknown {
  if (result?.ok) return result.result;
  if (isRpcError(result?.error, RpcCode.MethodNotFound)) {
    throw new NodeError('RPC_NO_APPLICATION_LOGS', 'the endpoint lacks getapplicationlog', {
      hint: 'Enable the ApplicationLogs plugin of the Neo node, or use another endpoint.',
      cause: result?.error,
    });
  }
  throw new NodeError('BLOCK_MISSING', `the endpoint has no log of ${hash} yet`, {
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
  const found: GatewayNotification[] = [];
  for (const { notifications } of haltedIn(json, txHash, 'Application')) {
    const first = firstIndex + found.length;
    found.push(...parseNotifications(notifications, gateway, txHash, first));
  }
  return found;
}

/** The executions of a log that HALTed, of one trigger. */
export function haltedIn(json: unknown, hash: Hash256, trigger: string) {
  const what = `log of ${hash}`;
  const executions = rpcList(rpcObject(json, what).executions, `executions in the ${what}`);
  return executions.flatMap((entry) => {
    const execution = rpcObject(entry, `an execution in the ${what}`);
    if (execution.trigger !== trigger || execution.vmstate !== 'HALT') return [];
    return [{ notifications: rpcList(execution.notifications, `notifications in the ${what}`) }];
  });
}

function ownGasIn(
  block: RawBlock,
  blockLog: unknown,
  txLogs: readonly { readonly tx: Hash256; readonly log: unknown }[],
  own: OwnAccounts,
): readonly OwnGas[] {
  const transfersOf = (log: unknown, hash: Hash256, trigger: string, tx: Hash256 | null) =>
    haltedIn(log, hash, trigger).flatMap(({ notifications }) =>
      ownTransfersIn(notifications, own, tx),
    );
  const before = transfersOf(blockLog, block.hash, 'OnPersist', null);
  const within = txLogs.flatMap(({ tx, log }) => transfersOf(log, tx, 'Application', tx));
  const after = transfersOf(blockLog, block.hash, 'PostPersist', null);
  const burns = before.filter((transfer) => isFeeBurn(transfer, own));
  const minted = before.filter((transfer) => !isFeeBurn(transfer, own));
  const fees = ownTransactionsIn(block.json, own, block.index).map((sent) => {
    const { log } = txLogs.find(({ tx }) => tx === sent.hash) ?? {};
    return feesOf(sent, !isHalted(log, sent.hash));
  });
  requireSameFees(block.index, fees, burns);
  return [
    ...fees,
    ...[...minted, ...within, ...after].flatMap((transfer) => movesOf(transfer, own)),
  ];
}
