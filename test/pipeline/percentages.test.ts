import assert from 'node:assert/strict';
import { bpsText } from '../../src/pipeline/estimate.js';

describe('a share in basis points', () => {
  it('is told in per cent, with decimals where it has some', () => {
    const told = [0n, 5n, 50n, 100n, 1_000n, 1_205n, 10_000n].map(bpsText);
    assert.deepEqual(told, ['0 %', '0.05 %', '0.50 %', '1 %', '10 %', '12.05 %', '100 %']);
  });
});
