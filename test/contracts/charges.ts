import type { Datoshi } from '../../src/base/datoshi.js';

/*
 * The charge of an answer as the design defines it, computed apart from the contract: what the item
 * used, and an equal share of the rest of the transaction's fees; then lost and premium, as far as
 * maxFee reaches.
 */

/** One response of a transaction, in its place. */
export interface Item {
  /**
   * What its execution used, in datoshi, more than a skipped id uses: only differences count, since
   * what all items use alike is shared like everything else.
   */
  readonly used: Datoshi;
  /** Null for an id that is skipped. */
  readonly request: {
    readonly maxFee: Datoshi;
    readonly premium: Datoshi;
    readonly networkFeeCeiling: Datoshi;
    /** What an earlier transaction lost, or 0. */
    readonly lost: Datoshi;
  } | null;
}

export interface Charge {
  readonly fee: Datoshi;
  readonly lost: Datoshi;
  readonly premium: Datoshi;
}

/** The charge of each item, in order; null for those skipped. */
export function chargesOf(
  fees: { readonly systemFee: Datoshi; readonly networkFee: Datoshi },
  items: readonly Item[],
): (Charge | null)[] {
  const used = items.reduce((sum, item) => sum + item.used, 0n);
  return items.map(({ used: own, request }, place) => {
    if (request === null) return null;
    const rest = fees.systemFee - used + lesser(fees.networkFee, request.networkFeeCeiling);
    const share = floorDivide(rest + BigInt(place), BigInt(items.length));
    const fee = lesser(own + share, request.maxFee);
    const lost = lesser(request.lost, request.maxFee - fee);
    const premium = lesser(request.premium, request.maxFee - fee - lost);
    return { fee, lost, premium };
  });
}

/**
 * What an item used more than a skipped id, found from the fee that it was charged next to 31 such:
 * of all amounts the only one that gives this fee. Throws when there is none.
 */
export function usedNextToSkipped(
  fees: { readonly systemFee: Datoshi; readonly networkFee: Datoshi },
  fee: Datoshi,
  request: NonNullable<Item['request']>,
): Datoshi {
  const skipped = Array<Item>(31).fill({ used: 0n, request: null });
  const paid = fees.systemFee + lesser(fees.networkFee, request.networkFeeCeiling);
  // fee = used + (paid - used) / 32, but for rounding.
  const about = (fee * 32n - paid) / 31n;
  const fits = [-1n, 0n, 1n, 2n]
    .map((off) => about + off)
    .filter((used) => chargesOf(fees, [{ used, request }, ...skipped])[0]?.fee === fee);
  const [used] = fits;
  if (used === undefined || fits.length > 1) throw new Error(`${fits.length} amounts fit ${fee}`);
  return used;
}

const lesser = (a: Datoshi, b: Datoshi): Datoshi => (a < b ? a : b);

/** Towards minus infinity; b > 0. */
const floorDivide = (a: Datoshi, b: Datoshi): Datoshi =>
  a < 0n && a % b !== 0n ? a / b - 1n : a / b;
