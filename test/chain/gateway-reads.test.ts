import assert from 'node:assert/strict';
import { hash160, hash256, hashToLittleEndian } from '../../src/base/hash.js';
import type { ContractRead } from '../../src/chain/contract-read.js';
import { readGatewayKeys } from '../../src/chain/gateway-keys.js';
import { gatewayReads } from '../../src/chain/gateway-reads.js';
import type { Rpc } from '../../src/chain/rpc.js';
import type { StackItem } from '../../src/chain/stack-item.js';

const [ONE, TWO, THREE] = [0xa1, 0xb2, 0xc3].map((byte) =>
  hash160(`0x${byte.toString(16).repeat(20)}`),
) as [ReturnType<typeof hash160>, ReturnType<typeof hash160>, ReturnType<typeof hash160>];
const LONG = hash256(`0x${'d4'.repeat(32)}`);
const OTHER_LONG = hash256(`0x${'e5'.repeat(32)}`);

const int = (value: number): StackItem => ({ type: 'Integer', value: BigInt(value) });
const bytes = (value: Buffer): StackItem => ({ type: 'ByteString', value });
const text = (value: string): StackItem => bytes(Buffer.from(value));
const hash = (value: `0x${string}`): StackItem => bytes(hashToLittleEndian(value as typeof ONE));
const list = (...items: StackItem[]): StackItem => ({ type: 'Array', items });
const yes: StackItem = { type: 'Boolean', value: true };
const none: StackItem = { type: 'Any' };

const reads = gatewayReads(ONE);

/** No two of a record's values are the same: each must come from its own place. */
const RECORDS: readonly (readonly [string, ContractRead<unknown>, StackItem[], unknown])[] = [
  ['overlap', reads.overlap(), [hash(TWO), int(9)], { account: TWO, until: 9 }],
  [
    'policy',
    reads.policy(),
    [list(int(1), int(2)), list(int(3)), int(4), int(5), int(6), int(7), int(8), int(9)],
    {
      ...{ premiums: [1n, 2n], minimums: [3n], requestLifetime: 4, resultLifetime: 5 },
      ...{ networkFeeCeiling: 6n, updateDelay: 7, lowerUpdateDelay: 8, lowerFrom: 9 },
    },
  ],
  [
    'requestOf',
    reads.requestOf(1n),
    [
      ...[int(1), hash(TWO), hash(THREE), text('take'), int(4), text('neofs:x')],
      ...[int(6), int(7), int(8), int(9), int(10), int(11)],
    ],
    {
      ...{ kind: 1, requester: TWO, payer: THREE, callback: 'take', userData: int(4) },
      ...{ url: 'neofs:x', maxFee: 6n, deadline: 7, asked: 8, premium: 9n },
      ...{ networkFeeCeiling: 10n, resultLifetime: 11 },
    },
  ],
  [
    'resultOf',
    reads.resultOf(1n),
    [hash(TWO), int(1), text('five'), int(3), int(4)],
    { requester: TWO, code: 1, result: Buffer.from('five'), answered: 3, keptUntil: 4 },
  ],
  [
    'sponsorshipOf',
    reads.sponsorshipOf(TWO, THREE),
    [int(1), int(2)],
    { maxFeePerRequest: 1n, allowance: 2n },
  ],
  [
    'randomKey',
    reads.randomKey(),
    [int(1), text('key')],
    { keyId: 1n, publicKey: Buffer.from('key') },
  ],
  [
    'functionOf',
    reads.functionOf(1n),
    [hash(TWO), text('median'), bytes(Buffer.alloc(32, 0xf6))],
    { owner: TWO, name: 'median', codeHash: 'f6'.repeat(32) },
  ],
  [
    'codeOf',
    reads.codeOf('f6'.repeat(32)),
    [text('return 1'), list(text('https://a.example'))],
    { source: Buffer.from('return 1'), uris: ['https://a.example'] },
  ],
  [
    'proposedUpdate',
    reads.proposedUpdate(),
    [hash(LONG), hash(OTHER_LONG), int(3)],
    { nefHash: LONG, manifestHash: OTHER_LONG, from: 3 },
  ],
  [
    'latestPrice',
    reads.latestPrice('NEO/USD'),
    [int(1), int(2), int(3), int(4), int(5)],
    { price: 1n, decimals: 2, timestamp: 3, confidenceBps: 4, round: 5n },
  ],
  [
    'feedSponsorshipOf',
    reads.feedSponsorshipOf('NEO/USD', TWO),
    [int(1), int(2)],
    { maxFeePerRound: 1n, allowance: 2n },
  ],
  [
    'upkeepOf',
    reads.upkeepOf(1n),
    [
      ...[hash(TWO), hash(THREE), text('tick'), list(int(3)), text('every:4')],
      ...[int(5), int(6), int(7), int(8), int(9), int(10), yes],
    ],
    {
      ...{ owner: TWO, target: THREE, method: 'tick', args: [int(3)], trigger: 'every:4' },
      ...{ maxFee: 5n, premium: 6n, networkFeeCeiling: 7n, registered: 8, lastDue: 9 },
      ...{ lastRun: 10, isFunded: true },
    },
  ],
];

describe('a record that the gateway tells', () => {
  for (const [name, read, items, expected] of RECORDS) {
    it(`by ${name} is read field by field, and refused with one more or less`, () => {
      assert.deepEqual(read.decode(list(...items)), expected);
      const malformed = { message: new RegExp(`${name}.*expected ${items.length} items`) };
      assert.throws(() => read.decode(list(...items, int(1))), malformed);
      assert.throws(() => read.decode(list(...items.slice(0, -1))), malformed);
    });
  }

  it('may be a Struct or an Array, and nothing else', () => {
    const items = [hash(TWO), int(9)];
    const struct: StackItem = { type: 'Struct', items };
    assert.deepEqual(reads.overlap().decode(struct), { account: TWO, until: 9 });
    const map: StackItem = { type: 'Map', entries: [] };
    assert.throws(() => reads.overlap().decode(map), /overlap.*expected an Array, got Map/);
  });

  it('is null where there is none', () => {
    for (const read of [reads.overlap(), reads.requestOf(1n), reads.upkeepOf(1n)]) {
      assert.equal(read.decode(none), null);
    }
  });
});

describe('a yes or no of the gateway', () => {
  it('is a Boolean, a number or bytes: no where all of them are 0', () => {
    const asked = (item: StackItem) => reads.isPaused().decode(item);
    const saysYes = [yes, int(1), int(-1), bytes(Buffer.from([0, 1]))];
    const saysNo = [int(0), bytes(Buffer.alloc(2)), bytes(Buffer.alloc(0))];
    assert.deepEqual(saysYes.map(asked), [true, true, true, true]);
    assert.deepEqual(saysNo.map(asked), [false, false, false]);
    assert.throws(() => asked(none), /isPaused.*expected a Boolean, got null/);
    assert.throws(() => asked(bytes(Buffer.alloc(33))), /expected a Boolean/);
  });
});

describe('the keys of a gateway', () => {
  it('are told with the node account that is proposed, and by whom', async () => {
    const stacks = [
      [int(7), hash(ONE), none, list(hash(TWO), int(9)), list(int(1), none)],
      [int(7), list(hash(THREE), yes)],
    ];
    const call = async (method: string): Promise<unknown> => {
      if (method === 'getstorage') return Buffer.from('kept').toString('base64');
      return { state: 'HALT', gasconsumed: '1', stack: stacks.shift()?.map(json) };
    };
    assert.deepEqual(await readGatewayKeys({ call } as unknown as Rpc, ONE), {
      ...{ height: 7, owner: ONE, nodeAccount: null, overlap: { account: TWO, until: 9 } },
      proposed: { account: THREE, byOwner: true },
      randomKey: { keyId: 1n, publicKey: null },
    });
  });
});

/** As an RPC endpoint writes it. */
function json(item: StackItem): unknown {
  if (item.type === 'Array') return { type: item.type, value: item.items.map(json) };
  if (item.type === 'ByteString') return { type: item.type, value: item.value.toString('base64') };
  if (item.type === 'Integer') return { type: item.type, value: String(item.value) };
  return item;
}
