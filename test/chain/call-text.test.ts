import assert from 'node:assert/strict';
import { createCallTexts } from '../../src/chain/call-text.js';

describe('the text of a call', () => {
  const filter = { contract: '0x01', name: 'Transfer "of" GAS' };
  const listed: readonly (readonly unknown[])[] = [
    [],
    [7, true, null, 'a "b" \u0001', -3, 1.5, 2 ** 60],
    [1, Object.freeze({ ...filter }), [filter, { deeper: [1] }]],
    [undefined, Number.NaN],
  ];

  it('is what JSON has for it, whatever its parameters are', () => {
    const texts = createCallTexts();
    for (const params of listed) {
      const call = { method: 'm', params };
      assert.equal(texts.one(5, call), JSON.stringify({ jsonrpc: '2.0', id: 5, ...call }));
    }
    const calls = listed.map((params, at) => ({ method: `m${at}`, params }));
    const expected = calls.map((call, at) => ({ jsonrpc: '2.0', id: 9 + at, ...call }));
    assert.equal(texts.batch(9, calls), JSON.stringify(expected));
  });

  it('is made anew of parameters that may have changed, and told apart by object', () => {
    const texts = createCallTexts();
    const [first, second] = [Object.freeze({ of: 1 }), Object.freeze({ of: 2 })];
    const changing = { of: 3 };
    const told = (param: unknown): unknown => {
      const { params } = JSON.parse(texts.one(1, { method: 'm', params: [param] }));
      return params[0];
    };
    for (const param of [first, second, first, changing]) assert.deepEqual(told(param), param);
    changing.of = 4;
    assert.deepEqual(told(changing), { of: 4 });
  });
});
