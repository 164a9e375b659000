import type { Datoshi } from '../base/datoshi.js';
import type { SpendKind } from '../base/spend-kind.js';
import type { AnswerItem } from './answer.js';
import type { FeeMargin, PredictedCharge } from './answer-fees.js';
import type { ChainPort, TransactionTerms } from './chain-port.js';

export interface PlanLimits {
  readonly margin: FeeMargin;
  /** Of one transaction's system fee: the operator's, and at most the network's. */
  readonly maxSystemFee: Datoshi;
  /** Of one transaction's network fee. */
  readonly maxNetworkFee: Datoshi;
  /** Work that the node may do though nobody pays for all of it. */
  readonly allowLoss: ReadonlySet<SpendKind>;
}

/** A charge, and the last block of the transaction that it was measured for. */
export interface MeasuredCharge {
  readonly charge: Datoshi;
  readonly validUntilBlock: number;
}

/** What planning works with, and what it has learnt. */
export interface Planning {
  readonly chain: ChainPort;
  readonly limits: PlanLimits;
  /**
   * The charge of a plain answer as last measured, or null: near enough for most decisions. Of a
   * random request the plainest is its proof, kept, which costs many times as much.
   */
  readonly plain: { last: MeasuredCharge | null; lastDraw?: MeasuredCharge };
  /** True once a preflight showed no fees: the gateway is asked for what they would tell. */
  readonly bare: { seen: boolean };
  /** Requests whose callback was once too slow: the next time that is its fault. */
  readonly slow: {
    has(requestId: bigint): boolean;
    add(requestId: bigint): unknown;
    delete(requestId: bigint): unknown;
  };
}

/** A transaction that is worth signing, with what each of its answers is and why. */
export interface PlannedTransaction {
  readonly kind: 'send';
  readonly items: readonly AnswerItem[];
  readonly script: Buffer;
  readonly terms: TransactionTerms;
  /** Of each item, in their order. */
  readonly predictions: readonly PredictedCharge[];
  /** By request: how it is answered, and what stood in the way of better. */
  readonly why: ReadonlyMap<bigint, string>;
}

/** The nonce by which a later answer can claim the fees of a transaction that FAULTed. */
export const nonceOf = (requestId: bigint): number => Number(requestId & 0xffffffffn);
