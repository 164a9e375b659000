import assert from 'node:assert/strict';
import { type Attack, BURN, BURNT_MS, QUICK_MS } from '../attack.js';

export default {
  against: 'floods of what passes to the host',
  attempts: [
    {
      it: 'ends a flood of log lines, and keeps those within the limit',
      source: `export default (args, ctx) => { for (;;) ctx.log('x'); }`,
      ends: 'tooManyLogs',
      holds: ({ logs }) => assert.equal(logs.length, 100),
      withinMs: QUICK_MS,
    },
    {
      it: 'cuts a log line that is too long',
      source: `export default (args, ctx) => { ctx.log('x'.repeat(1e6)); console.log({
        a: 'y'.repeat(1e6) }); return 1; }`,
      ends: 'returned',
      holds: ({ logs }) =>
        assert.deepEqual(
          logs.map((line) => line.length),
          [1_001, 1_001],
        ),
      withinMs: QUICK_MS,
    },
    {
      it: 'keeps nothing in memory of what was cut off',
      source: `export default (args, ctx) => {
        const text = '\u4e00'.repeat(1e6);
        for (let at = 0; at < 60; at++) ctx.log(text); return 1; }`,
      ends: 'returned',
      holds: ({ logs }) => assert.equal(logs.length, 60),
      withinMs: 5 * QUICK_MS,
    },
    {
      it: 'takes no endless query apart, nor puts one together',
      source: `export default () => {
        const told = (attempt) => { try { return attempt(); } catch (error) {
          return error.message; } };
        const pairs = Array.from({ length: 7e4 }, () => ['aaaaa', 'bbbbb']);
        return [told(() => new URLSearchParams('a=b&'.repeat(2e6)).size),
          told(() => new URLSearchParams(pairs).toString()),
          new URLSearchParams('a=b&'.repeat(6e4)).toString().length]; }`,
      ends: 'returned',
      returns: [
        'a query has at most 262144 characters',
        'the pairs of a query have at most 1048576 characters as JSON',
        239_999,
      ],
      withinMs: 4 * QUICK_MS,
    },
    {
      it: 'ends a flood of fetches, of which no more than ten are begun',
      source: `export default (args, ctx) => { for (;;) ctx.fetch('https://a.example/'); }`,
      ends: 'tooManyFetches',
      holds: ({ fetches }) => assert.ok(fetches.length <= 10),
      withinMs: QUICK_MS,
    },
    {
      it: 'ends a flood of fetches as such, also where the function catches whatever it can',
      source: `export default async (args, ctx) => {
        for (;;) try { ctx.fetch('https://a.example/').catch(() => {}); } catch {}
      }`,
      ends: 'tooManyFetches',
      withinMs: QUICK_MS,
    },
    ...['ctx.secrets.get("known");', 'await ctx.secrets.get("known");'].map((ask) => ({
      it: `ends a flood of questions for secrets as such, also where all is caught: ${ask}`,
      source: `export default async (args, ctx) => { for (;;) try { ${ask} } catch {} }`,
      ends: 'tooManySecrets' as const,
      withinMs: QUICK_MS,
    })),
    {
      it: 'ends by its time what goes on in async functions, which catch being stopped',
      source: `export default async () => {
        const turn = async () => { for (let at = 0; at < 1e5; at++); };
        for (;;) turn().catch(() => {});
      }`,
      call: { limits: BURN },
      ends: 'timeout',
      holds: ({ end }) =>
        assert.ok(end.kind === 'timeout' && !/could not be stopped/.test(end.reason)),
      withinMs: BURNT_MS,
    },
    {
      it: 'refuses a body that is too long to be sent, and one of endless headers',
      source: `export default async (args, ctx) => {
        const attempts = [{ method: 'POST', body: 'x'.repeat(65537) }, { headers: {
          a: 'x'.repeat(1e5) } }];
        return Promise.all(attempts.map((options) => ctx.fetch('https://a.example/',
          options).catch((error) => error.message)));
      }`,
      ends: 'returned',
      returns: [
        'the body of a fetch has at most 65536 bytes',
        'a fetch takes at most 65536 characters in all',
      ],
      withinMs: QUICK_MS,
    },
    {
      it: 'refuses a result that is too large, as text, bytes and JSON',
      source: `export default () => 'x'.repeat(61441)`,
      ends: 'tooLarge',
      withinMs: QUICK_MS,
    },
    {
      it: 'counts the bytes of a result, not its characters',
      source: `export default () => 'é'.repeat(30721)`,
      ends: 'tooLarge',
      withinMs: QUICK_MS,
    },
    {
      it: 'refuses it as bytes',
      source: `export default () => new Uint8Array(2e7)`,
      ends: 'tooLarge',
      withinMs: QUICK_MS,
    },
    {
      it: 'refuses it as JSON, of which the heap holds a lot',
      source: `export default () => Array(1e6).fill(1)`,
      ends: 'tooLarge',
      withinMs: 3 * QUICK_MS,
    },
    {
      it: 'shows no more of an error than fits a record',
      source: `export default () => { throw new Error('x'.repeat(1e6)); }`,
      ends: 'thrown',
      holds: ({ end }) => assert.ok(end.kind === 'thrown' && end.message.length <= 1_001),
      withinMs: QUICK_MS,
    },
  ],
} satisfies Attack;
