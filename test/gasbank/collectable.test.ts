import assert from 'node:assert/strict';
import { collectable } from '../../src/gasbank/collectable.js';

describe('what is collected', () => {
  const has = (available: bigint) => ({ available, isShort: false });
  const rule = { whenWalletBelow: 500n, atLeast: 100n };

  it('is all that was earned, once the wallet is low and it is worth the fee', () => {
    assert.equal(collectable(has(499n), 100n, rule), 100n);
    assert.equal(collectable(has(-1n), 7_000n, rule), 7_000n);
    assert.equal(collectable(has(500n), 7_000n, rule), null);
    assert.equal(collectable(has(499n), 99n, rule), null);
  });

  it('is all that was earned, too, when work waits for a wallet that is not so low', () => {
    assert.equal(collectable({ available: 900n, isShort: true }, 100n, rule), 100n);
    assert.equal(collectable({ available: 900n, isShort: true }, 99n, rule), null);
  });

  it('is nothing where the operator wants none of it', () => {
    const never = { ...rule, whenWalletBelow: 0n };
    assert.equal(collectable(has(0n), 7_000n, never), null);
    assert.equal(collectable({ available: 0n, isShort: true }, 7_000n, never), null);
    assert.equal(collectable(has(499n), 0n, { ...rule, atLeast: 0n }), null);
  });
});
