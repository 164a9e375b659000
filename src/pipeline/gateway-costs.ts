import type { Datoshi } from '../base/datoshi.js';

/** Prices that the cost of an answer follows. */
export interface AnswerPrices {
  readonly execFeeFactor: Datoshi;
  /** The factor in 1e-4 datoshi and exact, where the network tells it. */
  readonly execPicoFeeFactor?: bigint | null;
  /** Datoshi for each byte of storage. */
  readonly storagePrice: Datoshi;
}

/**
 * What the gateway itself does for one answer in `respond`, in units of execution, beyond what a
 * `respond` costs whose request is not pending. Measured on a node at two execution fee factors,
 * and 1 % more; test/pipeline/estimate.test.ts holds them against the contract of this checkout.
 */
export const ANSWER_UNITS = {
  /** Settle, keep the result, charge. */
  kept: 298_000n,
  /** Settle, find the callback, charge: without the callback and its call. */
  delivered: 417_500n,
  /** Verify a proof, beyond what any answer takes; always the same, so 0.4 % more are enough. */
  proved: 13_780_000n,
  /** Give what is left back to a sponsor's allowance. */
  sponsored: 170_000n,
} as const;

/** Bytes that are paid for where a balance of 16 bytes is overwritten (a quarter). */
const BALANCE_BYTES = 4;
/** A kept result's record beside the result, its id, its code and its two block indexes. */
const KEPT_RECORD_BYTES = 34;
/** From here on the length of bytes takes two bytes more. */
const LONG_RESULT_BYTES = 253;
/** A sponsorship's record that is overwritten, and may grow. */
const SPONSORSHIP_BYTES = 8;

const PICO = 10_000n;

const executing = (units: bigint, prices: AnswerPrices): Datoshi =>
  (units * (prices.execPicoFeeFactor ?? prices.execFeeFactor * PICO) + PICO - 1n) / PICO;

/** What the gateway uses for an answer that it delivers, without the callback. */
export function costOfDelivering(prices: AnswerPrices): Datoshi {
  const bytes = BigInt(BALANCE_BYTES) * prices.storagePrice;
  return executing(ANSWER_UNITS.delivered, prices) + bytes;
}

/** What the gateway uses for an answer that it keeps. */
export function costOfKeeping(
  answer: {
    readonly id: bigint;
    readonly code: number;
    readonly resultBytes: number;
    /** The block of the answer, and the last one in which it is kept. */
    readonly answered: number;
    readonly keptUntil: number;
  },
  prices: AnswerPrices,
): Datoshi {
  const { id, code, resultBytes, answered, keptUntil } = answer;
  const numbers = [(id << 8n) + 0x6bn, BigInt(code), BigInt(answered), BigInt(keptUntil)];
  const bytes =
    BALANCE_BYTES +
    KEPT_RECORD_BYTES +
    numbers.reduce((sum, number) => sum + integerBytes(number), 0) +
    resultBytes +
    (resultBytes >= LONG_RESULT_BYTES ? 2 : 0);
  return executing(ANSWER_UNITS.kept, prices) + BigInt(bytes) * prices.storagePrice;
}

/** What it costs besides where the answer is a proof, which the gateway verifies. */
export const costOfProof = (prices: AnswerPrices): Datoshi =>
  executing(ANSWER_UNITS.proved, prices);

/** What it costs besides where a sponsor pays. */
export const costOfSponsor = (prices: AnswerPrices): Datoshi =>
  executing(ANSWER_UNITS.sponsored, prices) + BigInt(SPONSORSHIP_BYTES) * prices.storagePrice;

/** Bytes of an Integer >= 0 as the virtual machine stores it: two's complement, none for 0. */
function integerBytes(value: bigint): number {
  return value === 0n ? 0 : Math.floor(value.toString(2).length / 8) + 1;
}
