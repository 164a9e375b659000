import assert from 'node:assert/strict';
import { type Attack, QUICK_MS } from '../attack.js';

export default {
  against: 're-entry of the host while it reads what it is given',
  attempts: [
    {
      it: 'calls each function of the host on its own, however they are nested',
      source: `export default async (args, ctx) => {
        const url = { toString() { ctx.log('url');
          return 'https://a.example/' + ctx.hex.encode('é'); } };
        const options = { get method() { ctx.log('method'); new URL('https://b.example/');
          return 'POST'; },
          get headers() { ctx.log('headers'); return { get a() { return ctx.base64.encode('x');
            } }; },
          get body() { ctx.log('body'); return new TextEncoder().encode('z'); } };
        const answer = await ctx.fetch(url, options);
        return (await answer.text()).length;
      }`,
      ends: 'returned',
      returns: 16,
      holds: ({ logs, fetches }) => {
        assert.deepEqual([...logs].sort(), ['body', 'headers', 'method', 'url']);
        assert.equal(fetches[0]?.url, 'https://a.example/c3a9');
      },
      withinMs: QUICK_MS,
    },
    {
      it: 'lets a fetch be begun while another one is being read',
      source: `export default async (args, ctx) => {
        let inner;
        const outer = ctx.fetch({ toString() { inner = ctx.fetch('https://b.example/');
          return 'https://a.example/'; } });
        return (await Promise.all([outer, inner])).map(({ status }) => status);
      }`,
      ends: 'returned',
      returns: [200, 200],
      withinMs: QUICK_MS,
    },
    {
      it: 'gives a body once, to one reader',
      source: `export default async (args, ctx) => {
        const answer = await ctx.fetch('https://a.example/');
        const reads = await Promise.allSettled([answer.json(), answer.text(),
          answer.arrayBuffer()]);
        return reads.map(({ status }) => status).concat(answer.bodyUsed);
      }`,
      ends: 'returned',
      returns: ['fulfilled', 'rejected', 'rejected', true],
      withinMs: QUICK_MS,
    },
    {
      it: 'ends the execution for a limit that is passed from inside a getter',
      source: `export default async (args, ctx) => {
        for (let at = 0; at < 20; at++) ctx.fetch({ toString() { ctx.fetch('https://a.example/');
          return 'https://b.example/'; } });
        return 1;
      }`,
      ends: 'tooManyFetches',
      holds: ({ fetches }) => assert.ok(fetches.length <= 10),
      withinMs: QUICK_MS,
    },
  ],
} satisfies Attack;
