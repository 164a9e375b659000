import fc from 'fast-check';

/** Statements that leave traces wherever they can, and end in all sorts of ways. */
const STATEMENTS = [
  'try { globalThis.trace = (globalThis.trace ?? 0) + 1; } catch (error) { ' +
    'seen.push(error.name); }',
  'try { Object.prototype.trace = 1; } catch (error) { seen.push(error.message); }',
  'try { Array.prototype.push = null; ctx.log.trace = 1; } catch (error) { ' +
    'seen.push(error.name); }',
  "seen.push(typeof trace, 'trace' in globalThis, ({}).trace, ctx.log.trace);",
  'seen.push(Math.random(), Math.random(), Date.now());',
  "for (let at = 0; at < N; at++) seen.push(Symbol.for('s' + at).description.length);",
  'const big = new Uint8Array(N * 97).fill(N); seen.push(big.reduce((a, b) => a + b, 0));',
  'new Uint8Array(N * 5000).fill(255);',
  "let text = 'x'; for (let at = 0; at < N % 14; at++) text += text; seen.push(text.length);",
  'seen.push(7n ** BigInt(N % 300) % 1000007n);',
  'await Promise.all(Array.from({ length: N % 20 }, async (_, at) => { await null; ' +
    'seen.push(at); }));',
  'Promise.resolve().then(() => seen.push(1)).then(() => ctx.log(seen.length));',
  'Promise.reject(new Error("unhandled"));',
  'const map = new Map(Array.from({ length: N }, (_, at) => [at, { at }])); seen.push(map.size);',
  'const weak = new WeakMap(); weak.set(seen, N); new WeakRef(seen); seen.push(weak.has(seen));',
  'new FinalizationRegistry(() => ctx.log("finalized")).register({}, 1);',
  "'a-b-c'.replace(/(\\w)-(\\w)/g, '$2'); seen.push(/x(y)?/.exec('xy').length);",
  'ctx.log("line", N, new Error("e").stack.split("\\n").length);',
  'seen.push(JSON.stringify(JSON.parse("[" + "1,".repeat(N) + "2]")).length);',
  'const deep = (n) => (n === 0 ? 0 : 1 + deep(n - 1)); seen.push(deep(N));',
  'try { const f = () => f() + 1; f(); } catch (error) { seen.push(error.message); }',
  'class Mine extends Error { constructor() { super("m"); this.name = "Mine"; } } ' +
    'seen.push(String(new Mine()));',
  'seen.push(ctx.hex.encode(ctx.crypto.sha256("t" + N)), new URL("/" + N, ' +
    '"https://a.example").href);',
  'seen.push(await ctx.fetch("https://a.example/" + N).then((answer) => answer.text()));',
  'seen.push(await ctx.secrets.get("s" + N));',
  'function* count() { for (let at = 0; at < N % 50; at++) yield at; } ' +
    'seen.push([...count()].length);',
  'seen.push(new Date(N * 1e9).toISOString(), new Date().getTimezoneOffset(), ' +
    'ctx.decimal.mul("1.1", N));',
  'if (N % 2 === 0) throw new RangeError("thrown " + N);',
  'if (N % 2 === 0) return new Uint8Array([N, 1]);',
  'if (N % 2 === 0) return new Promise(() => {});',
  'if (N % 2 === 0) for (;;) ctx.log("flood");',
  'if (N % 2 === 0) return { toJSON() { throw seen; } };',
  'if (N % 2 === 0) { const all = []; for (;;) all.push(new Uint8Array(65536)); }',
  'if (N % 2 === 0) return "é".repeat(40000);',
  'if (N % 2 === 0) throw null;',
];

/** The text of a function that does some of it. */
export const programs: fc.Arbitrary<string> = fc
  .array(fc.tuple(fc.constantFrom(...STATEMENTS), fc.integer({ min: 1, max: 400 })), {
    minLength: 1,
    maxLength: 8,
  })
  .map((parts) => {
    const body = parts.map(
      ([statement, n]) => `  { ${statement.replaceAll(/\bN\b/g, String(n))} }`,
    );
    return [
      'export default async (args, ctx) => {',
      '  const seen = [];',
      ...body,
      '  return seen.map((value) => (typeof value === "bigint" ? String(value) : value));',
      '};',
    ].join('\n');
  });
