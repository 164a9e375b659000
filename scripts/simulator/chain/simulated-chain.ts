import type { Datoshi } from '../../../src/base/datoshi.js';
import type { Hash160, Hash256 } from '../../../src/base/hash.js';
import type { TransactionSigner } from '../../../src/chain/transaction.js';

/*
 * A Neo N3 chain with one gateway, in memory and without time of its own: a block comes when
 * `produceBlock` is called. It answers at JSON-RPC level, so that what stands on top of it is the
 * node's own chain layer. The same options and the same calls in the same order give the same
 * answers, byte for byte. test/simulator/ holds it against neo-go.
 */

/** What the network's committee decides. */
export interface SimulatedPolicy {
  readonly feePerByte: Datoshi;
  /** Datoshi for each unit of execution; always a whole number here. */
  readonly execFeeFactor: Datoshi;
  /** Datoshi for each byte put into storage. */
  readonly storagePrice: Datoshi;
  readonly maxValidUntilBlockIncrement: number;
  readonly maxBlockSystemFee: Datoshi;
  readonly maxTransactionsPerBlock: number;
  /** Transactions that wait; one more is answered with MempoolCapReached. */
  readonly mempoolTransactions: number;
  readonly msPerBlock: number;
}

export interface SimulatedChainOptions {
  readonly magic: number;
  readonly gateway: Hash160;
  readonly executor: Hash160;
  /** Owns the gateway. */
  readonly owner: Hash160;
  readonly nodeAccount: Hash160;
  /** Index and time (ms since 1970) of the block that is there at the start, the gateway in it. */
  readonly startIndex: number;
  readonly startTimeMs: number;
  /** Nodes of the network that can be asked, each with faults of its own; at least 1. */
  readonly endpoints: number;
  /** GAS of accounts at the start. */
  readonly gas: ReadonlyMap<Hash160, Datoshi>;
  /** Contracts beside the gateway; more may be deployed later. */
  readonly contracts?: readonly SimulatedContract[];
  /** What differs from the defaults, which are those of a private network of neo-go. */
  readonly policy?: Partial<SimulatedPolicy>;
  /**
   * How proofs of random requests are looked at: by the curve (`verified`, some ms each), or by
   * their length alone (`trusted`).
   */
  readonly proofs: 'verified' | 'trusted';
  /**
   * `trusted`: a witness's verification script must be the signer's, but its signatures are not
   * looked at. Default `verified`.
   */
  readonly signatures?: 'verified' | 'trusted';
  /** What an endpoint lends to a script on trial, in datoshi; default 200 GAS. */
  readonly lentGas?: Datoshi;
}

/**
 * How a hostile contract's callback or tick behaves in one call: a mode of
 * contracts/testing/hostile, or null for the one that `setMode` set.
 */
export type ModeChoice = (call: {
  readonly contract: Hash160;
  readonly method: string;
  readonly phase: 'trial' | 'block';
  /** Of the block that it is in, or would be. */
  readonly blockIndex: number;
}) => string | null;

/** A consumer: an instance of contracts/testing/hostile, modelled; its modes are set by calls. */
export interface SimulatedContract {
  readonly kind: 'hostile';
  readonly hash: Hash160;
  /** So it may do one thing in preflight and another in the block. */
  readonly chooseMode?: ModeChoice;
}

export type RpcReply =
  | { readonly result: unknown }
  | { readonly error: { readonly code: number; readonly message: string; readonly data?: string } };

/** A transaction that needs no signatures, for those whose keys nobody has to hold. */
export interface TrustedTransaction {
  readonly script: Buffer;
  /** The first one is the sender, who pays. */
  readonly signers: readonly TransactionSigner[];
  readonly systemFee: Datoshi;
  readonly networkFee: Datoshi;
  readonly nonce: number;
  readonly validUntilBlock: number;
}

/** What goes wrong at one endpoint. All of it may be changed at any time. */
export interface EndpointFaults {
  /** It knows the chain only up to so many blocks before its end; state and logs are of then. */
  lagBlocks: number;
  /** Blocks that it says it does not have, though it has later ones. */
  readonly missingBlocks: Set<number>;
  /** Methods that it says it does not know, e.g. `getblocknotifications`, as C# nodes do. */
  readonly missingMethods: Set<string>;
  /** What is added to the count of blocks that it tells: a lie, where not 0. */
  heightLie: number;
  /**
   * Asked before every call: an answer of its own in the place of the chain's, or null. The place
   * for errors, for answers that are none, and for lies of any kind.
   */
  intercept: ((method: string, params: readonly unknown[]) => RpcReply | null) | null;
}

/** What becomes of a waiting transaction otherwise than by its fees. */
export type TransactionFate =
  /** In no block before this one. */
  | { readonly kind: 'held'; readonly untilIndex: number }
  /** In no block; it waits until it is no longer valid. */
  | { readonly kind: 'never' }
  /** Forgotten at once, by every endpoint. */
  | { readonly kind: 'dropped' }
  /** In a block, where it FAULTs with this exception and burns its fees. */
  | { readonly kind: 'faulted'; readonly exception: string };

export interface SimulatedTransaction {
  readonly hash: Hash256;
  readonly sender: Hash160;
  readonly nonce: number;
  readonly systemFee: Datoshi;
  readonly networkFee: Datoshi;
  readonly validUntilBlock: number;
  readonly script: Buffer;
  readonly bytes: number;
}

/** An event as the chain holds it; `state` is in the JSON form of the RPC. */
export interface SimulatedEvent {
  readonly contract: Hash160;
  readonly name: string;
  readonly state: readonly unknown[];
}

export interface AppliedTransaction extends SimulatedTransaction {
  readonly blockIndex: number;
  readonly state: 'HALT' | 'FAULT';
  /** Null of one that HALTed. */
  readonly exception: string | null;
  readonly gasConsumed: Datoshi;
  /** Of a FAULT too, where they count for nothing. */
  readonly events: readonly SimulatedEvent[];
}

export interface SimulatedBlock {
  readonly index: number;
  readonly hash: Hash256;
  readonly timeMs: number;
  readonly transactions: readonly AppliedTransaction[];
}

export interface BlockOptions {
  /** Exactly these of the waiting ones, in this order, whatever their fees; default by fees. */
  readonly transactions?: readonly Hash256[];
  /** 8 bytes; random numbers in the block follow from it. Default: from index and time. */
  readonly nonce?: bigint;
}

/** How a request ended. `block` is that of the transaction. */
export type RequestEnding =
  | {
      readonly kind: 'answered';
      readonly block: number;
      readonly tx: Hash256;
      readonly code: number;
      readonly delivered: boolean;
      readonly fee: Datoshi;
      readonly lost: Datoshi;
      readonly premium: Datoshi;
    }
  | {
      readonly kind: 'expired';
      readonly block: number;
      readonly tx: Hash256;
      readonly refund: Datoshi;
    };

/** A request with all that ever ended it: more than one ending would break promise 1. */
export interface RequestHistory {
  readonly id: bigint;
  /** The event's name, e.g. HttpRequest. */
  readonly event: string;
  readonly requester: Hash160;
  readonly payer: Hash160;
  readonly maxFee: Datoshi;
  readonly deadline: number;
  readonly asked: number;
  readonly endings: readonly RequestEnding[];
}

/** A run of an upkeep. */
export interface UpkeepRunRecord {
  readonly id: bigint;
  /** ms for cron, else a block. */
  readonly due: bigint;
  readonly block: number;
  readonly tx: Hash256;
  readonly delivered: boolean;
  readonly fee: Datoshi;
  readonly lost: Datoshi;
  readonly premium: Datoshi;
  /** For the next run. */
  readonly locked: Datoshi;
}

export interface UpkeepHistory {
  readonly id: bigint;
  readonly owner: Hash160;
  readonly target: Hash160;
  readonly method: string;
  readonly trigger: string;
  readonly maxFee: Datoshi;
  readonly registered: number;
  /** Block in which it was cancelled, else null. */
  readonly cancelled: number | null;
}

/** What the gateway owes, and what it has. */
export interface SimulatedBalances {
  readonly held: Datoshi;
  readonly credit: ReadonlyMap<Hash160, Datoshi>;
  readonly reserved: ReadonlyMap<Hash160, Datoshi>;
  readonly earned: ReadonlyMap<Hash160, Datoshi>;
}

/**
 * That what an item was charged is another amount than the model's gas makes it: for a test that
 * holds the model against a real chain, which has gas to the datoshi.
 */
export interface ChargeShift {
  readonly payer: Hash160;
  readonly earner: Hash160;
  /** What was charged more; below 0 for less. */
  readonly amount: Datoshi;
  /** Of a response; its sponsor's allowance shifts, too. Else null. */
  readonly requestId: bigint | null;
  /** Of a round, whose sponsor's allowance shifts, too. Else null. */
  readonly pair: string | null;
}

/** The truth about the chain, whatever its endpoints say. Nothing here changes anything. */
export interface ChainViews {
  height(): number;
  block(index: number): SimulatedBlock;
  requests(): readonly RequestHistory[];
  upkeeps(): readonly UpkeepHistory[];
  upkeepRuns(): readonly UpkeepRunRecord[];
  balances(): SimulatedBalances;
  /** The account whose answers the gateway takes; null when revoked. */
  node(): Hash160 | null;
  gasOf(account: Hash160): Datoshi;
  /** All that came into a block, in order. */
  transactions(): readonly AppliedTransaction[];
  waiting(): readonly SimulatedTransaction[];
  policy(): SimulatedPolicy;
}

export interface SimulatedChain {
  /** Answers one call as an endpoint (from 0) does, with its faults. */
  rpc(endpoint: number, method: string, params: readonly unknown[]): RpcReply;
  /**
   * Answers the body of a POST, a call or a batch, as an endpoint does: what a `HttpPoster` (of
   * src/chain/rpc-http.ts) gives to the RPC client.
   */
  post(endpoint: number, body: string): { readonly status: number; readonly body: string };
  /** Takes a transaction in without looking at signatures. Throws a RangeError when refused. */
  submit(transaction: TrustedTransaction): Hash256;
  /** Makes the next block; its time must be after that of the last. */
  produceBlock(timeMs: number, options?: BlockOptions): SimulatedBlock;
  /** The faults of an endpoint, to be changed. */
  faultsOf(endpoint: number): EndpointFaults;
  /** Asked once for each transaction that comes in; null leaves it to its fees. */
  onTransaction(decide: (transaction: SimulatedTransaction) => TransactionFate | null): void;
  /** Changes what becomes of a waiting one. */
  decide(hash: Hash256, fate: TransactionFate): void;
  /** The committee's vote: holds from the next block on. */
  setPolicy(change: Partial<SimulatedPolicy>): void;
  /** Puts a contract there, as if deployed in the last block. */
  deploy(contract: SimulatedContract): void;
  /** Puts the books right after a charge; between blocks only. */
  shiftCharge(shift: ChargeShift): void;
  readonly views: ChainViews;
}

export { createSimulatedChain } from './create-simulated-chain.js';
