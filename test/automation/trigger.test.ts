import assert from 'node:assert/strict';
import { MAX_TRIGGER_BYTES, readTrigger } from '../../src/automation/trigger.js';

const CONTRACT = `0x${'ab'.repeat(20)}`;

const READ: readonly (readonly [text: string, trigger: object])[] = [
  ['every:1', { kind: 'every', blocks: 1, catchup: null }],
  ['every:16777216', { kind: 'every', blocks: 16_777_216, catchup: null }],
  ['every:00000007', { kind: 'every', blocks: 7, catchup: null }],
  ['every:7;catchup=02', { kind: 'every', blocks: 7, catchup: 2 }],
  ['every:20;catchup=1', { kind: 'every', blocks: 20, catchup: 1 }],
  ['every:20;catchup=10', { kind: 'every', blocks: 20, catchup: 10 }],
  ['when:isDue', { kind: 'when', method: 'isDue', catchup: null }],
  [`on:${CONTRACT}:Transfer`, { kind: 'on', contract: CONTRACT, event: 'Transfer', catchup: null }],
  [
    `on:0x${'AB'.repeat(20)}:a:b;catchup=3`,
    { kind: 'on', contract: CONTRACT, event: 'a:b', catchup: 3 },
  ],
];

const REFUSED: readonly (readonly [text: string, reason: RegExp])[] = [
  ['', /begins with none of cron:, every:, when: and on:/],
  ['cron', /begins with/],
  ['hourly:1', /begins with/],
  ['Every:1', /begins with/],
  [' every:1', /begins with/],
  ['every:', /number of blocks, 1 to 16777216/],
  ['every:0', /number of blocks/],
  ['every:000000001', /number of blocks/],
  ['every:-1', /number of blocks/],
  ['every:1.5', /number of blocks/],
  ['every:16777217', /number of blocks/],
  ['every:1 ', /number of blocks/],
  ['every:1;catchup=0', /is not catchup=<n> with n from 1 to 10/],
  ['every:1;catchup=11', /is not catchup/],
  ['every:1;catchup=', /is not catchup/],
  ['every:1;catchup=1;catchup=1', /is not catchup/],
  ['every:1;later', /is not catchup/],
  ['every:1;', /is not catchup/],
  ['when:', /method's name of 1 to 64 bytes/],
  ['when:_deploy', /method's name/],
  [`when:${'m'.repeat(65)}`, /method's name/],
  ['when:a;b', /is not catchup/],
  ['on:', /0x, 40 hex digits/],
  [`on:${CONTRACT.slice(2)}:Transfer`, /0x, 40 hex digits/],
  [`on:${CONTRACT}:`, /event's name of 1 to 32 bytes/],
  [`on:${CONTRACT}:${'e'.repeat(33)}`, /event's name/],
  ['cron:* * * *', /cron: expected 5 fields/],
  ['cron:0 0 31 2 *', /cron: .*impossible day/],
  ['cron:61 * * * *', /cron: the field "61" is not a list/],
  [`cron:${'*,'.repeat(60)}* * * * *`, /129|130|131|132|134|at most 128/],
];

describe('triggers of upkeeps', () => {
  for (const [text, trigger] of READ) {
    it(`reads ${text}`, () => {
      assert.deepEqual(readTrigger(text), { kind: 'trigger', trigger });
    });
  }

  it('reads cron with and without catchup', () => {
    const plain = readTrigger('cron:*/5 * * * *');
    const caught = readTrigger('cron:*/5 * * * *;catchup=2');
    assert.ok(plain.kind === 'trigger' && caught.kind === 'trigger');
    assert.deepEqual(caught.trigger, { ...plain.trigger, catchup: 2 });
  });

  for (const [text, reason] of REFUSED) {
    it(`refuses ${JSON.stringify(text.slice(0, 60))}`, () => {
      const read = readTrigger(text);
      assert.match(read.kind === 'refused' ? read.reason : 'it was read', reason);
    });
  }

  it('measures bytes, not characters', () => {
    const text = `when:${'é'.repeat(62)}`;
    assert.ok(text.length < MAX_TRIGGER_BYTES && Buffer.byteLength(text) > MAX_TRIGGER_BYTES);
    const read = readTrigger(text);
    assert.match(read.kind === 'refused' ? read.reason : '', /129 bytes: at most 128/);
  });
});
