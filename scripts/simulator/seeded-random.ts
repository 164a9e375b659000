import { createHash } from 'node:crypto';

/** Random draws that follow from a seed; each fork is a stream of its own. */
export interface SeededRandom {
  /** At least 0, less than 1. */
  next(): number;
  /** A whole number from 0 to n - 1. */
  below(n: number): number;
  /** A whole number from `least` to `most`. */
  between(least: number, most: number): number;
  chance(probability: number): boolean;
  pick<T>(of: readonly T[]): T;
  bytes(count: number): Buffer;
  /** Draws here change nothing there: what is added to one part leaves the others as they were. */
  fork(name: string): SeededRandom;
}

const WORD = 2 ** 32;

/** The generator sfc32 (Chris Doty-Humphrey, PractRand), started from a hash of seed and name. */
export function createSeededRandom(seed: string): SeededRandom {
  const start = createHash('sha256').update(seed).digest();
  let [a, b, c, counter] = [0, 4, 8, 12].map((at) => start.readUInt32LE(at)) as [
    number,
    number,
    number,
    number,
  ];
  const word = (): number => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return sum >>> 0;
  };
  const next = (): number => word() / WORD;
  const below = (n: number): number => Math.floor(next() * n);
  return {
    next,
    below,
    between: (least, most) => least + below(most - least + 1),
    chance: (probability) => next() < probability,
    pick(of) {
      if (of.length === 0) throw new Error('bug: nothing to pick from');
      return of[below(of.length)] as (typeof of)[number];
    },
    bytes: (count) => Buffer.from(Array.from({ length: count }, () => below(256))),
    fork: (name) => createSeededRandom(`${seed}/${name}`),
  };
}
