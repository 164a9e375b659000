import assert from 'node:assert/strict';
import type { StackItem } from '../../src/chain/stack-item.js';
import { serialisedSize } from './event-size.js';
import { type AbiParameter, readGatewayAbi } from './gateway-abi.js';

const MAX_NOTIFICATION_BYTES = 1024;
const LONGEST_INTEGER: StackItem = { type: 'Integer', value: (1n << 63n) - 1n };

/** Bytes of what has no length of its own, at most. `PolicyChanged` has 6 amounts in each list. */
const LONGEST = {
  url: 256,
  spec: 512,
  filter: 128,
  args: 512,
  name: 64,
  codeHash: 32,
  seed: 32,
  publicKey: 96,
  method: 64,
  trigger: 128,
  pair: 32,
  nefHash: 32,
  manifestHash: 32,
} as const;
const KINDS = 6;

describe('events of the gateway', () => {
  for (const { name, parameters } of readGatewayAbi().events) {
    it(`stay below 1,024 bytes at every maximum: ${name}`, () => {
      const size = serialisedSize(parameters.map((each) => longest(name, each)));
      assert.ok(size < MAX_NOTIFICATION_BYTES, `${size} bytes`);
    });
  }
});

function longest(event: string, { name, type }: AbiParameter): StackItem {
  switch (type) {
    case 'Integer':
      return LONGEST_INTEGER;
    case 'Boolean':
      return { type: 'Boolean', value: true };
    case 'Hash160':
      return { type: 'ByteString', value: Buffer.alloc(20) };
    case 'Array':
      assert.equal(event, 'PolicyChanged');
      return { type: 'Array', items: Array<StackItem>(KINDS).fill(LONGEST_INTEGER) };
    default: {
      const bytes = LONGEST[name as keyof typeof LONGEST];
      assert.ok(bytes, `${event}.${name} is a ${type} of no known limit`);
      return { type: 'ByteString', value: Buffer.alloc(bytes) };
    }
  }
}
