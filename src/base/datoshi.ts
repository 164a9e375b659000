import { shorten } from './bytes.js';

/** An amount of GAS in datoshi (1e-8 GAS). Never a float. */
export type Datoshi = bigint;

export const DATOSHI_PER_GAS = 100_000_000n;

/** The amount with all eight decimals, e.g. 150000000n -> "1.50000000". */
export function formatGas(amount: Datoshi): string {
  const sign = amount < 0n ? '-' : '';
  const digits = (amount < 0n ? -amount : amount).toString().padStart(9, '0');
  return `${sign}${digits.slice(0, -8)}.${digits.slice(-8)}`;
}

/** Reads a decimal amount of GAS with at most eight decimals; throws a RangeError otherwise. */
export function parseGas(text: string): Datoshi {
  const match = /^(\d{1,12})(?:\.(\d{1,8}))?$/.exec(text.trim());
  if (!match) {
    throw new RangeError(
      `expected an amount of GAS such as 1.5, with at most 8 decimals, got ${shorten(text)}`,
    );
  }
  return BigInt(match[1] ?? '0') * DATOSHI_PER_GAS + BigInt((match[2] ?? '').padEnd(8, '0'));
}
