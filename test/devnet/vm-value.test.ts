import assert from 'node:assert/strict';
import { parseStackItem } from '../../src/chain/stack-item.js';
import { fromStackItem, toScriptArg } from '../../src/devnet/vm-value.js';

const HASH = `0x${'ab'.repeat(20)}`;

describe('values in tests of contracts', () => {
  it('are texts unless they are hashes in full', () => {
    assert.deepEqual(toScriptArg('é'), Buffer.from('é', 'utf8'));
    assert.equal(toScriptArg(HASH), HASH);
    assert.equal(toScriptArg(`0x${'0'.repeat(64)}`), `0x${'0'.repeat(64)}`);
    for (const text of [HASH.toUpperCase(), HASH.slice(1), `${HASH}0`, '']) {
      assert.deepEqual(toScriptArg(text), Buffer.from(text), text);
    }
  });

  it('keep their kind within lists', () => {
    const bytes = Uint8Array.of(1, 2);
    const list = [null, true, 1n, 2, bytes, ['x']];
    assert.deepEqual(toScriptArg(list), [null, true, 1n, 2, bytes, [Buffer.from('x')]]);
  });

  it('that are no whole numbers are refused', () => {
    for (const value of [1.5, 2 ** 53, Number.NaN]) {
      assert.throws(() => toScriptArg([value]), /expected a whole number up to 2\^53, or a bigint/);
    }
  });

  it('come back as bigints, Buffers, lists and maps', () => {
    const item = parseStackItem({
      type: 'Struct',
      value: [
        { type: 'Any' },
        { type: 'Boolean', value: false },
        { type: 'Integer', value: '-7' },
        { type: 'Buffer', value: Buffer.from('x').toString('base64') },
        {
          type: 'Map',
          value: [{ key: { type: 'Integer', value: '1' }, value: { type: 'Array', value: [] } }],
        },
      ],
    });
    const expected = [null, false, -7n, Buffer.from('x'), new Map([[1n, []]])];
    assert.deepEqual(fromStackItem(item), expected);
    const iterator = parseStackItem({ type: 'InteropInterface', interface: 'IIterator', id: 'x' });
    assert.throws(() => fromStackItem(iterator), /of the type InteropInterface: read it by RPC/);
  });
});
