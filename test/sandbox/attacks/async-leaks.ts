import assert from 'node:assert/strict';
import { type Attack, BURN, BURNT_MS, QUICK_MS } from '../attack.js';

export default {
  against: 'what runs on after the end',
  attempts: [
    {
      it: 'runs nothing after the result is there',
      source: `export default (args, ctx) => {
        const again = () => Promise.resolve().then(() => { ctx.log('still here'); return again();
          });
        again();
        return 'done';
      }`,
      ends: 'returned',
      holds: ({ logs }) => assert.ok(logs.length <= 5, `${logs.length} lines`),
      withinMs: QUICK_MS,
    },
    {
      it: 'drops the answer to a fetch that nobody waited for',
      source: `export default (args, ctx) => {
        ctx.fetch('https://a.example/').then(() => ctx.log('late')); return 1; }`,
      ends: 'returned',
      returns: 1,
      holds: ({ logs }) => assert.deepEqual(logs, []),
      withinMs: QUICK_MS,
    },
    {
      it: 'hands the answer to nobody else',
      source: `export default async (args, ctx) => {
        for (let at = 0; at < 50; at++) await null;
        ctx.log('mine');
        return 2;
      }`,
      ends: 'returned',
      returns: 2,
      holds: ({ logs }) => assert.deepEqual(logs, ['mine']),
      withinMs: QUICK_MS,
    },
    {
      it: 'counts the first end: what the function returns, not what a job throws later',
      source: `export default () => { Promise.reject(new Error('unhandled')); return 'fine'; }`,
      ends: 'returned',
      withinMs: QUICK_MS,
    },
    {
      it: 'ends a promise that never settles at once, and says so',
      source: `export default () => new Promise(() => {})`,
      ends: 'neverSettles',
      withinMs: QUICK_MS,
    },
    {
      it: 'ends a module that never gets ready',
      source: `await new Promise(() => {}); export default () => 1`,
      ends: 'neverSettles',
      withinMs: QUICK_MS,
    },
    {
      it: 'ends what was interrupted inside of an async continuation',
      source: `export default async () => { await null; for (;;); }`,
      call: { limits: BURN },
      ends: 'timeout',
      withinMs: BURNT_MS,
    },
    {
      it: 'cannot be kept from ending by catching or by finally',
      source: `export default async () => {
        for (;;) { try { await null; for (;;); } catch {} finally { for (;;); } }
      }`,
      call: { limits: BURN },
      ends: 'timeout',
      withinMs: BURNT_MS,
    },
    {
      it: 'runs no finalizer after the end',
      source: `export default (args, ctx) => {
        const registry = new FinalizationRegistry(() => { for (;;) ctx.log('finalizer'); });
        (() => registry.register({}, 1))();
        return 'done';
      }`,
      ends: ['returned', 'tooManyLogs'],
      withinMs: QUICK_MS,
    },
  ],
} satisfies Attack;
