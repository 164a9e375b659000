import assert from 'node:assert/strict';
import { costOfKeeping } from '../../src/pipeline/gateway-costs.js';

/** With these prices a byte costs 1 and execution nothing. */
const PER_BYTE = { execFeeFactor: 0n, storagePrice: 1n, execPicoFeeFactor: 0n };
const ANSWER = { id: 1n, code: 1, resultBytes: 10, answered: 100, keptUntil: 200 };
const bytes = (changed: Partial<typeof ANSWER>): bigint =>
  costOfKeeping({ ...ANSWER, ...changed }, PER_BYTE);

describe('what keeping an answer costs', () => {
  it('counts an integer as the virtual machine stores it: nothing for 0, a byte for its sign', () => {
    const more = (from: Partial<typeof ANSWER>, to: Partial<typeof ANSWER>) =>
      bytes(to) - bytes(from);
    assert.equal(more({ code: 0 }, { code: 1 }), 1n);
    assert.equal(more({ code: 1 }, { code: 127 }), 0n);
    assert.equal(more({ code: 127 }, { code: 128 }), 1n);
    assert.equal(more({ keptUntil: 32_767 }, { keptUntil: 32_768 }), 1n);
    assert.equal(more({ answered: 255 }, { answered: 256 }), 0n);
  });

  it('counts each byte of the result, and two more for the length of a long one', () => {
    assert.equal(bytes({ resultBytes: 252 }) - bytes({ resultBytes: 0 }), 252n);
    assert.equal(bytes({ resultBytes: 253 }) - bytes({ resultBytes: 252 }), 3n);
  });
});
