import { type Attack, QUICK_MS } from '../attack.js';

export default {
  against: 'prototype pollution across executions',
  attempts: [
    {
      it: 'lets nothing that is built in be changed',
      source: `export default () => {
        const targets = [Object.prototype, Array.prototype, Function.prototype, String.prototype,
          Promise.prototype, Error.prototype, RegExp.prototype, Map.prototype, Date.prototype,
          Object.getPrototypeOf(Uint8Array.prototype), Object.getPrototypeOf(async () => {}),
          Object.getPrototypeOf([][Symbol.iterator]()),
            Object.getPrototypeOf((function* () {}).prototype),
          Math, JSON, Reflect, globalThis, Object, Array, Promise, URL.prototype, console,
          TextDecoder.prototype];
        const done = [];
        for (const [at, target] of targets.entries()) {
          for (const attempt of [
            () => { target.polluted = 1; },
            () => Object.defineProperty(target, 'polluted', { value: 1 }),
            () => { if (!Reflect.set(target, 'polluted', 1)) throw new TypeError(); },
            () => Object.setPrototypeOf(target, { polluted: 1 }),
            () => { target.__proto__ = { polluted: 1 }; },
            () => { delete target.constructor || delete target.parse;
              if (!target.constructor) throw done; },
          ]) {
            try { attempt(); } catch {}
          }
          if (!Object.isFrozen(target) || target.polluted || ({}).polluted) done.push(at);
        }
        return done;
      }`,
      ends: 'returned',
      returns: [],
      withinMs: QUICK_MS,
    },
    {
      it: 'finds nothing of the execution before, of what could be kept',
      source: `const kept = new WeakMap();
        export default (args, ctx) => {
          const before = [Symbol.for('kept').description in globalThis, 'kept' in globalThis,
            ctx.fetch.kept, ctx.log.kept, Math.kept, kept.has(ctx), /a/g.lastIndex,
              RegExp.$1 ?? null];
          for (const target of [globalThis, ctx, ctx.fetch, ctx.log, Math, Symbol]) {
            try { target.kept = 'kept'; } catch {}
          }
          kept.set(ctx, true);
          'kept'.match(/(kept)/);
          return before;
        }`,
      ends: 'returned',
      returns: [false, false, null, null, null, false, 0, null],
      withinMs: QUICK_MS,
    },
    {
      it: 'finds nothing of it the second time either',
      source: `export default (args, ctx) => ['kept' in globalThis, ctx.kept, ctx.fetch.kept,
        ({}).polluted]`,
      ends: 'returned',
      returns: [false, null, null, null],
      withinMs: QUICK_MS,
    },
    {
      it: 'still lets objects of the author have members of those names',
      source: `class Mine extends Error { constructor() { super('m'); this.name = 'Mine';
        this.message = 'n'; } }
        function Old() {} Old.prototype.toString = () => 'old'; Old.prototype.constructor = Old;
        export default () => {
          const plain = {}; plain.toString = () => 'mine'; plain.constructor = 1; plain.valueOf = 2;
          const list = []; list.toString = () => 'list';
          return [String(new Mine()), String(plain), plain.constructor, String(new Old()),
            String(list),
            Object.keys(plain)];
        }`,
      ends: 'returned',
      returns: ['Mine: n', 'mine', 1, 'old', 'list', ['toString', 'constructor', 'valueOf']],
      withinMs: QUICK_MS,
    },
  ],
} satisfies Attack;
