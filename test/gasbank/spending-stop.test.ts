import assert from 'node:assert/strict';
import { NodeError } from '../../src/base/node-error.js';
import { requireProven, whyOverdue } from '../../src/gasbank/spending-stop.js';

describe('spending beside the node', () => {
  const proof = { agreedBlock: 700, agreedMs: 1, accounts: 3 };
  const wallet = `wallet:0x${'a1'.repeat(20)}` as const;
  const difference = {
    ...{ account: wallet, ledger: 1n, chain: 2n, agreedBlock: 699, firstBlock: 700 },
    ...{ lastBlock: 701, firstMs: 1 },
  };
  const refusal = (given: Partial<Parameters<typeof requireProven>[0]>, height: number): string => {
    try {
      requireProven({ open: () => [], proof: () => proof, ...given }, height, 100);
      return '';
    } catch (error) {
      assert.ok(error instanceof NodeError && error.code === 'SPENDING_STOPPED');
      assert.ok(error.retryable);
      return error.message;
    }
  };

  it('goes on for three times as long as all accounts are to be looked at in', () => {
    assert.equal(refusal({}, 1_000), '');
    assert.match(refusal({}, 1_001), /not held against the chain since block 700: the node does/);
  });

  it('waits for the first look, and for an end of each difference', () => {
    assert.match(refusal({ proof: () => null }, 1), /are not yet held against the chain/);
    assert.match(refusal({ open: () => [difference] }, 701), /0\.00000002 GAS on the chain/);
  });

  it('is stopped by what stops the node', () => {
    assert.equal(whyOverdue(null, 5, 1), 'the books are not yet held against the chain');
    assert.equal(whyOverdue(5, 8, 1), null);
    assert.match(whyOverdue(5, 9, 1) ?? '', /since block 5$/);
  });
});
