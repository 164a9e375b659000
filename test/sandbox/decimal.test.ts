import assert from 'node:assert/strict';
import fc from 'fast-check';

interface Decimal {
  add(left: unknown, right: unknown): string;
  sub(left: unknown, right: unknown): string;
  mul(left: unknown, right: unknown): string;
  div(left: unknown, right: unknown, scale?: number, rounding?: string): string;
  compare(left: unknown, right: unknown): number;
  round(value: unknown, scale?: number, rounding?: string): string;
  toUnits(value: unknown, decimals: number, rounding?: string): bigint;
  fromUnits(units: bigint, decimals: number): string;
}

// A program of the guest, which has no types: it runs here as it does there.
const guest = new URL('../../src/sandbox/guest/decimal.js', import.meta.url);
const { decimal } = (await import(guest.href)) as { decimal: Decimal };

const numbers = fc
  .tuple(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), fc.integer({ min: 0, max: 20 }))
  .map(([units, scale]) => ({ units, scale, text: decimal.fromUnits(units, scale) }));

describe('decimal helpers', () => {
  it('add, subtract, multiply and compare exactly', () => {
    assert.equal(decimal.add('0.1', '0.2'), '0.3');
    assert.equal(decimal.sub('1', '1.000000000000000001'), '-0.000000000000000001');
    assert.equal(decimal.mul('-1.50', '2'), '-3');
    assert.equal(decimal.add(1e21, '1'), '1000000000000000000001');
    assert.equal(decimal.compare('1.0', '1'), 0);
    fc.assert(
      fc.property(numbers, numbers, (left, right) => {
        const scale = left.scale + right.scale;
        const [a, b] = [
          left.units * 10n ** BigInt(right.scale),
          right.units * 10n ** BigInt(left.scale),
        ];
        assert.equal(decimal.add(left.text, right.text), decimal.fromUnits(a + b, scale));
        assert.equal(decimal.sub(left.text, right.text), decimal.fromUnits(a - b, scale));
        const product = decimal.fromUnits(left.units * right.units, scale);
        assert.equal(decimal.mul(left.text, right.text), product);
        assert.equal(decimal.compare(left.text, right.text), a < b ? -1 : a > b ? 1 : 0);
      }),
    );
  });

  it('come back from smallest units as they were', () => {
    assert.equal(decimal.toUnits('1.5', 8), 150_000_000n);
    assert.equal(decimal.fromUnits(-150_000_000n, 8), '-1.5');
    assert.equal(decimal.fromUnits(0n, 8), '0');
    fc.assert(
      fc.property(numbers, ({ units, scale, text }) => {
        assert.equal(decimal.toUnits(text, scale), units);
      }),
    );
  });

  it('round as they are told, and half to even when they are not', () => {
    const halves = ['-2.5', '-1.5', '-0.4', '0.5', '1.5', '2.5', '2.51'];
    const rounded = (rounding?: string) => halves.map((half) => decimal.round(half, 0, rounding));
    assert.deepEqual(rounded(), ['-2', '-2', '0', '0', '2', '2', '3']);
    assert.deepEqual(rounded('half-up'), ['-3', '-2', '0', '1', '2', '3', '3']);
    assert.deepEqual(rounded('down'), ['-2', '-1', '0', '0', '1', '2', '2']);
    assert.deepEqual(rounded('up'), ['-3', '-2', '-1', '1', '2', '3', '3']);
    assert.deepEqual(rounded('floor'), ['-3', '-2', '-1', '0', '1', '2', '2']);
    assert.deepEqual(rounded('ceil'), ['-2', '-1', '0', '1', '2', '3', '3']);
    assert.equal(decimal.round('1', 3), '1.000');
    assert.equal(decimal.div('2', '3', 4), '0.6667');
    assert.equal(decimal.div('-1', '8', 2), '-0.12');
    assert.equal(decimal.div('1', '3'), '0.333333333333333333');
  });

  it('refuse what is no decimal, and what has no end', () => {
    for (const text of [
      '',
      '.',
      'x',
      '1,5',
      '0x1',
      'NaN',
      Number.NaN,
      Infinity,
      null,
      undefined,
      '1e',
      '--1',
    ]) {
      assert.throws(() => decimal.add(text, '1'), { name: 'SyntaxError' }, String(text));
    }
    assert.throws(() => decimal.add('1e1001', '1'), { name: 'RangeError' });
    assert.throws(() => decimal.div('1', '0'), /division by zero/);
    assert.throws(() => decimal.round('1', -1), /a scale is a whole number from 0 to 1000/);
    assert.throws(() => decimal.round('1.5', 0, 'toString'), /a rounding is one of down, up/);
  });
});
