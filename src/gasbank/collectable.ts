import type { Datoshi } from '../base/datoshi.js';

/** When earnings are moved into the wallet. */
export interface CollectRule {
  /** While less than this is available in the wallet; 0: never. */
  readonly whenWalletBelow: Datoshi;
  /** Only so much or more, since collecting costs a fee. */
  readonly atLeast: Datoshi;
}

/**
 * How much is to be collected now; null: nothing. All that was earned, or it would cost twice.
 * `isShort`: work waits, since what is available does not pay for it.
 */
export function collectable(
  { available, isShort }: { readonly available: Datoshi; readonly isShort: boolean },
  earned: Datoshi,
  { whenWalletBelow, atLeast }: CollectRule,
): Datoshi | null {
  if (whenWalletBelow === 0n || earned < atLeast || earned <= 0n) return null;
  return isShort || available < whenWalletBelow ? earned : null;
}
