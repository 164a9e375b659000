import { type Attack, BURN, BURNT_MS, QUICK_MS } from '../attack.js';

/** Loops inside the engine, which no interrupt reaches. */
const endless = (method: string) => ({
  it: `ends Array.prototype.${method} of nearly endless length`,
  source: `export default () =>
    Array.prototype.${method}.call({ length: 2 ** 53 - 1 }, () => false)`,
  call: { limits: BURN },
  ends: ['timeout', 'heap', 'thrown', 'tooLarge'] as const,
  withinMs: BURNT_MS,
});

export default {
  against: 'array-likes of length 2^53-1',
  attempts: [
    ...['indexOf', 'lastIndexOf', 'includes', 'fill', 'reverse', 'join', 'sort', 'copyWithin']
      .concat(['unshift', 'splice', 'every', 'findLast', 'flat', 'toSorted', 'with'])
      .map(endless),
    {
      it: 'ends Array.from, Reflect.apply and spreading of them',
      source: `export default () => [
        () => Array.from({ length: 2 ** 53 - 1 }),
        () => Reflect.apply(Math.max, null, { length: 2 ** 53 - 1 }),
        () => String.fromCharCode.apply(null, { length: 2 ** 32 }),
        () => new Uint8Array({ length: 2 ** 53 - 1 }),
        () => Object.groupBy({ [Symbol.iterator]: () => ({ next: () => ({ value: 1 }) }) },
          () => 1),
      ].map((attempt, at) => { if (at === 4) return 1; try { return attempt(); } catch (error) {
        return error.name; } })`,
      call: { limits: BURN },
      ends: ['returned', 'timeout', 'heap'],
      withinMs: BURNT_MS,
    },
    {
      it: 'reads no more of what fetch and log are given than the limits allow',
      source: `export default async (args, ctx) => {
        try { await ctx.fetch('https://a.example/', { headers: { length: 2 ** 53 - 1, a: 'b' } }); }
        catch (error) { return error.name; }
        return 'fetched';
      }`,
      ends: 'returned',
      returns: 'fetched',
      withinMs: QUICK_MS,
    },
  ],
} satisfies Attack;
