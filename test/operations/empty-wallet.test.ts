import assert from 'node:assert/strict';
import { parseGas } from '../../src/base/datoshi.js';
import { judgeWallet } from '../../src/operations/empty-wallet.js';

describe('what an empty wallet needs', () => {
  const facts = {
    gas: parseGas('20'),
    floor: parseGas('0.1'),
    warning: parseGas('5'),
    spentPerDay: parseGas('1'),
    heldFees: null,
  };

  it('is nothing where there is enough and no work waits', () => {
    assert.deepEqual(judgeWallet(facts), { state: 'fine', topUp: 0n });
  });

  it('is a week at the pace of late above the floor, and at least what no warning comes at', () => {
    const low = { ...facts, gas: parseGas('4') };
    // 0.1 + 7 * 1 - 4
    assert.deepEqual(judgeWallet(low), { state: 'low', topUp: parseGas('3.1') });
    // 5 - 4
    const slow = { ...low, spentPerDay: parseGas('0.1') };
    assert.deepEqual(judgeWallet(slow), { state: 'low', topUp: parseGas('1') });
  });

  it('is told where the floor is reached, or work waits above it', () => {
    const unknown = { ...facts, gas: facts.floor, warning: 0n, spentPerDay: null };
    // One GAS of work, where no pace is known.
    assert.deepEqual(judgeWallet(unknown), { state: 'empty', topUp: parseGas('1') });
    // 0.1 + 2 * 30 - 20
    const dear = judgeWallet({ ...facts, heldFees: parseGas('30') });
    assert.deepEqual(dear, { state: 'empty', topUp: parseGas('40.1') });
    // Of several: what one of them costs is not all that is short.
    const many = judgeWallet({ ...facts, heldFees: parseGas('8') });
    assert.deepEqual(many, { state: 'empty', topUp: parseGas('8') });
  });
});
