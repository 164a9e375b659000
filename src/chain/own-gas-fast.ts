import type { Hash160, Hash256 } from '../base/hash.js';
import { existing } from './block-header.js';
import type { GatewayNotification } from './block-source.js';
import { callSeries } from './call-text.js';
import { GAS_TOKEN } from './native-contracts.js';
import {
  feesOf,
  type GasTransfer,
  isFeeBurn,
  isHalted,
  movesOf,
  type OwnAccounts,
  type OwnFees,
  type OwnGas,
  type OwnTransaction,
  ownTransactionsIn,
  ownTransfersIn,
  requireSameFees,
} from './own-gas.js';
import { type Rpc, type RpcCall, type RpcOptions, unwrapResult } from './rpc.js';
import { rpcHash256, rpcList, rpcObject } from './rpc-fields.js';
import { asHash160 } from './stack-item-values.js';

/**
 * The call of neo-go that tells of all GAS transfers of a block, but of FAULTed transactions'.
 * Where no own account stands in the answer it says nothing: accounts are base64 in it.
 */
export function gasTransfersCall(own: OwnAccounts): (index: number) => RpcCall {
  const accounts = [...own.base64];
  const saysNothing = (text: string): boolean => {
    for (const account of accounts) if (text.includes(account)) return false;
    return true;
  };
  const filter = { contract: GAS_TOKEN, name: 'Transfer' };
  return callSeries('getblocknotifications', [filter], saysNothing);
}

/** A block of which is known what its notifications tell. */
export interface NotedBlock {
  readonly index: number;
  readonly notifications: readonly GatewayNotification[];
  readonly transfers: BlockTransfers;
}

/** GAS transfers of own accounts, apart by what caused them. */
export interface BlockTransfers {
  /** Fees of transactions, in the order of these. */
  readonly burns: readonly GasTransfer[];
  /** All others, in order. */
  readonly others: readonly GasTransfer[];
}

export const NO_TRANSFERS: BlockTransfers = { burns: [], others: [] };

/** Reads the answer of `gasTransfersCall`. */
export function parseTransfers(json: unknown, own: OwnAccounts, index: number): BlockTransfers {
  const what = `GAS transfers of block ${index}`;
  const { onpersist, application, postpersist } = rpcObject(json, what);
  const listOf = (part: unknown): readonly unknown[] =>
    part === undefined || part === null ? [] : rpcList(part, what);
  const before = ownTransfersIn(listOf(onpersist), own, null);
  const within = listOf(application).flatMap((entry) => {
    const found = ownTransfersIn([entry], own, null);
    const [transfer] = found;
    if (transfer === undefined) return [];
    const tx = rpcHash256(rpcObject(entry, what).container, `container in the ${what}`);
    return [{ ...transfer, tx }];
  });
  const after = ownTransfersIn(listOf(postpersist), own, null);
  if (before.length + within.length + after.length === 0) return NO_TRANSFERS;
  const minted = before.filter((transfer) => !isFeeBurn(transfer, own));
  return {
    burns: before.filter((transfer) => isFeeBurn(transfer, own)),
    others: [...minted, ...within, ...after],
  };
}

/**
 * What blocks did to the GAS of own accounts, by block index; those that did nothing are not in it.
 * The transactions that burnt fees are mostly told by the gateway's own events; blocks are read
 * only where they aren't.
 */
export async function completeOwnGas(
  rpc: Rpc,
  blocks: readonly NotedBlock[],
  own: OwnAccounts,
  options: RpcOptions,
): Promise<Map<number, readonly OwnGas[]>> {
  const fees = new Map<number, readonly OwnFees[]>();
  const unclear: NotedBlock[] = [];
  const moving = blocks.filter(({ transfers }) => transfers !== NO_TRANSFERS);
  for (const block of moving) {
    const known = feesByEarnings(block, own);
    if (known === null) unclear.push(block);
    else fees.set(block.index, known);
  }
  if (unclear.length > 0) {
    for (const [index, read] of await readFees(rpc, unclear, own, options)) fees.set(index, read);
  }
  return new Map(
    moving.map(({ index, transfers }) => {
      const moves = transfers.others.flatMap((transfer) => movesOf(transfer, own));
      return [index, [...(fees.get(index) ?? []), ...moves]];
    }),
  );
}

/**
 * Each transaction that answers tells, by an event, who sent it. When an account has as many of
 * these in a block as fees were burnt of it, they are the ones, in this order. Null otherwise.
 */
function feesByEarnings(block: NotedBlock, own: OwnAccounts): OwnFees[] | null {
  const { burns } = block.transfers;
  if (burns.length === 0) return [];
  const sent = new Map<Hash160, Set<Hash256>>();
  for (const { name, state, txHash } of block.notifications) {
    if (name !== 'Earned' || state[0] === undefined) continue;
    const account = asHash160(state[0], 'account of Earned');
    if (own.has(account)) sent.set(account, (sent.get(account) ?? new Set()).add(txHash));
  }
  const next = new Map([...sent].map(([account, hashes]) => [account, [...hashes]]));
  const fees: OwnFees[] = [];
  for (const { from, amount } of burns) {
    const tx = from === null ? undefined : next.get(from)?.shift();
    if (from === null || tx === undefined) return null;
    fees.push({ kind: 'fees', account: from, tx, amount, fault: null });
  }
  return [...next.values()].every((left) => left.length === 0) ? fees : null;
}

/** By the blocks themselves, and by the logs of what no event shows to have HALTed. */
async function readFees(
  rpc: Rpc,
  blocks: readonly NotedBlock[],
  own: OwnAccounts,
  options: RpcOptions,
): Promise<Map<number, OwnFees[]>> {
  const blockCalls = blocks.map(({ index }) => ({ method: 'getblock', params: [index, true] }));
  const results = await rpc.batch(blockCalls, options);
  const sent = blocks.map(({ index }, at) =>
    ownTransactionsIn(existing(results[at], index), own, index),
  );
  const silent = blocks.flatMap((block, at) => silentIn(block, sent[at] ?? []));
  const logCalls = silent.map((hash) => ({ method: 'getapplicationlog', params: [hash] }));
  const logs = silent.length === 0 ? [] : await rpc.batch(logCalls, options);
  const faulted = new Set(silent.filter((hash, at) => !isHalted(unwrapResult(logs[at]), hash)));
  return new Map(
    blocks.map(({ index, transfers }, at) => {
      const fees = (sent[at] ?? []).map((tx) => feesOf(tx, faulted.has(tx.hash)));
      requireSameFees(index, fees, transfers.burns);
      return [index, fees];
    }),
  );
}

/** Events are told of transactions that HALTed only: those without any may be of either kind. */
function silentIn(block: NotedBlock, sent: readonly OwnTransaction[]): Hash256[] {
  const heard = new Set<Hash256 | null>(block.notifications.map(({ txHash }) => txHash));
  for (const { tx } of block.transfers.others) heard.add(tx);
  return sent.map(({ hash }) => hash).filter((hash) => !heard.has(hash));
}
