import { type Attack, BURN, BURNT_MS, QUICK_MS } from '../attack.js';

const deep = (what: string, body: string, withinMs = BURNT_MS) => ({
  it: `ends ${what}`,
  source: `export default () => { ${body} }`,
  call: { limits: BURN },
  ends: ['stack', 'heap', 'thrown', 'notJson', 'returned', 'timeout', 'crashed'] as const,
  withinMs,
});

export default {
  against: 'the stack',
  attempts: [
    {
      it: 'ends recursion without end with an outcome of its own',
      source: `const f = () => f() + 1; export default f`,
      ends: 'stack',
      withinMs: QUICK_MS,
    },
    {
      it: 'lets it be caught',
      source: `const f = () => f() + 1; export default () => { try { f(); } catch (error) {
        return error.name; } }`,
      ends: 'returned',
      returns: 'InternalError',
      withinMs: QUICK_MS,
    },
    deep('recursion by getters', 'const o = { get a() { return o.a; } }; return o.a;'),
    deep(
      'recursion by proxies',
      'let p = {}; for (let at = 0; at < 1e5; at++) p = new Proxy(p, {}); return p.x;',
    ),
    deep('recursion by toString', 'const o = { toString: () => String(o) }; return String(o);'),
    deep('recursion by sort', 'const f = () => [2, 1].sort(f)[0]; return f();'),
    deep(
      'recursion by JSON.parse with a reviver',
      'const f = () => JSON.parse("[1]", f); return f();',
    ),
    deep(
      'recursion by bound functions',
      'let f = () => 1; for (let at = 0; at < 1e5; at++) f = f.bind(null); return f();',
    ),
    deep('recursion by generators', 'function* g() { yield* g(); } return [...g()];'),
    deep('recursion by constructors', 'class A { constructor() { new A(); } } new A();'),
    deep('recursion by Reflect.apply', 'const f = () => Reflect.apply(f, null, []); return f();'),
    deep('JSON.parse of deep text', 'return JSON.parse("[".repeat(2e6));'),
    deep(
      'JSON.parse of deep text that is well formed',
      'return JSON.parse("[".repeat(1e6) + "]".repeat(1e6)).length;',
    ),
    deep(
      'JSON.stringify of deep objects',
      'let o = {}; for (let at = 0; at < 2e5; at++) o = { o }; return o;',
    ),
    deep(
      'flat of deep arrays',
      'let a = []; for (let at = 0; at < 2e5; at++) a = [a]; return a.flat(Infinity).length;',
    ),
    deep(
      'regular expressions of deep groups',
      'return new RegExp("(".repeat(1e5) + ")".repeat(1e5)).test("a");',
    ),
    deep(
      'regular expressions that recurse',
      'return /(?:a|b)*?c/.test("ab".repeat(1e6)) || /^(a*)*$/.test("a".repeat(1e6));',
    ),
    deep(
      'deep prototype chains',
      'let o = {}; for (let at = 0; at < 2e5; at++) o = Object.create(o); return o.missing ' +
        '?? "none";',
    ),
    deep(
      'deep texts of templates',
      'let s = "x"; for (let at = 0; at < 2e5; at++) s = s + "y"; return s.length;',
    ),
    deep(
      'deep ropes',
      'let s = "x".repeat(500); for (let at = 0; at < 2e4; at++) s = (s + "yy").slice(1); ' +
        'return s.length;',
    ),
    deep(
      'promises that resolve to promises',
      'let p = Promise.resolve(1); for (let at = 0; at < 1e5; at++) { const q = p; p = new ' +
        'Promise((done) => done(q)); } return p;',
    ),
    {
      it: 'ends source of deep brackets',
      source: `export default () => ${'['.repeat(30_000)}${']'.repeat(30_000)}`,
      ends: ['thrown', 'stack', 'crashed'],
      withinMs: BURNT_MS,
    },
    {
      it: 'ends source of deep functions',
      source: `export default ${'()=>('.repeat(10_000)}1${')'.repeat(10_000)}`,
      ends: ['thrown', 'stack', 'crashed', 'notJson', 'heap'],
      withinMs: BURNT_MS,
    },
    {
      it: 'ends source of long operators',
      source: `export default () => ${'-~'.repeat(25_000)}1`,
      ends: ['returned', 'thrown', 'stack', 'crashed'],
      withinMs: BURNT_MS,
    },
    {
      it: 'ends calls with more arguments than a stack holds',
      source: `export default () => Math.max(${'1,'.repeat(30_000)}2)`,
      ends: ['returned', 'thrown', 'stack'],
      withinMs: QUICK_MS,
    },
    {
      it: 'is as before for the next one',
      source: `const depth = (n) => n === 0 ? 0 : 1 + depth(n - 1);
        export default () => depth(500)`,
      ends: 'returned',
      returns: 500,
      withinMs: QUICK_MS,
    },
  ],
} satisfies Attack;
