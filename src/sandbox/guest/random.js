import { host } from './host.js';

/**
 * Math.random: xoshiro128** of Blackman and Vigna (https://prng.di.unimi.it/xoshiro128starstar.c),
 * seeded by the request, so that every node draws the same numbers. Not for secrets or lotteries:
 * whoever knows the request knows the numbers.
 */
const state = new Uint32Array(4);
let isSeeded = false;

const rotated = (word, bits) => ((word << bits) | (word >>> (32 - bits))) >>> 0;

function nextWord() {
  if (!isSeeded) {
    isSeeded = true;
    for (let at = 0; at < 4; at++) state[at] = host.seedWord(at);
  }
  const [a, b, c, d] = [state[0], state[1], state[2], state[3]];
  const result = Math.imul(rotated(Math.imul(b, 5) >>> 0, 7), 9) >>> 0;
  state[2] = c ^ a;
  state[3] = d ^ b;
  state[1] = b ^ state[2];
  state[0] = a ^ state[3];
  state[2] ^= b << 9;
  state[3] = rotated(state[3], 11);
  return result;
}

/** A number in [0, 1) of 53 random bits. */
export const { random } = {
  random() {
    const high = nextWord() >>> 5;
    const low = nextWord() >>> 6;
    return (high * 67_108_864 + low) / 9_007_199_254_740_992;
  },
};
