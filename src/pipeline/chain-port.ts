import type { Datoshi } from '../base/datoshi.js';
import type { Hash160, Hash256 } from '../base/hash.js';
import type { PriceRound } from '../chain/gateway-calls.js';
import type { TransactionState } from '../chain/transaction-state.js';
import type { AnswerItem } from './answer.js';
import type { AnswerEffect } from './answer-fees.js';

/** The fields of a transaction that its script can see. */
export interface TransactionTerms {
  readonly systemFee: Datoshi;
  readonly networkFee: Datoshi;
  readonly nonce: number;
  readonly validUntilBlock: number;
}

/** Who pays for a price round that a preflight published, and what. */
export interface RoundEffect {
  /** The feed's sponsor; null: nobody but the node. */
  readonly payer: Hash160 | null;
  readonly fee: Datoshi;
}

export type Preflight =
  | {
      readonly state: 'HALT';
      readonly gasConsumed: Datoshi;
      /** By request or upkeep; those that the gateway skipped are absent. */
      readonly effects: ReadonlyMap<bigint, AnswerEffect>;
      /** The requests that it refunded. */
      readonly expired: ReadonlySet<bigint>;
      /** By pair, the rounds that it published; absent where there is none. */
      readonly priced?: ReadonlyMap<string, RoundEffect>;
      /** True where the script ran inside the transaction, fees and all. */
      readonly contained: boolean;
    }
  | {
      readonly state: 'FAULT';
      readonly exception: string;
      /** The bound that it ran into, if that is what ended it. */
      readonly limit: 'gas' | 'time' | null;
    };

/** What delivery and charge of a pending request depend on. */
export interface PendingTerms {
  readonly requester: Hash160;
  /** Empty when none was named. */
  readonly callback: string;
  readonly premium: Datoshi;
  /** Of a transaction's network fee, what its answers bear at most. */
  readonly networkFeeCeiling: Datoshi;
}

export interface SignedTransaction {
  readonly hash: Hash256;
  readonly raw: Buffer;
}

export type Broadcast =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'known' }
  | { readonly kind: 'refused'; readonly reason: string };

/** What the pipeline asks of the chain. Rejects with a NodeError when no endpoint answers. */
export interface ChainPort {
  /** The account that signs, as the gateway knows it. */
  readonly account: Hash160;
  respondScript(items: readonly AnswerItem[]): Buffer;
  expireScript(ids: readonly bigint[]): Buffer;
  pricesScript(rounds: readonly PriceRound[]): Buffer;
  /** Moves earnings of the node's account into its wallet. */
  collectScript(amount: Datoshi): Buffer;
  /** Of a transaction with this script and the node's witness, at the network's present prices. */
  networkFee(script: Buffer): Datoshi;
  /** `maxGas` bounds a script that runs a stranger's code; null for one that runs none. */
  preflight(script: Buffer, terms: TransactionTerms, maxGas: Datoshi | null): Promise<Preflight>;
  /** Null when the gateway does not hold the request pending. */
  pendingTerms(requestId: bigint): Promise<PendingTerms | null>;
  hasMethod(contract: Hash160, method: string, parameters: number): Promise<boolean>;
  sign(script: Buffer, terms: TransactionTerms): Promise<SignedTransaction>;
  broadcast(raw: Buffer): Promise<Broadcast>;
  /** What became of transactions, as seen by an endpoint at or above a height. */
  fates(hashes: readonly Hash256[], minHeight: number): Promise<TransactionState[]>;
}
