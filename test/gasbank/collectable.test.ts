import assert from 'node:assert/strict';
import { collectable } from '../../src/gasbank/collectable.js';

describe('what is collected', () => {
  const rule = { whenWalletBelow: 500n, atLeast: 100n };

  it('is all that was earned, once the wallet is low and it is worth the fee', () => {
    assert.equal(collectable(499n, 100n, rule), 100n);
    assert.equal(collectable(-1n, 7_000n, rule), 7_000n);
    assert.equal(collectable(500n, 7_000n, rule), null);
    assert.equal(collectable(499n, 99n, rule), null);
  });

  it('is nothing where the operator wants none of it', () => {
    assert.equal(collectable(0n, 7_000n, { ...rule, whenWalletBelow: 0n }), null);
    assert.equal(collectable(499n, 0n, { ...rule, atLeast: 0n }), null);
  });
});
