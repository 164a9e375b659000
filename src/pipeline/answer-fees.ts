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

/** What the gateway takes of a request's maxFee for its answer. */
export interface Charge {
  readonly fee: Datoshi;
  readonly lost: Datoshi;
  readonly premium: Datoshi;
}

/** A charge as it is predicted before its transaction is signed. */
export interface PredictedCharge extends Charge {
  readonly requestId: bigint;
  readonly delivered: boolean;
  /** The fee if maxFee had no end: what the answer costs. */
  readonly uncutFee: Datoshi;
}

/**
 * What the contract takes of maxFee, in its order (charge in contracts/gateway/charging.go): the
 * fee, then what was lost, then the premium, each as far as maxFee reaches.
 */
export function chargeWithin(maxFee: Datoshi, due: Charge): Charge {
  const fee = least(due.fee, maxFee);
  const lost = least(due.lost, maxFee - fee);
  const premium = least(due.premium, maxFee - fee - lost);
  return { fee, lost, premium };
}

/**
 * Of an answer alone in its transaction: the network fee that its request bears, up to a ceiling.
 * It is charged that and all of the system fee. `effect` was seen in a preflight whose container
 * paid `seen`; null where maxFee cut it, and so tells nothing.
 */
export function networkFeeBorne(
  effect: AnswerEffect,
  seen: Datoshi,
  maxFee: Datoshi,
): Datoshi | null {
  return reachesMaxFee(effect, maxFee) ? null : effect.fee - seen;
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
  return effect.fee === 0n || reachesMaxFee(effect, maxFee);
}

const reachesMaxFee = ({ fee, lost, premium }: Charge, maxFee: Datoshi): boolean =>
  fee + lost + premium >= maxFee;

const least = (a: Datoshi, b: Datoshi): Datoshi => (a < b ? a : b);

function ceilDivide(value: bigint, by: bigint): bigint {
  const quotient = value / by;
  return value % by > 0n ? quotient + 1n : quotient;
}
