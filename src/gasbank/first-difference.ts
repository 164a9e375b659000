/** The last block at which two agreed, null when at none, and the first at which they did not. */
export interface DifferenceSpan {
  readonly agreedBlock: number | null;
  readonly firstBlock: number;
}

/**
 * Finds a block at which two began to differ, by halving what is known: `agreedBlock` (or, where no
 * such is known, `floor`) is held for the last that agreed. `agreesAt` tells of a block whether
 * they agreed then, null where nobody can tell any more: then the span stays as wide as it is.
 */
export async function firstDifference(
  known: DifferenceSpan,
  floor: number,
  agreesAt: (height: number) => Promise<boolean | null>,
): Promise<DifferenceSpan> {
  let low = known.agreedBlock;
  let high = known.firstBlock;
  if (low === null && floor < high) {
    const agreed = await agreesAt(floor);
    if (agreed === null) return known;
    if (!agreed) return { agreedBlock: null, firstBlock: floor };
    low = floor;
  }
  while (low !== null && high - low > 1) {
    const middle = low + Math.floor((high - low) / 2);
    const agreed = await agreesAt(middle);
    if (agreed === null) break;
    if (agreed) low = middle;
    else high = middle;
  }
  return { agreedBlock: low, firstBlock: high };
}
