import type { Hash160, Hash256 } from '../base/hash.js';
import type { OwnGas } from './own-gas.js';
import type { Rpc } from './rpc.js';
import type { StackItem } from './stack-item.js';

/** An event that the gateway emitted in a transaction that HALTed. */
export interface GatewayNotification {
  readonly txHash: Hash256;
  /** Place among the gateway's events of the block, from 0. */
  readonly indexInBlock: number;
  /** The event's name, e.g. HttpRequest. */
  readonly name: string;
  /** The event's arguments. */
  readonly state: readonly StackItem[];
}

/** What one block holds for the node. Events of FAULTed transactions are not among it. */
export interface TailedBlock {
  readonly index: number;
  /** Null only where the block holds nothing for the node and its header was not asked for. */
  readonly hash: Hash256 | null;
  /** The block's time in milliseconds since 1970, null like the hash. */
  readonly timeMs: number | null;
  readonly notifications: readonly GatewayNotification[];
  /** What it did to the GAS of the source's own accounts. */
  readonly ownGas: readonly OwnGas[];
}

/** Blocks that follow one another. */
export interface BlockRun {
  readonly blocks: readonly TailedBlock[];
  /** Hash of the block before the first of them. */
  readonly previousHash: Hash256;
}

/** The end of the chain as an endpoint sees it. */
export interface ChainTip {
  /** Number of blocks: the index of the latest, and one. */
  readonly blockCount: number;
  /** The block that was asked for, or null if it isn't there yet. */
  readonly next: BlockRun | null;
}

/** Reads blocks over RPC; rejects as `Rpc` does. */
export interface BlockSource {
  /**
   * Blocks `fromIndex` to `fromIndex + count - 1`, which exist; the last one has its hash. A
   * missing one is a retryable NodeError BLOCK_MISSING.
   */
  read(fromIndex: number, count: number, signal?: AbortSignal): Promise<BlockRun>;
  /** How long the chain is, with block `index` where it exists: one exchange, to be quick. */
  tip(index: number, signal?: AbortSignal): Promise<ChainTip>;
  /** Hash of a block, or null where the endpoint doesn't have it. */
  hashAt(index: number, signal?: AbortSignal): Promise<Hash256 | null>;
}

export interface BlockSourceOptions {
  readonly rpc: Rpc;
  readonly gateway: Hash160;
  /** Accounts whose GAS is followed; default none, and then nothing is asked about any. */
  readonly ownAccounts?: readonly Hash160[] | undefined;
}
