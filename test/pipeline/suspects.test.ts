import assert from 'node:assert/strict';
import { hash160 } from '../../src/base/hash.js';
import { createSuspects } from '../../src/pipeline/suspects.js';

const account = (number: number) => hash160(`0x${number.toString(16).padStart(40, '0')}`);

describe('contracts that are suspected', () => {
  it('are the 256 that gave a reason last, so that nobody fills the memory with them', () => {
    const suspects = createSuspects();
    for (let at = 0; at < 256; at++) suspects.add(account(at));
    suspects.add(account(0));
    suspects.add(account(256));
    assert.equal(suspects.all().length, 256);
    assert.deepEqual([suspects.has(account(0)), suspects.has(account(1))], [true, false]);
    suspects.delete(account(0));
    assert.equal(suspects.has(account(0)), false);
  });
});
