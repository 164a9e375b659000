import type { Hash160 } from '../base/hash.js';
import {
  type BlockHeader,
  existing,
  headerCall,
  isMissingBlock,
  parseHeader,
  readBlockHash,
} from './block-header.js';
import type {
  BlockRun,
  BlockSource,
  BlockSourceOptions,
  GatewayNotification,
  TailedBlock,
} from './block-source.js';
import { parseNotifications } from './gateway-notification.js';
import { type RpcCall, type RpcResult, unwrapResult } from './rpc.js';
import { rpcCount, rpcHash256, rpcList, rpcObject } from './rpc-fields.js';

/**
 * Reads blocks with `getblocknotifications`, a call of neo-go that filters by contract on the node
 * and leaves FAULTed transactions out. Headers are read only of blocks that hold events, and of a
 * run's first and last.
 */
export function createFastBlockSource({ rpc, gateway }: BlockSourceOptions): BlockSource {
  const eventsCall = (index: number): RpcCall => ({
    method: 'getblocknotifications',
    params: [index, { contract: gateway }],
  });

  const read: BlockSource['read'] = async (fromIndex, count, signal) => {
    const last = fromIndex + count - 1;
    const indexes = Array.from({ length: count }, (_, at) => fromIndex + at);
    const options = { signal, minHeight: last };
    const calls = [...indexes.map(eventsCall), headerCall(fromIndex), headerCall(last)];
    const results = await rpc.batch(calls, options);
    const events = indexes.map((index, at) =>
      parseBlockEvents(existing(results[at], index), gateway, index),
    );
    const first = parseHeader(existing(results[count], fromIndex), fromIndex);
    const headers = new Map<number, BlockHeader>([[fromIndex, first]]);
    headers.set(last, parseHeader(existing(results[count + 1], last), last));
    const missing = indexes.filter((index, at) => events[at]?.length && !headers.has(index));
    const more = await rpc.batch(missing.map(headerCall), options);
    missing.forEach((index, at) => {
      headers.set(index, parseHeader(existing(more[at], index), index));
    });
    const blocks = indexes.map((index, at) => toBlock(index, headers.get(index), events[at] ?? []));
    return { blocks, previousHash: first.previousHash };
  };

  const tip: BlockSource['tip'] = async (index, signal) => {
    const calls = [{ method: 'getblockcount', params: [] }, eventsCall(index), headerCall(index)];
    const results = await rpc.batch(calls, { signal, minHeight: index - 1 });
    const blockCount = rpcCount(unwrapResult(results[0]), 'getblockcount');
    return { blockCount, next: readNext(results.slice(1), index, gateway) };
  };

  const hashAt: BlockSource['hashAt'] = (index, signal) =>
    readBlockHash(rpc, index, { signal, minHeight: index });
  return { read, tip, hashAt };
}

function toBlock(
  index: number,
  header: BlockHeader | undefined,
  notifications: readonly GatewayNotification[],
): TailedBlock {
  return { index, hash: header?.hash ?? null, timeMs: header?.timeMs ?? null, notifications };
}

/** The block may come to be between one call of the exchange and the next: then it isn't there. */
function readNext(
  [events, header]: readonly RpcResult[],
  index: number,
  gateway: Hash160,
): BlockRun | null {
  if ([events, header].some((result) => result && !result.ok && isMissingBlock(result.error))) {
    return null;
  }
  const notifications = parseBlockEvents(existing(events, index), gateway, index);
  const parsed = parseHeader(existing(header, index), index);
  return { blocks: [toBlock(index, parsed, notifications)], previousHash: parsed.previousHash };
}

/** Only transactions can hold events of the gateway; `container` is theirs. */
function parseBlockEvents(
  json: unknown,
  gateway: Hash160,
  index: number,
): readonly GatewayNotification[] {
  // Most blocks hold nothing: for them not even a text for an error is made.
  if (isEmpty(json)) return NONE;
  const what = `notifications of block ${index}`;
  const { application } = rpcObject(json, what);
  if (application === undefined || application === null) return NONE;
  const found: GatewayNotification[] = [];
  for (const entry of rpcList(application, what)) {
    const { container } = rpcObject(entry, what);
    const txHash = rpcHash256(container, `container in the ${what}`);
    found.push(...parseNotifications([entry], gateway, txHash, found.length));
  }
  return found;
}

const isEmpty = (json: unknown): boolean =>
  typeof json === 'object' && json !== null && Object.keys(json).length === 0;

const NONE: readonly GatewayNotification[] = [];
