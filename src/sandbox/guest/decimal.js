/**
 * Exact decimal numbers as texts such as "-12.50", of any size, on BigInt. Every result is the
 * shortest text of its value unless a scale is asked for; nothing is ever rounded unasked.
 */
const MAX_SCALE = 1_000;
const PATTERN = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,4}))?$/;

/** Digits as an integer, and how many of them stand after the point. */
function parse(value) {
  const text = `${value}`.trim();
  const match = PATTERN.exec(text);
  const [, sign, whole = '', fraction = '', exponent = '0'] = match ?? [];
  if (match === null || whole + fraction === '') {
    throw new SyntaxError(`not a decimal number: ${text.slice(0, 40)}`);
  }
  const shift = Number(exponent);
  if (fraction.length > MAX_SCALE || shift > MAX_SCALE || shift < -MAX_SCALE) {
    throw new RangeError(`a decimal number has at most ${MAX_SCALE} digits after its point`);
  }
  const digits = BigInt(`${whole}${fraction}`) * (sign === '-' ? -1n : 1n);
  const scale = fraction.length - shift;
  return scale < 0 ? { digits: digits * 10n ** BigInt(-scale), scale: 0 } : { digits, scale };
}

function checkedScale(scale) {
  if (!Number.isInteger(scale) || scale < 0 || scale > MAX_SCALE) {
    throw new RangeError(`a scale is a whole number from 0 to ${MAX_SCALE}`);
  }
  return scale;
}

function format(digits, scale) {
  const magnitude = `${digits < 0n ? -digits : digits}`.padStart(scale + 1, '0');
  const whole = magnitude.slice(0, magnitude.length - scale);
  const fraction = scale === 0 ? '' : `.${magnitude.slice(-scale)}`;
  return `${digits < 0n ? '-' : ''}${whole}${fraction}`;
}

/** Without zeros at the end that say nothing. */
function shortest({ digits, scale }) {
  const text = format(digits, scale);
  return scale === 0 ? text : text.replace(/\.?0+$/, '');
}

function aligned(left, right) {
  const [a, b] = [parse(left), parse(right)];
  const scale = Math.max(a.scale, b.scale);
  return [scaled(a, scale), scaled(b, scale), scale];
}

const scaled = ({ digits, scale }, wanted) => digits * 10n ** BigInt(wanted - scale);

/** How a quotient that is not whole is made whole. */
const ROUNDINGS = {
  down: () => false,
  up: () => true,
  floor: (_twice, _divisor, _odd, negative) => negative,
  ceil: (_twice, _divisor, _odd, negative) => !negative,
  'half-up': (twice, divisor) => twice >= divisor,
  'half-even': (twice, divisor, odd) => twice > divisor || (twice === divisor && odd),
};

function divideRounded(dividend, divisor, rounding) {
  if (!Object.hasOwn(ROUNDINGS, rounding)) {
    throw new RangeError(`a rounding is one of ${Object.keys(ROUNDINGS).join(', ')}`);
  }
  const negative = dividend < 0n !== divisor < 0n;
  const over = dividend < 0n ? -dividend : dividend;
  const under = divisor < 0n ? -divisor : divisor;
  const quotient = over / under;
  const rest = over % under;
  const away = rest !== 0n && ROUNDINGS[rounding](rest * 2n, under, quotient % 2n === 1n, negative);
  const result = away ? quotient + 1n : quotient;
  return negative ? -result : result;
}

function rescaled(value, scale, rounding) {
  const number = parse(value);
  if (scale >= number.scale) return scaled(number, scale);
  return divideRounded(number.digits, 10n ** BigInt(number.scale - scale), rounding);
}

export const decimal = {
  /** The sum of both. */
  add(left, right) {
    const [a, b, scale] = aligned(left, right);
    return shortest({ digits: a + b, scale });
  },
  sub(left, right) {
    const [a, b, scale] = aligned(left, right);
    return shortest({ digits: a - b, scale });
  },
  mul(left, right) {
    const [a, b] = [parse(left), parse(right)];
    return shortest({ digits: a.digits * b.digits, scale: a.scale + b.scale });
  },
  /** The quotient with `scale` digits after the point. */
  div(left, right, scale = 18, rounding = 'half-even') {
    const [a, b] = aligned(left, right);
    if (b === 0n) throw new RangeError('division by zero');
    return shortest({
      digits: divideRounded(a * 10n ** BigInt(checkedScale(scale)), b, rounding),
      scale,
    });
  },
  /** -1, 0 or 1. */
  compare(left, right) {
    const [a, b] = aligned(left, right);
    return a < b ? -1 : a > b ? 1 : 0;
  },
  /** With exactly `scale` digits after the point. */
  round(value, scale = 0, rounding = 'half-even') {
    return format(rescaled(value, checkedScale(scale), rounding), scale);
  },
  /** As a BigInt of the smallest units: toUnits('1.5', 8) is 150000000n. */
  toUnits(value, decimals, rounding = 'half-even') {
    return rescaled(value, checkedScale(decimals), rounding);
  },
  /** A BigInt of smallest units as a decimal: fromUnits(150000000n, 8) is '1.5'. */
  fromUnits(units, decimals) {
    return shortest({ digits: BigInt(units), scale: checkedScale(decimals) });
  },
};
