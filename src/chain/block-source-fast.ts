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
  BlockSource,
  BlockSourceOptions,
  GatewayNotification,
  TailedBlock,
} from './block-source.js';
import { callSeries } from './call-text.js';
import { parseNotifications } from './gateway-notification.js';
import { type OwnGas, ownAccountsOf } from './own-gas.js';
import {
  completeOwnGas,
  gasTransfersCall,
  NO_TRANSFERS,
  type NotedBlock,
  parseTransfers,
} from './own-gas-fast.js';
import { NOTHING_SAID, type RpcCall, type RpcResult, unwrapResult } from './rpc.js';
import { rpcCount, rpcHash256, rpcList, rpcObject } from './rpc-fields.js';

/**
 * Reads blocks with `getblocknotifications`, a call of neo-go that filters by contract on the node
 * and leaves FAULTed transactions out. Headers are read only of blocks that hold any, and of a
 * run's first and last; blocks only where fees of own accounts are to be told apart.
 */
export function createFastBlockSource(options: BlockSourceOptions): BlockSource {
  const { rpc, gateway } = options;
  const own = ownAccountsOf(options.ownAccounts ?? []);
  const followsGas = own.size > 0;
  const gasCall = gasTransfersCall(own);
  const eventsCall = callSeries('getblocknotifications', [{ contract: gateway }], isEmptyObject);
  const parse = (index: number, events: unknown, gas: unknown): NotedBlock => ({
    index,
    notifications: parseBlockEvents(events, gateway, index),
    transfers: isEmpty(gas) ? NO_TRANSFERS : parseTransfers(gas, own, index),
  });
  const runCalls = (from: number, end: number): RpcCall[] => {
    const calls: RpcCall[] = [];
    for (let index = from; index < end; index++) calls.push(eventsCall(index));
    calls.push(headerCall(from), headerCall(end - 1));
    if (followsGas) for (let index = from; index < end; index++) calls.push(gasCall(index));
    return calls;
  };
  /** Those of a run that hold anything: of thousands of blocks a few. */
  const notedOf = (results: readonly RpcResult[], from: number, count: number): NotedBlock[] => {
    const noted: NotedBlock[] = [];
    for (let at = 0; at < count; at++) {
      const events = results[at];
      const gas = followsGas ? results[count + 2 + at] : NOTHING_SAID;
      if (events === NOTHING_SAID && gas === NOTHING_SAID) continue;
      const index = from + at;
      const block = parse(index, existing(events, index), existing(gas, index));
      if (holdsAny(block)) noted.push(block);
    }
    return noted;
  };

  const read: BlockSource['read'] = async (fromIndex, count, signal) => {
    const last = fromIndex + count - 1;
    const limits = { signal, minHeight: last };
    const ahead = { ...limits, givesWay: true };
    const results = await rpc.batch(runCalls(fromIndex, fromIndex + count), ahead);
    const noted = notedOf(results, fromIndex, count);
    const first = parseHeader(existing(results[count], fromIndex), fromIndex);
    const headers = new Map<number, BlockHeader>([[fromIndex, first]]);
    headers.set(last, parseHeader(existing(results[count + 1], last), last));
    const missing = noted.filter(({ index }) => !headers.has(index));
    const [more, ownGas] = await Promise.all([
      rpc.batch(
        missing.map(({ index }) => headerCall(index)),
        limits,
      ),
      completeOwnGas(rpc, noted, own, limits),
    ]);
    missing.forEach(({ index }, at) => {
      headers.set(index, parseHeader(existing(more[at], index), index));
    });
    const blocks = emptyBlocks(fromIndex, count);
    const told = new Map(noted.map((block) => [block.index, block]));
    for (const [index, header] of headers) {
      blocks[index - fromIndex] = toBlock(header, told.get(index), ownGas);
    }
    return { blocks, previousHash: first.previousHash };
  };

  const tip: BlockSource['tip'] = async (index, signal) => {
    const count = { method: 'getblockcount', params: [] };
    const gasCalls = followsGas ? [gasCall(index)] : [];
    const calls = [count, eventsCall(index), headerCall(index), ...gasCalls];
    const results = await rpc.batch(calls, { signal, minHeight: index - 1 });
    const blockCount = rpcCount(unwrapResult(results[0]), 'getblockcount');
    // The block may come to be between one call of the exchange and the next: it isn't there then.
    const isThere = results.slice(1).every((result) => result.ok || !isMissingBlock(result.error));
    if (!isThere) return { blockCount, next: null };
    const gas = existing(followsGas ? results[3] : NOTHING_SAID, index);
    const noted = parse(index, existing(results[1], index), gas);
    const header = parseHeader(existing(results[2], index), index);
    const ownGas = await completeOwnGas(rpc, [noted], own, { signal, minHeight: index });
    const blocks = [toBlock(header, noted, ownGas)];
    return { blockCount, next: { blocks, previousHash: header.previousHash } };
  };

  const hashAt: BlockSource['hashAt'] = (index, signal) =>
    readBlockHash(rpc, index, { signal, minHeight: index });
  return { read, tip, hashAt };
}

function emptyBlocks(from: number, count: number): TailedBlock[] {
  const blocks: TailedBlock[] = [];
  for (let index = from; index < from + count; index++) {
    blocks.push({ index, hash: null, timeMs: null, notifications: NONE, ownGas: NO_GAS });
  }
  return blocks;
}

function toBlock(
  { index, hash, timeMs }: BlockHeader,
  noted: NotedBlock | undefined,
  ownGas: ReadonlyMap<number, readonly OwnGas[]>,
): TailedBlock {
  const { notifications = NONE } = noted ?? {};
  return { index, hash, timeMs, notifications, ownGas: ownGas.get(index) ?? NO_GAS };
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

const isEmptyObject = (text: string): boolean => text === '{}';

const isEmpty = (json: unknown): boolean =>
  typeof json === 'object' && json !== null && Object.keys(json).length === 0;

const holdsAny = ({ notifications, transfers }: NotedBlock): boolean =>
  notifications.length > 0 || transfers !== NO_TRANSFERS;

const NONE: readonly GatewayNotification[] = [];
const NO_GAS: readonly OwnGas[] = [];
