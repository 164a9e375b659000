import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  formatChainPrice,
  formatDecimal,
  fromChainPrice,
  parseDecimal,
  QUOTE_UNIT,
  toChainPrice,
} from '../../src/prices/decimal.js';

describe('prices as decimals', () => {
  const read: readonly [string, bigint][] = [
    ['1', QUOTE_UNIT],
    ['3.0512', 3_051_200_000_000_000_000n],
    ['3.', 3n * QUOTE_UNIT],
    ['0.10000000000000000055', 100_000_000_000_000_000n],
    ['1.2e-7', 120_000_000_000n],
    ['1E+3', 1_000n * QUOTE_UNIT],
    ['0.000000000000000001', 1n],
    ['0067250.10', 67_250_100_000_000_000_000_000n],
    ['92233720368.54775807', (2n ** 63n - 1n) * 10n ** 10n],
  ];
  for (const [text, value] of read) {
    it(`reads ${text} exactly`, () => assert.equal(parseDecimal(text), value));
  }

  const refused = [
    ...['', '0', '0.0', '-1', '+1', '.5', '1,5', '1_000', ' 1', '1 ', 'NaN', 'Infinity', '0x10'],
    ...['1e', '1e9999', '92233720368.54775808', '0.0000000000000000009', '1'.repeat(81), '1e-30'],
  ];
  for (const text of refused) {
    it(`refuses ${JSON.stringify(text.slice(0, 24))}`, () =>
      assert.equal(parseDecimal(text), null));
  }

  it('reads what it wrote, and rounds down on its way to the chain', () => {
    fc.assert(
      fc.property(fc.bigInt(1n, 10n ** 28n), (value) => {
        assert.equal(parseDecimal(formatDecimal(value)), value);
        const onChain = fromChainPrice(toChainPrice(value));
        assert.ok(onChain <= value && value - onChain < 10n ** 10n);
      }),
    );
    assert.equal(formatChainPrice(305_120_000n), '3.0512');
    assert.equal(formatChainPrice(1n), '0.00000001');
    assert.equal(formatChainPrice(300_000_000n), '3');
  });
});
