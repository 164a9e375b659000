import { type Datoshi, formatGas } from '../base/datoshi.js';
import { type Hash160, hash160ToAddress } from '../base/hash.js';
import { signedGas } from './charge-difference.js';
import type { RoundPrediction } from './round-prediction-store.js';

/** What the gateway's event tells of who paid for a round. */
export interface ChargedRound {
  readonly payer: Hash160 | null;
  readonly fee: Datoshi;
}

/**
 * Why a round was charged otherwise than predicted.
 * - `sponsor`: somebody else sponsors its feed, or what he pays was changed, or the policy
 * - `skipped`: a round beside it was published by somebody else before
 * - `gas`: the rounds of the transaction shared its fees otherwise, or as with `sponsor`
 */
export type RoundDifferenceReason = 'sponsor' | 'skipped' | 'gas';

export interface RoundDifference {
  readonly reason: RoundDifferenceReason;
  readonly text: string;
}

/** The rounds of its transaction as it was predicted, and those of them that were skipped. */
export interface RoundsBeside {
  readonly rounds: number;
  readonly skipped: number;
}

/** Compares a charge with its prediction; null where they are the same, to the datoshi. */
export function roundDifference(
  predicted: RoundPrediction,
  charged: ChargedRound,
  { rounds, skipped }: RoundsBeside,
): RoundDifference | null {
  const by = charged.fee - predicted.fee;
  if (predicted.payer !== charged.payer) {
    const was = `${formatGas(predicted.fee)} GAS of ${nameOf(predicted.payer)}`;
    const is = `${formatGas(charged.fee)} GAS of ${nameOf(charged.payer)}`;
    return { reason: 'sponsor', text: `${is} instead of ${was}: another sponsor was chosen` };
  }
  if (by === 0n) return null;
  const fee = `fee ${signedGas(by)} GAS`;
  if (skipped > 0) {
    const text = `${fee}: the gateway skipped ${skipped} other rounds of the transaction`;
    return { reason: 'skipped', text };
  }
  // Of a round alone nothing is shared: gas that it used otherwise moves no fee.
  const changed = "the sponsor's limits or credit, or the policy, were others than on trial";
  if (rounds === 1) return { reason: 'sponsor', text: `${fee}: ${changed}` };
  const text = `${fee}: the rounds shared the fees otherwise than on trial, or ${changed}`;
  return { reason: 'gas', text };
}

const nameOf = (payer: Hash160 | null): string =>
  payer === null ? 'nobody' : hash160ToAddress(payer);
