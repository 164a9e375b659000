import assert from 'node:assert/strict';
import fc from 'fast-check';
import { compareNumbers, ExactNumber, readNumber } from '../../src/filters/exact-number.js';

/** The number times 10^60, so that all numbers of these tests are integers. */
function scaled(literal: string): bigint {
  const [, sign, whole = '', fraction = '', power = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:e(-?\d+))?$/.exec(literal) ?? [];
  const value = BigInt(whole + fraction) * 10n ** BigInt(60 + Number(power) - fraction.length);
  return sign === '-' ? -value : value;
}

const digits = (min: number, max: number) =>
  fc
    .array(fc.integer({ min: 0, max: 9 }), { minLength: min, maxLength: max })
    .map((d) => d.join(''));
const literals = fc
  .record({
    minus: fc.constantFrom('', '-'),
    whole: fc.oneof(
      fc.constant('0'),
      digits(0, 20).map((text) => `1${text}`),
    ),
    fraction: fc.oneof(
      fc.constant(''),
      digits(1, 20).map((text) => `.${text}`),
    ),
    power: fc.oneof(
      fc.constant(''),
      fc.integer({ min: -20, max: 20 }).map((n) => `e${n}`),
    ),
  })
  .map(({ minus, whole, fraction, power }) => minus + whole + fraction + power);

describe('numbers of a document', () => {
  it('become float64 exactly when the shortest text has the same value, up to 2^53', () => {
    fc.assert(
      fc.property(literals, (literal) => {
        const number = readNumber(literal);
        const value = Number(literal);
        const shortest = scaled(value.toExponential().replace('+', ''));
        const carried = Math.abs(value) <= 2 ** 53 && shortest === scaled(literal);
        assert.equal(typeof number === 'number', carried, literal);
        if (number instanceof ExactNumber) assert.equal(number.literal, literal);
        else assert.equal(number, value);
      }),
      { numRuns: 2_000 },
    );
  });

  it('compare by their exact values', () => {
    fc.assert(
      fc.property(literals, literals, (left, right) => {
        const expected = scaled(left) - scaled(right);
        const got = compareNumbers(readNumber(left), readNumber(right));
        assert.equal(
          Math.sign(got) + 0,
          expected > 0n ? 1 : expected < 0n ? -1 : 0,
          `${left} ${right}`,
        );
      }),
      { numRuns: 2_000 },
    );
  });

  it('keep their text around 2^53 and beyond the range of float64', () => {
    for (const literal of ['9007199254740993', '1e400', '-1e400', '1e-400', '9007199254740994']) {
      assert.ok(readNumber(literal) instanceof ExactNumber, literal);
    }
    for (const literal of ['9007199254740992', '999999999999999', '0.1', '1.50', '0e400', '-0']) {
      assert.equal(readNumber(literal), Number(literal));
    }
  });
});
