import assert from 'node:assert/strict';
import { type Attack, QUICK_MS } from '../attack.js';

export default {
  against: 'NULs and lone surrogates in texts',
  attempts: [
    {
      it: 'returns them whole: NUL as it is, a lone surrogate as U+FFFD',
      source: `export default () => 'a\\0b\\ud800c\\0'`,
      ends: 'returned',
      holds: ({ end }) =>
        assert.deepEqual(end, {
          kind: 'returned',
          bytes: Uint8Array.from(Buffer.from('a\0b\ufffdc\0')),
          how: 'text',
        }),
      withinMs: QUICK_MS,
    },
    {
      it: 'is not misled where as many characters are cut as others become more',
      source: `export default () => '\\ud800\\0x'`,
      ends: 'returned',
      holds: ({ end }) =>
        assert.equal(end.kind === 'returned' && Buffer.from(end.bytes).toString(), '\ufffd\0x'),
      withinMs: QUICK_MS,
    },
    {
      it: 'hands them to the host whole, so that no check sees another text than is used',
      source: `export default async (args, ctx) => {
        ctx.log('a\\0b');
        await ctx.fetch('https://good.example\\0.evil.example/', { body: 'x\\0y', headers: {
          a: 'b\\0c' } });
        return [new TextEncoder().encode('\\0a').length, ctx.hex.encode('\\0'),
          ctx.base64.encode('a\\0b')];
      }`,
      ends: 'returned',
      returns: [2, '00', 'YQBi'],
      holds: ({ logs, fetches }) => {
        assert.deepEqual(logs, ['a\0b']);
        assert.equal(fetches[0]?.url, 'https://good.example\0.evil.example/');
      },
      withinMs: QUICK_MS,
    },
    {
      it: 'takes them in whole',
      source: `export default (args) => [args.text.length, args.text.charCodeAt(1),
        args.lone.charCodeAt(0),
        new TextDecoder().decode(new Uint8Array([65, 0, 66])).length]`,
      call: { args: '{"text":"a\\u0000b","lone":"\\ud800"}' },
      ends: 'returned',
      returns: [3, 0, 0xd800, 3],
      withinMs: QUICK_MS,
    },
    {
      it: 'reads source with NULs in it as it stands',
      source: `export default () => 'a\0b'.length`,
      ends: 'returned',
      returns: 3,
      withinMs: QUICK_MS,
    },
    {
      it: 'shows messages with them whole',
      source: `export default () => { throw new Error('a\\0b'); }`,
      ends: 'thrown',
      holds: ({ end }) => assert.equal(end.kind === 'thrown' && end.message, 'Error: a\0b'),
      withinMs: QUICK_MS,
    },
  ],
} satisfies Attack;
