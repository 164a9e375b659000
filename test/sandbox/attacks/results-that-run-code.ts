import assert from 'node:assert/strict';
import { type Attack, BURN, BURNT_MS, QUICK_MS } from '../attack.js';

export default {
  against: 'results and errors whose getters run code',
  attempts: [
    {
      it: 'runs toJSON and getters of the result inside the limits of time',
      source: `export default () => ({ toJSON() { for (;;); } })`,
      call: { limits: BURN },
      ends: 'timeout',
      withinMs: BURNT_MS,
    },
    {
      it: 'runs a proxy of the result inside the limits of time',
      source: `export default () => new Proxy([], { get: (_, key) => { for (;;); } })`,
      call: { limits: BURN },
      ends: 'timeout',
      withinMs: BURNT_MS,
    },
    {
      it: 'runs getters of a thrown error inside the limits of time',
      source: `export default () => {
        const error = new Error('x');
        Object.defineProperty(error, 'message', { get() { for (;;); } });
        throw error;
      }`,
      call: { limits: BURN },
      ends: 'timeout',
      withinMs: BURNT_MS,
    },
    {
      it: 'runs them inside the limits of the heap',
      source: `export default () => ({ get a() { const all = [];
        for (;;) all.push(new Uint8Array(65536)); } })`,
      ends: 'heap',
      withinMs: 3_000,
    },
    {
      it: 'tells what a getter of the result throws as a result that is not JSON',
      source: `export default () => ({ get a() { throw new RangeError('no'); } })`,
      ends: 'notJson',
      holds: ({ end }) => assert.equal(end.kind === 'notJson' && end.message, 'RangeError: no'),
      withinMs: QUICK_MS,
    },
    {
      it: 'shows what can be shown of an error whose parts throw, throw again, or are no text',
      source: `export default () => {
        const bad = { get name() { throw bad; }, get message() { throw bad; }, toString() {
          throw bad; },
          toJSON() { throw bad; } };
        throw bad;
      }`,
      ends: 'thrown',
      holds: ({ end }) =>
        assert.equal(end.kind === 'thrown' && end.message, 'what was thrown cannot be shown'),
      withinMs: QUICK_MS,
    },
    ...[
      'null',
      'undefined',
      '0',
      '"text"',
      'Symbol("s")',
      '10n',
      '() => 1',
      'new Proxy({}, {})',
    ].map((thrown) => ({
      it: `takes ${thrown} for something thrown`,
      source: `export default () => { throw ${thrown}; }`,
      ends: 'thrown' as const,
      withinMs: QUICK_MS,
    })),
    {
      it: 'takes a revoked proxy for something thrown, and for no JSON when it is returned',
      source: `export default () => { const { proxy, revoke } = Proxy.revocable({}, {}); revoke();
        throw proxy; }`,
      ends: 'thrown',
      withinMs: QUICK_MS,
    },
    ...[
      'undefined',
      'Symbol()',
      '() => 1',
      '10n',
      '{ a: 10n }',
      '(() => { const a = []; a[0] = a; return a; })()',
    ].map((result) => ({
      it: `takes ${result} for a result that is not JSON`,
      source: `export default () => (${result})`,
      ends: 'notJson' as const,
      withinMs: QUICK_MS,
    })),
    {
      it: 'lets a getter of the result end nothing twice: the first end counts',
      source: `export default (args, ctx) => ({ toJSON() { for (let at = 0; at < 200;
        at++) ctx.log(at); return 1; } })`,
      ends: 'tooManyLogs',
      withinMs: QUICK_MS,
    },
  ],
} satisfies Attack;
