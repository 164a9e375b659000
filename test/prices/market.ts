import { aggregate } from '../../src/prices/aggregate.js';
import { type HeardSource, judgeSources } from '../../src/prices/judge-sources.js';
import type { ConversionRate } from '../../src/prices/quote.js';

// A market in which what is true is known, and sources that tell of it more or less honestly.

/** A source in a scenario. Values are floats here: the market is not money. */
export interface Told {
  readonly value: number;
  readonly timestampMs: number;
  readonly isHonest: boolean;
  /** Quoted in the stablecoin. */
  readonly inStable?: boolean;
}

/** One moment: what is true, and what sources say; null is an outage. */
export interface Moment {
  readonly nowMs: number;
  readonly truth: number;
  readonly told: readonly (Told | null)[];
  /** What sources say of the stablecoin, where there is one. */
  readonly stable?: readonly (Told | null)[];
}

/** A small generator with a seed, so that every run is the same (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const E12 = 1_000_000_000_000n;
const toUnits = (value: number): bigint => BigInt(Math.round(value * 1e6)) * E12;
export const fromUnits = (value: bigint): number => Number(value / E12) / 1e6;

export const STALENESS_MS = 60_000;
const RULES = { quorum: 3, agreementBps: 100 };

function heard(told: readonly (Told | null)[]): HeardSource[] {
  return told.map((each, at) => ({
    source: `s${at}`,
    group: `g${at}`,
    conversion: each?.inStable === true ? 'USDT/USD' : null,
    heard:
      each === null
        ? { failure: 'no connection' }
        : { value: toUnits(each.value), timestampMs: each.timestampMs },
  }));
}

/** The price as the node finds it; null where it finds none. */
export function asTheNode({ nowMs, told, stable }: Moment): number | null {
  const rate = stable === undefined ? null : agreedRate(stable, nowMs);
  const judged = judgeSources(heard(told), () => rate, STALENESS_MS, nowMs);
  const { result } = aggregate(judged, RULES);
  return result.kind === 'agreed' ? fromUnits(result.value) : null;
}

function agreedRate(stable: readonly (Told | null)[], nowMs: number): ConversionRate | null {
  const judged = judgeSources(heard(stable), () => null, STALENESS_MS, nowMs);
  const { result } = aggregate(judged, RULES);
  return result.kind === 'agreed' ? result : null;
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** The largest and the smallest tenth are left out, at least one each. */
function trimmedMean(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const cut = Math.max(1, Math.floor(values.length / 10));
  return mean(sorted.slice(cut, -cut));
}

/** What is more than 2.5 standard deviations from the mean is left out. */
function sigmaMean(values: readonly number[]): number {
  const center = mean(values);
  const sigma = Math.sqrt(mean(values.map((value) => (value - center) ** 2)));
  return mean(values.filter((value) => Math.abs(value - center) <= 2.5 * sigma));
}

/** Ways that others take the middle. */
export const MEANS = { mean, trimmedMean, sigmaMean };
export type MeanName = keyof typeof MEANS;

/** The price as one finds it who takes a mean, of fresh sources, converted in the same way. */
export function asByMean(name: MeanName, { nowMs, told, stable }: Moment): number {
  const freshOnes = (list: readonly (Told | null)[]): Told[] =>
    list.filter((each) => each !== null && nowMs - each.timestampMs <= STALENESS_MS) as Told[];
  const middle = MEANS[name];
  const rate = stable === undefined ? 1 : middle(freshOnes(stable).map(({ value }) => value));
  return middle(
    freshOnes(told).map(({ value, inStable }) => (inStable === true ? value * rate : value)),
  );
}
