import type { SeededRandom } from './seeded-random.js';

/** What prices really are. */
export interface PriceWalk {
  /** With 8 decimals. */
  at(pair: string, ms: number): bigint;
}

const STEP_MS = 1_000;
const FIRST = 250_000_000n;
/** One step in so many is a jump. */
const JUMPS = 150;

/** Prices that wander, and now and then jump; what one is at a time hangs on the seed alone. */
export function createPriceWalk(random: SeededRandom, startMs: number): PriceWalk {
  const walks = new Map<string, { readonly random: SeededRandom; readonly prices: bigint[] }>();
  return {
    at(pair, ms) {
      const walk = walks.get(pair) ?? { random: random.fork(pair), prices: [FIRST] };
      walks.set(pair, walk);
      const step = Math.max(0, Math.floor((ms - startMs) / STEP_MS));
      while (walk.prices.length <= step) {
        const last = walk.prices.at(-1) as bigint;
        const isJump = walk.random.below(JUMPS) === 0;
        const bps = isJump ? walk.random.between(-2_000, 2_000) : walk.random.between(-12, 12);
        walk.prices.push((last * BigInt(10_000 + bps)) / 10_000n);
      }
      return walk.prices[step] as bigint;
    },
  };
}
