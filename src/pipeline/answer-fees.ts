import type { Datoshi } from '../base/datoshi.js';

/** What one answer of a preflighted transaction would do, as its `Response` event tells. */
export interface AnswerEffect {
  readonly delivered: boolean;
  readonly fee: Datoshi;
  readonly lost: Datoshi;
  readonly premium: Datoshi;
}

/** How much is added to the gas that a preflight used. */
export interface FeeMargin {
  /** Of the gas used, in basis points. */
  readonly bps: bigint;
  /** At least this. */
  readonly minimum: Datoshi;
}

/**
 * The system fee for gas that a preflight used: balances and ids that are written in the block may
 * be a byte longer than in the preflight. All of it is burnt, so the margin is small.
 */
export function systemFeeFor(gasConsumed: Datoshi, margin: FeeMargin): Datoshi {
  const share = (gasConsumed * margin.bps) / 10_000n;
  return gasConsumed + (share > margin.minimum ? share : margin.minimum);
}

/**
 * What the contract will charge, from an effect that was seen in a preflight whose container paid
 * `seen` and that had `items` answers, when the transaction pays `paid` instead. It shares
 * what is beyond the answers' own use equally. Exact to the datoshi but for the share's rounding.
 */
export function predictCharge(
  effect: AnswerEffect,
  items: number,
  seen: Datoshi,
  paid: Datoshi,
): Datoshi {
  return effect.fee + ceilDivide(paid - seen, BigInt(items)) + effect.lost + effect.premium;
}

/** True where the event's fee may have been cut (at zero or at maxFee), and so tells nothing. */
export function wasClamped(effect: AnswerEffect, maxFee: Datoshi): boolean {
  return effect.fee === 0n || effect.fee + effect.lost + effect.premium >= maxFee;
}

function ceilDivide(value: bigint, by: bigint): bigint {
  const quotient = value / by;
  return value % by > 0n ? quotient + 1n : quotient;
}
