import { type Attack, QUICK_MS } from '../attack.js';

export default {
  against: 'Symbol.species and other hooks that built-in methods call',
  attempts: [
    {
      it: 'runs them as what they are, code of the author, and nothing of the host over them',
      source: `let calls = 0;
        class List extends Array { static get [Symbol.species]() { calls += 1;
          return function () { return new Proxy([], {}); }; } }
        class Bytes extends Uint8Array { static get [Symbol.species]() { calls += 1;
          return Uint8Array; } }
        class Later extends Promise { static get [Symbol.species]() { calls += 1; return Promise;
          } }
        export default async (args, ctx) => {
          new List(1, 2).map((x) => x);
          const before = calls;
          ctx.hex.encode(new Bytes([1, 2]));
          new TextDecoder().decode(new Bytes([65]));
          ctx.log(new List(1, 2));
          const hosts = calls - before;
          await Later.resolve(1).then((x) => x);
          return [before > 0, hosts, calls > before];
        }`,
      ends: 'returned',
      returns: [true, 0, true],
      withinMs: QUICK_MS,
    },
    {
      it: 'keeps the species of what is built in',
      source: `export default () => [Array, Promise, RegExp, ArrayBuffer, Map].map((type) => {
          try { Object.defineProperty(type, Symbol.species, { value: null }); return 'changed'; }
          catch (error) { return error.name; } })`,
      ends: 'returned',
      returns: Array(5).fill('TypeError'),
      withinMs: QUICK_MS,
    },
    {
      it: 'returns a promise of a subclass, or a thenable, as what it comes to',
      source: `class Later extends Promise { then(...args) { return super.then(...args); } }
        export default () => new Later((resolve) => resolve({ then: (done) => done([1, 2]) }))`,
      ends: 'returned',
      returns: [1, 2],
      withinMs: QUICK_MS,
    },
  ],
} satisfies Attack;
