import { durationText } from '../base/duration.js';
import { QUOTE_UNIT } from './decimal.js';
import type { ConversionRate, JudgedSource, SourceQuote } from './quote.js';

/** A source's clock may be ahead of the node's by so much. */
export const FUTURE_TOLERANCE_MS = 30_000;

/** What a source of a feed said in this poll. */
export interface HeardSource {
  readonly source: string;
  readonly group: string;
  /** The quote currency's own feed; null where it is that of the pair. */
  readonly conversion: string | null;
  readonly heard: Pick<SourceQuote, 'value' | 'timestampMs'> | { readonly failure: string };
}

/**
 * Takes each source's word as a value in the pair's quote currency, or says why it doesn't count:
 * it failed, is stale, is from the future, or its currency has no fresh rate. A converted value is
 * as old as the older of the two, and rounded down.
 */
export function judgeSources(
  sources: readonly HeardSource[],
  rateOf: (pair: string) => ConversionRate | null,
  stalenessMs: number,
  nowMs: number,
): JudgedSource[] {
  return sources.map(({ source, group, conversion, heard }) => {
    const who = { source, group };
    if ('failure' in heard) {
      return { ...who, verdict: 'failed', value: null, timestampMs: null, why: heard.failure };
    }
    const rate = conversion === null ? UNCHANGED : rateOf(conversion);
    if (rate === null) {
      const why = `there is no fresh price of ${conversion} to convert it by`;
      const { timestampMs } = heard;
      return { ...who, verdict: 'unconverted', value: null, timestampMs, why };
    }
    const value = (heard.value * rate.value) / QUOTE_UNIT;
    const timestampMs = Math.min(heard.timestampMs, rate.timestampMs);
    const ageMs = nowMs - timestampMs;
    const judged = { ...who, value, timestampMs };
    if (nowMs - heard.timestampMs < -FUTURE_TOLERANCE_MS) {
      const aheadMs = heard.timestampMs - nowMs;
      const most = durationText(FUTURE_TOLERANCE_MS);
      const why = `its time is ${durationText(aheadMs)} ahead: by more than ${most}`;
      return { ...judged, verdict: 'future', why };
    }
    if (ageMs > stalenessMs) {
      const most = durationText(stalenessMs);
      const why = `it is ${durationText(ageMs)} old: older than staleness (${most})`;
      return { ...judged, verdict: 'stale', why };
    }
    if (value === 0n) {
      return { ...judged, verdict: 'failed', why: 'converted, nothing is left of it' };
    }
    return { ...judged, verdict: 'kept', why: null };
  });
}

/** In the pair's own quote currency a value stays what it is, and no older. */
const UNCHANGED: ConversionRate = { value: QUOTE_UNIT, timestampMs: Number.POSITIVE_INFINITY };
