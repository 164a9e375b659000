import assert from 'node:assert/strict';
import { batchText, callSeries, callText } from '../../src/chain/call-text.js';

describe('the text of a call', () => {
  const filter = { contract: '0x01', name: 'Transfer "of" GAS' };
  const listed: readonly (readonly unknown[])[] = [
    [],
    [7, true, null, 'a "b" \u0001', -3, 1.5, 2 ** 60],
    [1, filter, [filter, { deeper: [1] }]],
    [undefined, Number.NaN],
  ];

  it('is what JSON has for it, whatever its parameters are', () => {
    for (const params of listed) {
      const call = { method: 'm', params };
      assert.equal(callText(5, call), JSON.stringify({ jsonrpc: '2.0', id: 5, ...call }));
    }
    const calls = listed.map((params, at) => ({ method: `m${at}`, params }));
    const expected = calls.map((call, at) => ({ jsonrpc: '2.0', id: 9 + at, ...call }));
    assert.equal(batchText(9, calls), JSON.stringify(expected));
  });

  it('is the same of a call that is one of a series', () => {
    for (const others of [[], [filter], ['a "b"', null, [1]]]) {
      const series = callSeries('m', others, () => false);
      for (const first of [0, 7, 123_456_789]) {
        const { method, params } = series(first);
        assert.deepEqual(params, [first, ...others]);
        assert.equal(callText(3, series(first)), callText(3, { method, params }));
      }
    }
  });
});
