import { type Hash160, type Hash256, hash160ToAddress } from '../../../src/base/hash.js';
import { RpcCode } from '../../../src/chain/rpc-error.js';
import {
  blockAt,
  type ChainCore,
  type EndedTransaction,
  type KnownBlock,
  type KnownTransaction,
  tipOf,
} from './chain-core.js';
import type { Notification } from './machine.js';
import type { RpcReply } from './simulated-chain.js';
import { itemToJson } from './vm-item.js';

/* Answers about what is in blocks, in the words of neo-go. */

/** An endpoint's look at the chain: it knows blocks up to `height`, but for the missing ones. */
export interface View {
  readonly core: ChainCore;
  readonly height: number;
  readonly missingBlocks: ReadonlySet<number>;
}

export const failed = (code: number, message: string, data?: string): RpcReply => ({
  error: { code, message, ...(data === undefined ? {} : { data }) },
});

const UNKNOWN_BLOCK = failed(RpcCode.UnknownBlock, 'Unknown block');
const UNKNOWN_TRANSACTION = failed(RpcCode.UnknownTransaction, 'Unknown transaction');
const INVALID_PARAMS = failed(RpcCode.InvalidParams, 'Invalid params');

/** A block by its index or hash, null where the endpoint does not have it. */
function blockOf({ core, height, missingBlocks }: View, named: unknown): KnownBlock | null {
  const found =
    typeof named === 'number'
      ? blockAt(core, named)
      : (core.blockByHash.get(named as Hash256) ?? null);
  if (found === null || found.index > height || missingBlocks.has(found.index)) return null;
  return found;
}

const isKnown = ({ height }: View, { blockIndex }: EndedTransaction): boolean =>
  blockIndex <= height;

function headerJson({ core, height }: View, block: KnownBlock): Record<string, unknown> {
  const next = blockAt(core, block.index + 1);
  return {
    version: 0,
    hash: block.hash,
    previousblockhash: block.previousHash,
    time: block.timeMs,
    nonce: block.nonce.toString(16).padStart(16, '0').toUpperCase(),
    index: block.index,
    primary: 0,
    confirmations: height - block.index + 1,
    ...(next === null || next.index > height ? {} : { nextblockhash: next.hash }),
  };
}

export function getBlockHeader(view: View, [named, verbose]: readonly unknown[]): RpcReply {
  const block = blockOf(view, named);
  if (block === null) return UNKNOWN_BLOCK;
  return verbose === true || verbose === 1 ? { result: headerJson(view, block) } : INVALID_PARAMS;
}

export function getBlock(view: View, [named, verbose]: readonly unknown[]): RpcReply {
  const block = blockOf(view, named);
  if (block === null) return UNKNOWN_BLOCK;
  if (verbose !== true && verbose !== 1) return INVALID_PARAMS;
  const tx = block.transactions.map(transactionJson);
  return { result: { ...headerJson(view, block), tx } };
}

export function getBlockHash(view: View, [index]: readonly unknown[]): RpcReply {
  const block = blockOf(view, index);
  return block === null ? UNKNOWN_BLOCK : { result: block.hash };
}

const transactionJson = (given: KnownTransaction): Record<string, unknown> => ({
  hash: given.hash,
  size: given.bytes,
  version: 0,
  nonce: given.nonce,
  sender: hash160ToAddress(given.sender),
  sysfee: given.systemFee.toString(),
  netfee: given.networkFee.toString(),
  validuntilblock: given.validUntilBlock,
  attributes: [],
  script: given.script.toString('base64'),
});

export function getRawTransaction(view: View, [hash, verbose]: readonly unknown[]): RpcReply {
  const { core } = view;
  const ended = core.ended.get(hash as Hash256);
  const inBlock = ended !== undefined && isKnown(view, ended) ? ended : null;
  // To one that lags it still waits, as it did.
  const found = inBlock ?? core.waiting.get(hash as Hash256)?.transaction ?? ended;
  if (found === undefined) return UNKNOWN_TRANSACTION;
  if (verbose !== true && verbose !== 1) return { result: found.script.toString('base64') };
  if (inBlock === null) return { result: transactionJson(found) };
  const block = blockAt(core, inBlock.blockIndex) as KnownBlock;
  const more = { blockhash: block.hash, blocktime: block.timeMs, vmstate: inBlock.state };
  return { result: { ...transactionJson(found), ...more } };
}

export function getTransactionHeight(view: View, [hash]: readonly unknown[]): RpcReply {
  const found = view.core.ended.get(hash as Hash256);
  return found === undefined || !isKnown(view, found)
    ? UNKNOWN_TRANSACTION
    : { result: found.blockIndex };
}

export const notificationJson = ({ contract, name, state }: Notification) => ({
  contract,
  eventname: name,
  state: { type: 'Array', value: state.map(itemToJson) },
});

export function getApplicationLog(view: View, [hash]: readonly unknown[]): RpcReply {
  const ended = view.core.ended.get(hash as Hash256);
  if (ended !== undefined && isKnown(view, ended)) {
    const execution = executionJson('Application', ended.state, ended.notifications, ended);
    return { result: { txid: ended.hash, executions: [execution] } };
  }
  const block = blockOf(view, hash);
  if (block === null) {
    return failed(RpcCode.UnknownScriptContainer, 'Unknown script container');
  }
  const executions = [
    executionJson('OnPersist', 'HALT', block.onPersist),
    executionJson('PostPersist', 'HALT', block.postPersist),
  ];
  return { result: { blockhash: block.hash, executions } };
}

function executionJson(
  trigger: string,
  vmstate: string,
  notifications: readonly Notification[],
  ended: Partial<Pick<EndedTransaction, 'exception' | 'gasConsumed' | 'stack'>> = {},
) {
  return {
    trigger,
    vmstate,
    exception: ended.exception ?? null,
    gasconsumed: (ended.gasConsumed ?? 0n).toString(),
    stack: (ended.stack ?? []).map(itemToJson),
    notifications: notifications.map(notificationJson),
  };
}

interface NotificationFilter {
  readonly contract?: Hash160;
  readonly name?: string;
}

export function getBlockNotifications(view: View, [named, given]: readonly unknown[]): RpcReply {
  const block = blockOf(view, named);
  if (block === null) return UNKNOWN_BLOCK;
  const { contract, name } = (given ?? {}) as NotificationFilter;
  const isWanted = (each: Notification): boolean =>
    (contract === undefined || each.contract === contract) &&
    (name === undefined || each.name === name);
  const told = (container: Hash256, all: readonly Notification[]) =>
    all.filter(isWanted).map((each) => ({ container, ...notificationJson(each) }));
  const onpersist = told(block.hash, block.onPersist);
  const application = block.transactions
    .filter(({ state }) => state === 'HALT')
    .flatMap(({ hash, notifications }) => told(hash, notifications));
  const postpersist = told(block.hash, block.postPersist);
  return {
    result: {
      ...(onpersist.length === 0 ? {} : { onpersist }),
      ...(application.length === 0 ? {} : { application }),
      ...(postpersist.length === 0 ? {} : { postpersist }),
    },
  };
}

/** A name in neo-go's list of software, so that whoever asks takes the extras for there. */
const USER_AGENT = '/NEO-GO:simulated/';

export function getVersion({ core }: View): RpcReply {
  const { policy } = core;
  const protocol = {
    addressversion: 53,
    network: core.magic,
    msperblock: policy.msPerBlock,
    maxvaliduntilblockincrement: policy.maxValidUntilBlockIncrement,
    maxtransactionsperblock: policy.maxTransactionsPerBlock,
    memorypoolmaxtransactions: policy.mempoolTransactions,
    validatorscount: 1,
  };
  return { result: { useragent: USER_AGENT, nonce: 1, protocol } };
}

export function getContractState({ core }: View, [named]: readonly unknown[]): RpcReply {
  const contract = core.contracts.get(named as Hash160);
  if (contract === undefined) return failed(RpcCode.UnknownContract, 'Unknown contract');
  const methods = [...contract.methods].map(([name, { parameters, safe }]) => ({
    name: name.split('/')[0],
    parameters: Array.from({ length: parameters }, (_, at) => ({ name: `a${at}`, type: 'Any' })),
    safe,
  }));
  const manifest = { name: contract.hash, abi: { methods, events: [] } };
  return { result: { id: 1, updatecounter: 0, hash: contract.hash, manifest } };
}

export const heightNow = (core: ChainCore): number => tipOf(core).index;
