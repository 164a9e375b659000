import type { Clock } from '../base/clock.js';
import type { Hash160 } from '../base/hash.js';
import { existing } from './block-header.js';
import { blockCall, haltedIn, logOf, parseBlock } from './block-source-portable.js';
import { isRpcError, type Rpc, type RpcCall, RpcCode, type RpcOptions } from './rpc.js';
import { rpcHash160, rpcList, rpcObject, rpcText } from './rpc-fields.js';

/** An event that a transaction emitted which HALTed. */
export interface ContractEvent {
  readonly block: number;
  readonly contract: Hash160;
  readonly name: string;
}

export interface ContractEventReader {
  /**
   * The events of these contracts in blocks `fromIndex` to `fromIndex + count - 1`, which exist,
   * block by block. What a block itself does (fees, rewards) is none. Rejects as `Rpc` does, and
   * with a retryable NodeError BLOCK_MISSING.
   */
  read(
    fromIndex: number,
    count: number,
    contracts: readonly Hash160[],
    signal?: AbortSignal,
  ): Promise<ContractEvent[]>;
}

export interface ContractEventOptions {
  readonly rpc: Rpc;
  readonly clock: Clock;
  /** `auto` takes neo-go's getblocknotifications where the endpoint has it; else portable. */
  readonly mode: 'auto' | 'portable';
}

/** Asked one by one up to so many; of more it is cheaper to read all that a block holds. */
const MAX_FILTERED = 8;
/** With several endpoints one that has the fast call may come back: look again after a minute. */
const LOOK_AGAIN_MS = 60_000;

/** Reads events of any contract out of blocks that were tailed before. */
export function createContractEventReader({
  rpc,
  clock,
  mode,
}: ContractEventOptions): ContractEventReader {
  let portableUntilMs = mode === 'portable' ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
  return {
    async read(fromIndex, count, contracts, signal) {
      const indexes = Array.from({ length: count }, (_, at) => fromIndex + at);
      const limits = { signal, minHeight: fromIndex + count - 1 };
      if (contracts.length === 0) return [];
      if (clock.monotonicMs() >= portableUntilMs) {
        try {
          return await readFast(rpc, indexes, contracts, limits);
        } catch (thrown) {
          if (!isRpcError(thrown, RpcCode.MethodNotFound)) throw thrown;
          portableUntilMs = clock.monotonicMs() + LOOK_AGAIN_MS;
        }
      }
      return readPortable(rpc, indexes, contracts, limits);
    },
  };
}

async function readFast(
  rpc: Rpc,
  indexes: readonly number[],
  contracts: readonly Hash160[],
  limits: RpcOptions,
): Promise<ContractEvent[]> {
  const filters: readonly unknown[][] =
    contracts.length > MAX_FILTERED ? [[]] : contracts.map((contract) => [{ contract }]);
  const asked = indexes.flatMap((block) => filters.map((filter) => ({ block, filter })));
  const calls = asked.map(
    ({ block, filter }): RpcCall => ({
      method: 'getblocknotifications',
      params: [block, ...filter],
    }),
  );
  const results = await rpc.batch(calls, limits);
  const wanted = new Set(contracts);
  return asked.flatMap(({ block }, at) => {
    const what = `notifications of block ${block}`;
    const { application } = rpcObject(existing(results[at], block), what);
    return application === undefined || application === null
      ? []
      : eventsIn(rpcList(application, what), wanted, block);
  });
}

async function readPortable(
  rpc: Rpc,
  indexes: readonly number[],
  contracts: readonly Hash160[],
  limits: RpcOptions,
): Promise<ContractEvent[]> {
  const wanted = new Set(contracts);
  const blocks = await rpc.batch(indexes.map(blockCall), limits);
  const sent = indexes.flatMap((block, at) =>
    parseBlock(existing(blocks[at], block), block).transactions.map((tx) => ({ block, tx })),
  );
  const calls = sent.map(({ tx }) => ({ method: 'getapplicationlog', params: [tx] }));
  const logs = calls.length === 0 ? [] : await rpc.batch(calls, limits);
  return sent.flatMap(({ block, tx }, at) =>
    haltedIn(logOf(logs[at], tx), tx, 'Application').flatMap(({ notifications }) =>
      eventsIn(notifications, wanted, block),
    ),
  );
}

function eventsIn(
  notifications: readonly unknown[],
  wanted: ReadonlySet<Hash160>,
  block: number,
): ContractEvent[] {
  const what = `a notification of block ${block}`;
  return notifications.flatMap((entry) => {
    const { contract: hash, eventname } = rpcObject(entry, what);
    const contract = rpcHash160(hash, `contract of ${what}`);
    if (!wanted.has(contract)) return [];
    return [{ block, contract, name: rpcText(eventname, `eventname of ${what}`) }];
  });
}
