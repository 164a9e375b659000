import type { Datoshi } from '../base/datoshi.js';

export interface ForecastInput {
  /** GAS of the node's account that no draw holds. */
  readonly wallet: Datoshi;
  /** What the gateway owes the node's account. */
  readonly earned: Datoshi;
  /** What the wallet always keeps. */
  readonly floor: Datoshi;
  /** Fees that were paid in the period. */
  readonly spent: Datoshi;
  /** What was charged less what was spent in the period. */
  readonly result: Datoshi;
  readonly periodMs: number;
}

/** How long the money lasts, in whole hours rounded down. */
export interface Forecast {
  readonly periodMs: number;
  readonly spentPerDayDatoshi: Datoshi;
  readonly resultPerDayDatoshi: Datoshi;
  /** Until the wallet is at its floor, if nothing is collected; null: nothing is spent. */
  readonly hoursLeft: number | null;
  /** The same if the earnings are always collected; null: they pay for everything. */
  readonly hoursLeftCollecting: number | null;
}

/** Over a shorter period a single answer would make the forecast. */
export const MIN_FORECAST_PERIOD_MS = 3_600_000;

const DAY_MS = 86_400_000n;
const HOUR_MS = 3_600_000n;

/**
 * How long the money lasts if the next days are as the period was. Null where the period is
 * shorter than MIN_FORECAST_PERIOD_MS.
 */
export function forecast(input: ForecastInput): Forecast | null {
  const { wallet, earned, floor, spent, result, periodMs } = input;
  if (periodMs < MIN_FORECAST_PERIOD_MS) return null;
  const period = BigInt(Math.round(periodMs));
  return {
    periodMs,
    spentPerDayDatoshi: (spent * DAY_MS) / period,
    resultPerDayDatoshi: (result * DAY_MS) / period,
    hoursLeft: hoursUntilUsed(wallet - floor, spent, period),
    hoursLeftCollecting: hoursUntilUsed(wallet + earned - floor, -result, period),
  };
}

function hoursUntilUsed(have: Datoshi, used: Datoshi, periodMs: bigint): number | null {
  if (used <= 0n) return null;
  return have <= 0n ? 0 : Number((have * periodMs) / used / HOUR_MS);
}
