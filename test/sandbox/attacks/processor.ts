import { type Attack, BURN, BURNT_MS, QUICK_MS } from '../attack.js';

const burn = (what: string, body: string) => ({
  it: `ends ${what} in time`,
  source: `export default () => { ${body} }`,
  call: { limits: BURN },
  ends: ['timeout', 'heap'] as const,
  withinMs: BURNT_MS,
});

export default {
  against: 'the processor',
  attempts: [
    burn('an empty loop', 'for (;;);'),
    burn('a loop that catches everything', 'for (;;) { try { for (;;) null.x; } catch {} }'),
    burn(
      'a native sort',
      'const all = Array.from({ length: 1e6 }, (_, at) => (at * 7919) % 1e6); for (;;) all.sort();',
    ),
    burn(
      'a sort that compares by code',
      'const all = Array.from({ length: 1e5 }, (_, at) => at); for (;;) all.sort(() => 1 - 2 ' +
        '* (all.length % 2));',
    ),
    burn('a regular expression that backtracks', 'return /^(a+)+$/.test("a".repeat(40) + "b");'),
    burn(
      'a regular expression of look-arounds',
      'return /(?=(a+))\\1*(?<=a+)b/.test("a".repeat(1e5)) || (() => { for (;;) ' +
        '/(a|a)*b/.test("a".repeat(28)); })();',
    ),
    burn('replacing by a regular expression', 'for (;;) "a".repeat(1e5).replace(/a*?b/g, "x");'),
    burn('powers of BigInts', 'let big = 3n; for (;;) big = big ** 3n % (2n ** 200000n);'),
    burn('division of BigInts', 'const a = 7n ** 200000n, b = 3n ** 100000n; for (;;) a / b;'),
    burn('BigInts as text', 'const a = 7n ** 200000n; for (;;) a.toString();'),
    burn('BigInts from text', 'const text = "9".repeat(3e5); for (;;) BigInt(text);'),
    burn(
      'JSON of a shared graph',
      'let o = { a: 1 }; for (let at = 0; at < 40; at++) o = { a: o, b: o }; return ' +
        'JSON.stringify(o);',
    ),
    burn(
      'JSON of cycles',
      'const o = { all: Array(1e4).fill(1) }; o.o = o; ' +
        'for (;;) try { JSON.stringify(o); } catch {}',
    ),
    burn(
      'JSON that is parsed again and again',
      'const text = JSON.stringify(Array(1e5).fill(1)); for (;;) JSON.parse(text);',
    ),
    burn('String.repeat', 'for (;;) "ab".repeat(1e6);'),
    burn(
      'String.normalize',
      'const text = "\\u1e9b\\u0323".repeat(2e5); for (;;) text.normalize("NFKD");',
    ),
    burn(
      'String.indexOf',
      'const text = "a".repeat(1e6); for (;;) text.indexOf("a".repeat(5e5) + "b");',
    ),
    burn(
      'String.split and join',
      'const text = "a".repeat(3e5); for (;;) text.split("").join("");',
    ),
    burn('Array.fill', 'const all = new Array(1e6); for (;;) all.fill(1);'),
    burn(
      'typed arrays',
      'const all = new Float64Array(1e6); for (;;) { all.fill(1.5); all.sort(); ' +
        'all.lastIndexOf(2); }',
    ),
    burn(
      'long prototype chains',
      'let o = {}; for (let at = 0; at < 1e5; at++) o = Object.create(o); for (;;) o.missing;',
    ),
    burn(
      'proxies in proxies',
      'let p = {}; for (let at = 0; at < 500; at++) p = new Proxy(p, {}); for (;;) p.x;',
    ),
    burn('a getter that loops', 'return ({ get a() { for (;;); } }).a;'),
    burn('a generator without end', 'for (const x of (function* () { for (;;) yield 1; })());'),
    burn(
      'spreading without end',
      'return [...{ [Symbol.iterator]: () => ({ next: () => ({ value: 1, done: false }) }) }];',
    ),
    burn(
      'Map without end',
      'return new Map({ [Symbol.iterator]: () => ({ next: () => ({ value: [1, 1], done: ' +
        'false }) }) });',
    ),
    burn(
      'decimals of many digits',
      'for (;;) Number("1" + "0".repeat(3e5)) + parseFloat("1." + "3".repeat(3e5));',
    ),
    burn(
      'toLocaleString and dates',
      'for (let at = 0; ; at++) new Date(at * 1e9).toLocaleString();',
    ),
    {
      it: 'takes a result with a cycle for what JSON does not have, at once',
      source: 'export default () => { const o = { a: [] }; o.a.push({ o }); return o; }',
      ends: 'notJson',
      withinMs: QUICK_MS,
    },
    {
      it: 'ends a module that never comes to its function',
      source: 'for (;;); export default () => 1',
      call: { limits: BURN },
      ends: 'timeout',
      withinMs: BURNT_MS,
    },
    {
      it: 'does not ask for long in the host: a hash of all there is takes part of the time',
      source: `export default (args, ctx) => { const all = new Uint8Array(2e7);
        for (;;) ctx.crypto.sha256(all); }`,
      call: { limits: BURN },
      ends: 'timeout',
      withinMs: BURNT_MS,
    },
    {
      it: 'runs the next one as if nothing had been',
      source: 'export default () => 1',
      ends: 'returned',
      returns: 1,
      withinMs: QUICK_MS,
    },
  ],
} satisfies Attack;
