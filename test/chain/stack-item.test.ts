import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { PrivateNetwork } from '../../scripts/devnet/private-network.js';
import { sharedNetwork } from '../../scripts/devnet/shared-network.js';
import { hash160, hashToLittleEndian } from '../../src/base/hash.js';
import { CallFlags, callScript, pushScript, type ScriptArg, utf8 } from '../../src/chain/script.js';
import { parseStackItem, parseStackItems, type StackItem } from '../../src/chain/stack-item.js';
import {
  asBoolean,
  asBytesOrNull,
  asCount,
  asHash160,
  asHash160OrNull,
  asInteger,
  asItems,
  asText,
  asTextMap,
  isNull,
} from '../../src/chain/stack-item-values.js';
import { holds } from './holds.js';

const bytes = (value: Buffer): StackItem => ({ type: 'ByteString', value });
const ACCOUNT = hash160('0xfe924b7cfe89ddd271abaf7210a80a7e11178758');

describe('stack item', () => {
  it('says where and why an item cannot be read', () => {
    const cases: [unknown, RegExp][] = [
      [null, /^x: expected an object with a type, got null/],
      [{ type: 'Float', value: 1 }, /^x: unknown type "Float"/],
      [{ type: 'Integer', value: '0x10' }, /^x: expected decimal digits for Integer, got "0x10"/],
      [{ type: 'Integer', value: 1.5 }, /^x: expected decimal digits for Integer, got 1.5/],
      [{ type: 'Integer' }, /^x: expected decimal digits for Integer, got nothing/],
      [{ type: 'Boolean', value: 'true' }, /^x: expected true or false for Boolean/],
      [{ type: 'ByteString', value: 'a*b=' }, /^x: expected base64, got "a\*b="/],
      [{ type: 'ByteString', value: 'abc' }, /^x: expected base64/],
      [{ type: 'Any', value: 1 }, /^x: expected no value for Any, got 1/],
      [{ type: 'Array', value: {} }, /^x: expected a list, got {}/],
      [{ type: 'Array', value: [{ type: 'Any' }, 3] }, /^x\[1\]: expected an object/],
      [{ type: 'Map', value: [{ key: { type: 'Any' } }] }, /^x\{0\}\.value: expected an object/],
      [{ type: 'Map', value: [null] }, /^x\{0\}: expected an object with key and value/],
    ];
    for (const [json, message] of cases) {
      assert.throws(() => parseStackItem(json, 'x'), { message, code: 'STACK_ITEM_MALFORMED' });
    }
  });

  it('refuses items nested too deep instead of overflowing', () => {
    const nested = (depth: number): unknown => {
      let json: unknown = { type: 'Any' };
      for (let at = 0; at < depth; at++) json = { type: 'Array', value: [json] };
      return json;
    };
    assert.equal(parseStackItem(nested(64)).type, 'Array');
    for (const depth of [65, 5_000]) {
      assert.throws(() => parseStackItem(nested(depth)), /nested deeper than 64/);
    }
  });

  it('reads an iterator with its id, and one that was expanded', () => {
    const value = [{ type: 'Integer', value: '1' }];
    const session = { type: 'InteropInterface', interface: 'IIterator', id: 'abc' };
    const expanded = { type: 'InteropInterface', iterator: value, truncated: true };
    const none = { type: 'InteropInterface', id: 'abc', items: null, truncated: false };
    assert.deepEqual(parseStackItem(session), none);
    const [first] = asItemsOf(parseStackItem(expanded));
    assert.deepEqual(first, { type: 'Integer', value: 1n });
  });

  it('never throws anything but its own error, whatever it is given', () => {
    const kinds = ['Any', 'Boolean', 'Integer', 'ByteString', 'Array', 'Struct', 'Map', 'Pointer'];
    const item = fc.record({ type: fc.constantFrom(...kinds), value: fc.jsonValue() });
    fc.assert(
      fc.property(fc.oneof(item, fc.jsonValue()), (json) => {
        try {
          parseStackItem(json);
        } catch (thrown) {
          assert.equal((thrown as { code?: string }).code, 'STACK_ITEM_MALFORMED');
        }
      }),
    );
  });
});

describe('stack item values', () => {
  it('reads integers from bytes as the virtual machine does', () => {
    const cases: [string, bigint][] = [
      ['', 0n],
      ['01', 1n],
      ['ff', -1n],
      ['ff00', 255n],
      ['0080', -32768n],
    ];
    for (const [hex, value] of cases) {
      assert.equal(asInteger(bytes(Buffer.from(hex, 'hex')), 'fee'), value);
    }
    assert.throws(() => asInteger(bytes(Buffer.alloc(33)), 'fee'), /^.*fee: expected an Integer/);
    assert.throws(() => asInteger({ type: 'Any' }, 'fee'), /fee: expected an Integer, got null/);
  });

  it('reads counts within what a number holds', () => {
    assert.equal(asCount({ type: 'Integer', value: 7n }, 'block'), 7);
    assert.throws(() => asCount({ type: 'Integer', value: -1n }, 'block'), /0 to 2\^53-1, got -1/);
    assert.throws(() => asCount({ type: 'Integer', value: 1n << 53n }, 'block'), /got 90071/);
  });

  it('reads accounts of 20 bytes in displayed form, and null where it may be', () => {
    assert.equal(asHash160(bytes(hashToLittleEndian(ACCOUNT)), 'payer'), ACCOUNT);
    assert.equal(asHash160OrNull({ type: 'Any' }, 'payer'), null);
    assert.throws(() => asHash160(bytes(Buffer.alloc(19)), 'payer'), /expected 20 bytes, got 19/);
  });

  it('reads text strictly as UTF-8, and the members of lists and maps', () => {
    assert.equal(asText(bytes(Buffer.from('Grüße')), 'url'), 'Grüße');
    assert.throws(() => asText(bytes(Buffer.from('ff', 'hex')), 'url'), /url: expected UTF-8/);
    const map: StackItem = { type: 'Map', entries: [[bytes(utf8('a')), { type: 'Any' }]] };
    holds(isNull(asTextMap(map, 'map').get('a') as StackItem));
    assert.throws(() => asItems({ type: 'Array', items: [] }, 'response', 5), /5 items, got 0/);
    assert.equal(asBytesOrNull({ type: 'Any' }, 'x'), null);
    assert.equal(asBoolean({ type: 'Integer', value: 1n }, 'x'), true);
  });
});

describe('stack items of a real node', () => {
  let network: PrivateNetwork;
  before(async () => {
    network = await sharedNetwork();
  });
  after(() => network.disconnect());

  const run = async (script: Buffer): Promise<StackItem[]> => {
    const params = [script.toString('base64')];
    const answer = await network.rpc.call<{ stack: unknown }>('invokescript', params);
    return parseStackItems(answer.stack);
  };

  it('come back as the script pushed them, of every type', async () => {
    const big = (1n << 255n) - 1n;
    const map = new Map<ScriptArg, ScriptArg>([[utf8('key'), [-big, null]]]);
    const [item] = await run(pushScript([true, big, Buffer.from([0, 255]), map, [], null]));
    const integer = (value: bigint): StackItem => ({ type: 'Integer', value });
    const list: StackItem = { type: 'Array', items: [integer(-big), { type: 'Any' }] };
    assert.deepEqual(item, {
      type: 'Array',
      items: [
        { type: 'Boolean', value: true },
        integer(big),
        bytes(Buffer.from([0, 255])),
        { type: 'Map', entries: [[bytes(utf8('key')), list]] },
        { type: 'Array', items: [] },
        { type: 'Any' },
      ],
    });
  });

  it('include structs, iterators and what void methods leave', async () => {
    const management = hash160('0xfffdc93764dbaddd97c48f252a53ea4643faa3fd');
    const policy = hash160('0xcc5e4edd9f5f8dba8bb65734541df7a1c081c67b');
    const script = Buffer.concat([
      callScript(management, 'getContract', [policy], CallFlags.ReadOnly),
      callScript(management, 'getContractHashes', [], CallFlags.ReadOnly),
      callScript(management, 'getContract', [Buffer.alloc(20)], CallFlags.ReadOnly),
    ]);
    const [contract, hashes, missing] = await run(script);
    assert.equal(
      contract && asHash160(asItems(contract, 'contract')[2] as StackItem, 'hash'),
      policy,
    );
    assert.equal(hashes?.type, 'InteropInterface');
    holds(missing && isNull(missing));
  });
});

const asItemsOf = (item: StackItem): readonly StackItem[] =>
  item.type === 'InteropInterface' ? (item.items ?? []) : [];
