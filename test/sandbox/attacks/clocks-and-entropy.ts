import { type Attack, QUICK_MS } from '../attack.js';

const BLOCK_MS = Date.UTC(2026, 0, 2, 3, 4, 5);

export default {
  against: 'clocks and sources of chance',
  attempts: [
    {
      it: 'shows the time of the block by every way to the time, however long it runs',
      source: `export default async (args, ctx) => {
        const times = () => [Date.now(), +new Date(), Date.parse(Date()), new Date().getTime(),
          ctx.block.timeMs,
          Reflect.construct(Date, []).valueOf(), Date.UTC(2026, 0, 2, 3, 4, 5)];
        const before = times();
        for (let at = 0; at < 3e5; at++);
        await ctx.fetch('https://a.example/');
        return [...new Set([...before, ...times()])];
      }`,
      ends: 'returned',
      returns: [BLOCK_MS],
      withinMs: QUICK_MS,
    },
    {
      it: 'is in UTC, wherever the node is',
      source: `export default () => [new Date(0).getHours(), new Date(2026, 6,
        1).getTimezoneOffset(), new Date(1.7e12).toString(),
        new Date(2026, 6, 1).toISOString(), new Date('2026-07-01T00:00').getTime(),
          new Date(0).toLocaleString()]`,
      ends: 'returned',
      returns: [
        0,
        0,
        'Tue Nov 14 2023 22:13:20 GMT+0000',
        '2026-07-01T00:00:00.000Z',
        Date.UTC(2026, 6, 1),
        '01/01/1970, 12:00:00 AM',
      ],
      withinMs: QUICK_MS,
    },
    {
      it: 'draws the numbers of the request and no others',
      source: `const early = Math.random(); export default () => [early, Math.random(),
        Math.random()]`,
      ends: 'returned',
      returns: [0.916704181709331, 0.5665204259121202, 0.9814722625674807],
      withinMs: QUICK_MS,
    },
    {
      it: 'has no clock in what the host does: a fetch takes no time',
      source: `export default async (args, ctx) => {
        const start = Date.now();
        await Promise.all([ctx.fetch('https://a.example/'), ctx.secrets.get('known')]);
        return Date.now() - start;
      }`,
      ends: 'returned',
      returns: 0,
      withinMs: QUICK_MS,
    },
    {
      it: 'cannot build a clock from threads, shared memory or timers',
      source: `export default () => [typeof SharedArrayBuffer, typeof Atomics, typeof Worker,
        typeof setTimeout, typeof performance,
        typeof WebAssembly, typeof new ArrayBuffer(8).growable]`,
      ends: 'returned',
      returns: Array(7).fill('undefined'),
      withinMs: QUICK_MS,
    },
    {
      it: 'finds no chance in hashes, addresses, order or finalizers',
      source: `export default () => {
        const ids = [{}, [], () => {}, Symbol('a')].map(String);
        const order = Object.keys({ b: 1, a: 2, 10: 3, 9: 4 }).join();
        const sorted = [3, 1, 2].sort(() => 0).join();
        return [...ids, order, sorted];
      }`,
      ends: 'returned',
      returns: ['[object Object]', '', '() => {}', 'Symbol(a)', '9,10,b,a', '3,1,2'],
      withinMs: QUICK_MS,
    },
  ],
} satisfies Attack;
