/** Kinds of work, by which premiums and minimums of the policy are ordered. */
export const Kind = { oracle: 0, http: 1, function: 2, random: 3, price: 4, upkeep: 5 } as const;
export const KINDS = 6;

/** Codes of Neo's native oracle. */
export const CODES: readonly bigint[] = [
  0x00n,
  0x10n,
  0x12n,
  0x14n,
  0x16n,
  0x18n,
  0x1an,
  0x1cn,
  0x1fn,
  0xffn,
];
