/** Choices that follow from a seed alone (mulberry32). */
export interface Choice {
  /** 0 to below n. */
  below(n: number): number;
  of<T>(all: readonly T[]): T;
  /** True in so many of a hundred. */
  percent(chance: number): boolean;
}

export function seededChoice(seed: number): Choice {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  const below = (n: number): number => Math.floor((next() / 2 ** 32) * n);
  return {
    below,
    of: <T>(all: readonly T[]): T => {
      if (all.length === 0) throw new RangeError('there is nothing to choose from');
      return all[below(all.length)] as T;
    },
    percent: (chance) => below(100) < chance,
  };
}
