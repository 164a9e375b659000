import { type Attack, QUICK_MS } from '../attack.js';

export default {
  against: "the host's glue, by replacing what it stands on",
  attempts: [
    {
      it: 'keeps what the glue calls as it is',
      source: `export default async (args, ctx) => {
        const traps = [];
        const trap = (object, name) => { try { object[name] = () => { traps.push(name); };
          } catch {} };
        for (const name of ['parse', 'stringify']) trap(JSON, name);
        for (const name of ['then', 'catch', 'finally']) trap(Promise.prototype, name);
        for (const name of ['get', 'set', 'delete']) trap(Map.prototype, name);
        for (const name of ['map', 'join', 'push', 'find', 'slice']) trap(Array.prototype, name);
        for (const name of ['toLowerCase', 'slice']) trap(String.prototype, name);
        for (const name of ['resolve', 'withResolvers']) trap(Promise, name);
        trap(Reflect, 'apply'); trap(Object, 'freeze'); trap(Object, 'entries');
          trap(Array.prototype, Symbol.iterator);
        const answer = await ctx.fetch('https://a.example/', { headers: { a: 'b' } });
        ctx.log('x', { y: 1 });
        return [(await answer.json()).price, traps];
      }`,
      ends: 'returned',
      returns: ['4.81', []],
      withinMs: QUICK_MS,
    },
    {
      it: 'takes no setter on what it makes from JSON',
      source: `export default async (args, ctx) => {
        let stolen = 0;
        for (const name of ['problem', 'value', 'status', 'body', 'url', 'headers', 'toJSON', '0',
          'then']) {
          try { Object.defineProperty(Object.prototype, name, { set() { stolen += 1; }, get() {
            stolen += 1; } }); } catch {}
        }
        await ctx.fetch('https://a.example/');
        return [stolen, JSON.stringify({ __proto__: { toJSON: () => 1 } })];
      }`,
      ends: 'returned',
      returns: [0, '1'],
      withinMs: QUICK_MS,
    },
    {
      it: 'lets the global names be shadowed in the module only',
      source: `const JSON = null, Promise = null, Object = null, Array = null, undefined_ = 1;
        export default async (args, ctx) => { const r = await ctx.fetch('https://a.example/');
          return (await r.json()).price; }`,
      ends: 'returned',
      withinMs: QUICK_MS,
    },
  ],
} satisfies Attack;
