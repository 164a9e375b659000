/** Basis points of the whole. */
export const BPS = 10_000n;

/**
 * The median of values; of an even count the floor of the mean of the middle two. At least one
 * value, none negative.
 */
export function medianOf(values: readonly bigint[]): bigint {
  const sorted = [...values].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const middle = sorted.length >> 1;
  const upper = sorted[middle];
  if (upper === undefined) throw new Error('bug: the median of nothing');
  if (sorted.length % 2 === 1) return upper;
  return ((sorted[middle - 1] ?? upper) + upper) / 2n;
}

export const distance = (a: bigint, b: bigint): bigint => (a > b ? a - b : b - a);

/** Median of the values' distances from their median (MAD). */
export const medianDistance = (values: readonly bigint[], median: bigint): bigint =>
  medianOf(values.map((value) => distance(value, median)));

/** True when a value is at most so many basis points of `base` away from it; exact. */
export const isWithinBps = (value: bigint, base: bigint, bps: number): boolean =>
  distance(value, base) * BPS <= base * BigInt(bps);

/** How far a value is from `base`, in hundredths of a basis point, rounded up. For people. */
export function centiBpsFrom(value: bigint, base: bigint): bigint {
  if (base === 0n) return 0n;
  return (distance(value, base) * BPS * 100n + base - 1n) / base;
}
