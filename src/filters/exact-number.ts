import { Refusal } from './filter-outcome.js';

/** The largest magnitude up to which a float64 tells all integers apart. */
const MAX_EXACT_INTEGER = 2 ** 53;
/** More digits in an exponent are refused, since no real document has them. */
const MAX_EXPONENT_DIGITS = 15;

/** float64 keeps every decimal of at most 15 digits without an exponent. */
const MAX_SAFE_CHARS = 15;
const WITHOUT_EXPONENT = /^[-0-9.]*$/;
const PARTS = /^(-?)([0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?$/;

/** A number of a document that a float64 would change, so it is kept as it was written. */
export class ExactNumber {
  // Private: own properties would show up as members to whoever walks the document.
  readonly #literal: string;

  constructor(literal: string) {
    this.#literal = literal;
  }

  get literal(): string {
    return this.#literal;
  }
}

/**
 * The number of a JSON literal: a float64 if its shortest text has the very same decimal value and
 * its magnitude is at most 2^53, else kept exactly.
 */
export function readNumber(literal: string): number | ExactNumber {
  const value = Number(literal);
  if (literal.length <= MAX_SAFE_CHARS && WITHOUT_EXPONENT.test(literal)) return value;
  const shortest = String(value);
  const carried =
    Math.abs(value) <= MAX_EXACT_INTEGER &&
    (shortest === literal || compareDecimals(decimalOf(literal), decimalOf(shortest)) === 0);
  return carried ? value : new ExactNumber(literal);
}

/** Orders two numbers by their exact decimal values: negative, 0 or positive. */
export function compareNumbers(left: number | ExactNumber, right: number | ExactNumber): number {
  if (typeof left === 'number' && typeof right === 'number') return left - right;
  return compareDecimals(decimalOf(textOf(left)), decimalOf(textOf(right)));
}

const textOf = (value: number | ExactNumber): string =>
  typeof value === 'number' ? String(value) : value.literal;

/** sign * 0.digits * 10^exponent, digits without zeros at either end; zero has sign 0. */
interface Decimal {
  readonly sign: -1 | 0 | 1;
  readonly digits: string;
  readonly exponent: number;
}

function decimalOf(literal: string): Decimal {
  const [, minus, whole = '', fraction = '', power = '0'] = PARTS.exec(literal) ?? [];
  if (power.length > MAX_EXPONENT_DIGITS) {
    throw new Refusal(
      'not-json',
      `a number has an exponent of more than ${MAX_EXPONENT_DIGITS} digits`,
    );
  }
  const digits = whole + fraction;
  let start = 0;
  while (digits[start] === '0') start++;
  let end = digits.length;
  while (end > start && digits[end - 1] === '0') end--;
  if (start === end) return { sign: 0, digits: '', exponent: 0 };
  return {
    sign: minus === '-' ? -1 : 1,
    digits: digits.slice(start, end),
    exponent: whole.length + Number(power) - start,
  };
}

function compareDecimals(left: Decimal, right: Decimal): number {
  if (left.sign !== right.sign) return left.sign - right.sign;
  if (left.exponent !== right.exponent) return left.sign * (left.exponent - right.exponent);
  if (left.digits === right.digits) return 0;
  return left.digits < right.digits ? -left.sign : left.sign;
}
