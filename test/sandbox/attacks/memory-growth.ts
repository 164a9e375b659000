import { type Attack, QUICK_MS } from '../attack.js';

const grow = (what: string, body: string) => ({
  it: `ends ${what} at the heap's limit`,
  source: `export default (args, ctx) => { ${body} }`,
  ends: ['heap'] as const,
  withinMs: 6_000,
});

export default {
  against: 'memory growth',
  attempts: [
    grow('longer and longer texts', "let text = 'x'; for (;;) text = [text, text].join(text);"),
    grow(
      'ropes made flat',
      "const all = []; for (;;) all.push(('x' + all.length).repeat(1e5) + 'y');",
    ),
    grow('typed arrays', 'const all = []; for (;;) all.push(new Uint8Array(1e6));'),
    grow('ArrayBuffers', 'const all = []; for (;;) all.push(new ArrayBuffer(3e6));'),
    grow(
      'resizable ArrayBuffers',
      'const all = []; for (;;) { const b = new ArrayBuffer(0, { maxByteLength: 2e6 }); ' +
        'b.resize(2e6); all.push(b); }',
    ),
    grow('arrays', 'const all = []; for (;;) all.push([1, 2, 3]);'),
    grow(
      'objects in a Map',
      'const all = new Map(); for (let at = 0; ; at++) all.set(at, { at });',
    ),
    grow('WeakRefs', 'const all = []; for (;;) { const o = {}; all.push(o, new WeakRef(o)); }'),
    grow('closures', 'let last; for (;;) { const before = last; last = () => before; }'),
    grow('symbols', 'const all = []; for (;;) all.push(Symbol.for(String(all.length)));'),
    grow(
      'BigInts',
      'const big = 7n ** 100000n; const all = []; for (;;) all.push(big + BigInt(all.length));',
    ),
    grow('Array.fill', 'const all = []; for (;;) all.push(new Array(1e5).fill(all.length));'),
    grow('promises', 'const all = []; for (;;) all.push(Promise.resolve().then(() => all));'),
    grow(
      'texts of the host',
      "const all = []; for (;;) all.push(ctx.hex.encode('x'.repeat(1e5)) + all.length);",
    ),
    grow(
      'bytes of the host',
      'const all = []; for (;;) all.push(ctx.base64.decode("AAAA".repeat(1e5)));',
    ),
    grow(
      'what is caught again and again',
      'const all = []; for (let caught = 0; caught < 100; ) { try { all.push(new ' +
        'Uint8Array(1e6)); } catch { caught++; } } throw null;',
    ),
    {
      it: 'takes what is over for an error that can be caught, and goes on within the limit',
      source: `export default () => {
        let all = [];
        try { for (;;) all.push(new Uint8Array(1e6)); } catch (error) { const { length } = all;
          all = null; return length > 20 && length < 34; }
      }`,
      ends: 'returned',
      returns: true,
      withinMs: QUICK_MS,
    },
    {
      it: 'lets the next one have all of its heap',
      source: `export default () => { const all = []; for (let at = 0; at < 25;
        at++) all.push(new Uint8Array(1e6)); return all.length; }`,
      ends: 'returned',
      returns: 25,
      withinMs: QUICK_MS,
    },
    {
      it: 'refuses sizes that no memory has',
      source: `export default () => [() => new ArrayBuffer(2 ** 53),
        () => new Uint8Array(2 ** 40), () => 'x'.repeat(2 ** 31),
        () => new Array(2 ** 32), () => 'x'.padEnd(2 ** 31), () => 2n ** (2n ** 64n)]
        .map((attempt) => { try { return typeof attempt(); } catch (error) {
          return error instanceof Error; } })`,
      ends: 'returned',
      returns: Array(6).fill(true),
      withinMs: QUICK_MS,
    },
  ],
} satisfies Attack;
