import assert from 'node:assert/strict';
import fc from 'fast-check';
import { runsOf } from '../fuzz/fuzz-in-worker.js';
import { runFilter } from './run-filter.js';

const KINDS = ['matched', 'bad-path', 'not-json', 'limit', 'inexact-number', 'too-large'];
const steps = fc.constantFrom(
  ...['.a', '.b', '.*', '[*]', '..a', '..*', '[0]', '[-1]', '[1:]', "['a','b']", '[0,1]', '[::2]'],
  ...['[?@]', '[?@.a]', '[?@<2]', '[?!@.a&&@.b==$..a]', '[?count(@.*)>1]', '[?length(@)==2]', '['],
);
const paths = fc.oneof(
  fc.array(steps, { maxLength: 4 }).map((list) => `$${list.join('')}`),
  fc.string({ unit: fc.constantFrom(...'$.[]*,:\'"?@()=<>!&|-01ab \\u'), maxLength: 24 }),
  fc.string({ unit: 'binary', maxLength: 12 }),
);
const names = fc.constantFrom('a', 'b', '1', '__proto__', '', '\u00e9');
const numbers = fc.constantFrom('0', '-0', '1', '1.5', '1e400', '9007199254740993', '0.10', '1E2');
/** JSON as text, so that numbers and names come in every form. */
const documents = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    numbers,
    fc.json({ maxDepth: 1 }),
    fc.array(tie('value'), { maxLength: 3 }).map((items) => `[${items.join(', ')}]`),
    fc
      .uniqueArray(fc.tuple(names, tie('value')), { maxLength: 3, selector: ([name]) => name })
      .map((list) => `{${list.map(([n, v]) => `${JSON.stringify(n)} :${v}`).join(',')}}`),
  ),
})).value;
const bodies = fc.oneof(
  documents.map((text) => Buffer.from(text)),
  fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
  // A document with a piece of another one in the middle.
  fc.tuple(documents, documents, fc.nat(80)).map(([a, b, at]) => {
    return Buffer.from(a.slice(0, at) + b.slice(at / 2, at) + a.slice(at));
  }),
);

describe('any path on any body', () => {
  for (const dialect of ['native', 'rfc9535'] as const) {
    it(`ends with an outcome that says something, in ${dialect}`, () => {
      fc.assert(
        fc.property(paths, bodies, fc.boolean(), (path, body, csharp) => {
          const profile = csharp ? 'csharp' : 'neo-go';
          const run = runFilter(dialect, path, body, { profile });
          assert.ok(KINDS.includes(run.kind), run.kind);
          if (run.kind === 'matched') assert.ok(Array.isArray(JSON.parse(run.text)));
          else assert.ok(run.reason.length > 10, run.reason);
        }),
        { numRuns: runsOf(1_500) },
      );
    });
  }

  it('selects a document itself unchanged, as compact JSON', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 4 }), (text) => {
        const standard = runFilter('rfc9535', '$', text);
        const exact = !/"inexact-number"/.test(JSON.stringify(standard));
        if (!exact) return;
        const expected = JSON.stringify(JSON.parse(text));
        if (standard.kind === 'matched')
          assert.equal(JSON.stringify(JSON.parse(standard.text)[0]), expected);
        const native = runFilter('native', '$', text, { profile: 'neo-go' });
        // -0 keeps its sign there.
        assert.deepEqual(
          JSON.parse(native.text.replaceAll('-0,', '0,')),
          JSON.parse(standard.text),
        );
      }),
      { numRuns: runsOf(500) },
    );
  });
});
