import { sha256 } from '../../src/base/bytes.js';

/* The draws of contracts/draws/draws.go, made apart from it. */

const SPACE = 1n << 248n;

/** A number below n, and how many digests were rejected before it. */
export function below(
  number: Buffer,
  index: number,
  n: bigint,
): { value: bigint; rejected: number } {
  const most = (SPACE / n) * n;
  for (let rejected = 0; ; rejected++) {
    const digest = sha256(number, `${index}.${rejected}`).subarray(0, 31).reverse();
    const value = BigInt(`0x${digest.toString('hex')}`);
    if (value < most) return { value: value % n, rejected };
  }
}

export const numberBelow = (number: Buffer, index: number, n: number): number =>
  Number(below(number, index, BigInt(n)).value);

/**
 * Draws without putting back, from a list that closes up as the last one moves into the gap.
 * `choose` gives a place below a size, for each draw.
 */
export function pickedBy(
  choose: (draw: number, size: number) => number,
  count: number,
  n: number,
): number[] {
  const rest = [...Array(n).keys()];
  return Array.from({ length: count }, (_, draw) => {
    const at = choose(draw, rest.length);
    const [found = -1, last = -1] = [rest[at], rest.pop()];
    if (at < rest.length) rest[at] = last;
    return found;
  });
}

export const picked = (number: Buffer, count: number, n: number): number[] =>
  pickedBy((draw, size) => numberBelow(number, draw, size), count, n);
