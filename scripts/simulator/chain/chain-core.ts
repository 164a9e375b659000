import type { Datoshi } from '../../../src/base/datoshi.js';
import type { Hash160, Hash256 } from '../../../src/base/hash.js';
import type { TransactionSigner, Witness } from '../../../src/chain/transaction.js';
import type { Contract, ExecutionWorld, Notification, PastTransaction } from './machine.js';
import { destroyedKey } from './natives.js';
import type { SimulatedPolicy, TransactionFate } from './simulated-chain.js';
import type { StateStore } from './state-store.js';
import type { Item } from './vm-item.js';

/** A transaction as the chain keeps it. */
export interface KnownTransaction {
  readonly hash: Hash256;
  readonly script: Buffer;
  readonly signers: readonly TransactionSigner[];
  readonly sender: Hash160;
  readonly systemFee: Datoshi;
  readonly networkFee: Datoshi;
  readonly nonce: number;
  readonly validUntilBlock: number;
  readonly bytes: number;
  /** None of one that was trusted. */
  readonly witnesses: readonly Witness[];
}

export interface EndedTransaction extends KnownTransaction {
  readonly blockIndex: number;
  readonly state: 'HALT' | 'FAULT';
  readonly exception: string | null;
  readonly gasConsumed: Datoshi;
  readonly stack: readonly Item[];
  readonly notifications: readonly Notification[];
}

export interface KnownBlock {
  readonly index: number;
  readonly hash: Hash256;
  readonly previousHash: Hash256;
  readonly timeMs: number;
  readonly nonce: bigint;
  readonly transactions: readonly EndedTransaction[];
  readonly onPersist: readonly Notification[];
  readonly postPersist: readonly Notification[];
}

export interface Waiting {
  readonly transaction: KnownTransaction;
  fate: TransactionFate | null;
}

/** What all parts of a simulated chain work on. */
export interface ChainCore {
  readonly magic: number;
  readonly gateway: Hash160;
  readonly state: StateStore;
  readonly contracts: Map<Hash160, Contract>;
  readonly blocks: KnownBlock[];
  readonly blockByHash: Map<Hash256, KnownBlock>;
  readonly ended: Map<Hash256, EndedTransaction>;
  /** In the order in which they came. */
  readonly waiting: Map<Hash256, Waiting>;
  policy: SimulatedPolicy;
  /** Holds from the next block on. */
  nextPolicy: SimulatedPolicy;
}

export const tipOf = (core: ChainCore): KnownBlock => core.blocks.at(-1) as KnownBlock;

export const blockAt = (core: ChainCore, index: number): KnownBlock | null =>
  core.blocks[index - (core.blocks[0] as KnownBlock).index] ?? null;

/** The chain as a script sees it that runs behind block `currentIndex`. */
export function worldOf(
  core: ChainCore,
  at: { readonly currentIndex: number; readonly timeMs: number; readonly nonce: bigint | null },
): ExecutionWorld {
  const { policy, state } = core;
  return {
    state,
    magic: core.magic,
    execFeeFactor: policy.execFeeFactor,
    storagePrice: policy.storagePrice,
    msPerBlock: policy.msPerBlock,
    currentIndex: at.currentIndex,
    timeMs: at.timeMs,
    blockNonce: at.nonce,
    contractOf: (hash) => {
      const found = core.contracts.get(hash);
      return found === undefined || state.get(destroyedKey(hash)) === true ? null : found;
    },
    pastTransaction: (hash) => pastTransaction(core, hash, at.currentIndex),
  };
}

function pastTransaction(
  core: ChainCore,
  hash: Hash256,
  currentIndex: number,
): PastTransaction | null {
  const found = core.ended.get(hash);
  if (found === undefined || found.blockIndex > currentIndex) return null;
  const { sender, nonce, systemFee, networkFee, blockIndex } = found;
  return { sender, nonce, systemFee, networkFee, blockIndex, halted: found.state === 'HALT' };
}
