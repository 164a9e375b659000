import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { runFilter } from './run-filter.js';

const FIXTURES = new URL('../fixtures/jsonpath/', import.meta.url);
const load = (name: string) => JSON.parse(readFileSync(new URL(name, FIXTURES), 'utf8'));

interface Vector {
  path: string;
  document?: string;
  documentHex?: string;
}
const documentOf = (vector: Vector): string | Buffer =>
  vector.document ?? Buffer.from(vector.documentHex ?? '', 'hex');

const native = (path: string, body: string | Buffer, profile: 'csharp' | 'neo-go' = 'csharp') => {
  const { kind, text } = runFilter('native', path, body, { profile });
  return kind === 'matched' ? text : kind;
};

describe('the native JSONPath dialect', () => {
  for (const profile of ['csharp', 'neo-go'] as const) {
    it(`answers the vectors of the native oracle in the profile ${profile}`, () => {
      const { cases } = load('native-vectors.json');
      assert.equal(cases.length, 93);
      for (const vector of cases) {
        const { path, native: expected } = vector;
        const run = runFilter('native', path, documentOf(vector), { profile });
        assert.equal(run.kind === 'matched', expected.ok, `${path}: ${run.kind} ${run.reason}`);
        if (!expected.ok) continue;
        assert.deepEqual(JSON.parse(run.text), expected.result, path);
        if (vector.bytes !== undefined) assert.equal(run.text, vector.bytes, path);
        // Numbers, names and texts of these vectors need no escapes, so their text is compact JSON.
        assert.equal(run.text, JSON.stringify(expected.result), path);
      }
    });
  }

  it('answers the bytes that neo-go answers, in its profile', () => {
    const { cases } = load('neo-go-vectors.json');
    assert.equal(cases.length, 471);
    for (const vector of cases) {
      const run = runFilter('native', vector.path, documentOf(vector), { profile: 'neo-go' });
      const got = run.kind === 'matched' ? run.text : null;
      assert.equal(got, vector.result, `${vector.path} on ${vector.document}: ${run.reason}`);
    }
  });

  it('gives the C# profile the same bytes wherever it takes the document', () => {
    let same = 0;
    for (const vector of load('neo-go-vectors.json').cases) {
      const run = runFilter('native', vector.path, documentOf(vector));
      if (run.kind !== 'matched' || vector.result === null) continue;
      assert.equal(run.text, vector.result, vector.path);
      same++;
    }
    assert.ok(same > 150, `only ${same} in common`);
  });

  it('keeps the order of members, also of names that look like integers', () => {
    const body = '{"b":1,"10":2,"2":3,"__proto__":4,"a":5}';
    assert.equal(native('$', body), `[${body}]`);
    assert.equal(native('$.*', body), '[1,2,3,4,5]');
    assert.equal(native("$['2','10','__proto__']", body), '[3,2,4]');
  });

  it('escapes as the nodes do: \\uXXXX for ", &, \', +, <, >, `, DEL and non-ASCII', () => {
    const body = JSON.stringify('"&\'+<>`\u007f\u00e9\u{1F600}\\/\b\t\n\f\r\u0001');
    const expected =
      '\\u0022\\u0026\\u0027\\u002B\\u003C\\u003E\\u0060\\u007F\\u00E9\\uD83D\\uDE00' +
      '\\\\/\\b\\t\\n\\f\\r\\u0001';
    assert.equal(native('$', body), `["${expected}"]`);
    assert.equal(native('$', `{${body}:1}`), `[{"${expected}":1}]`);
  });

  it('writes numbers as float64 in the style of JavaScript, with the sign of zero', () => {
    const body =
      '[1.0,1.50,1e21,1E+2,1e-7,0.000001,123456789012345678,-0,-0.0,-1e-400,5e-324,99.95]';
    const text = '[1,1.5,1e+21,100,1e-7,0.000001,123456789012345680,-0,-0,-0,5e-324,99.95]';
    for (const profile of ['csharp', 'neo-go'] as const) {
      assert.equal(native('$', body, profile), `[${text}]`);
      assert.equal(native('$', '[1e400]', profile), 'not-json');
    }
  });

  it('clamps a negative start before the array to 0, and counts an end of 0 from the end', () => {
    const body = '[1,2,3]';
    assert.equal(native('$[-5:]', body), '[1,2,3]');
    assert.equal(native('$[-5:2]', body, 'neo-go'), '[1,2]');
    assert.equal(native('$[-2147483648:]', body), '[1,2,3]');
    assert.equal(native('$[1:0]', body), '[2,3]');
    assert.equal(native('$[1:-1]', body), '[2]');
    assert.equal(native('$[2:1]', body), '[]');
  });

  it('holds at most 1,024 values after a step and goes at most 6 levels down', () => {
    const ones = (count: number): string => `[${Array(count).fill('1').join(',')}]`;
    assert.equal(native('$[*]', ones(1_024)), ones(1_024));
    assert.equal(native('$[*]', ones(1_025)), 'limit');
    assert.equal(native('$[0:]', ones(1_025)), 'limit');
    assert.equal(native('$[0][0][0][0][0][0]', '[[[[[[7]]]]]]'), '[7]');
    const { kind, reason } = runFilter('native', '$[0][0][0][0][0][0][0]', '[[[[[[7]]]]]]');
    assert.equal(kind, 'limit');
    assert.match(reason, /deeper than 6 levels/);
    // Where a level of `..a` holds too many values, the C# node fails; neo-go answers all so far.
    const wide = `{"a":2,"b":${ones(1_025)}}`;
    assert.equal(native('$..a', wide, 'csharp'), 'limit');
    assert.equal(native('$..a', wide, 'neo-go'), '[2]');
  });

  it('reads documents as the node of the profile does', () => {
    const cases: [string, string, string][] = [
      // document, csharp, neo-go
      ['{"a":1,"a":2}', 'not-json', '[1]'],
      ['{"a":1} and more', 'not-json', '[1]'],
      ['/* c */{"a"\n:// d\n1/**/,"b":2}//e', '[1]', 'not-json'],
      ['{"a"/* not here */:1}', 'not-json', 'not-json'],
      ['{"a":1,}', 'not-json', 'not-json'],
      ['{"a":"\\ud800"}', 'not-json', '["\\uFFFD"]'],
      ['{"a":01}', 'not-json', 'not-json'],
      ['{"a":1.}', 'not-json', 'not-json'],
      ['\ufeff{"a":1}', 'not-json', 'not-json'],
      ['null', 'not-json', '[]'],
      [`${'['.repeat(64)}${']'.repeat(64)}`, '[]', '[]'],
      [`${'['.repeat(65)}${']'.repeat(65)}`, 'not-json', '[]'],
      [`${'['.repeat(1_001)}${']'.repeat(1_001)}`, 'not-json', 'not-json'],
      ['', 'not-json', 'not-json'],
    ];
    for (const [document, csharp, neoGo] of cases) {
      assert.equal(native('$.a', document, 'csharp'), csharp, document.slice(0, 40));
      assert.equal(native('$.a', document, 'neo-go'), neoGo, document.slice(0, 40));
    }
  });

  it('reads a quoted name as the JSON string of the node', () => {
    const body = '{"a":1,"":2,"\u00e9":3,"\ufffd":4}';
    assert.equal(native("$['\\u0061','','\\u00e9','\u00e9']", body), '[1,2,3,3]');
    assert.equal(native("$['a\"//']", body, 'csharp'), '[1]');
    assert.equal(native("$['a\"//']", body, 'neo-go'), 'bad-path');
    assert.equal(native("$['\\ud800']", body, 'csharp'), 'bad-path');
    assert.equal(native("$['\\ud800']", body, 'neo-go'), '[4]');
    assert.equal(native("$['a\"b']", body, 'neo-go'), 'bad-path');
  });

  it('says what is wrong with a path, and where', () => {
    const reasons: [string, RegExp][] = [
      ['store', /needs|has "store" where "\$" is needed at character 0/],
      ['$..*', /has "\*" where a name is needed at character 3/],
      ['$.a[', /ends where .* is needed at character 4/],
      ['$[2147483648]', /needs a number of 32 bits at character 2/],
      ['$.a b', /character without meaning at character 3/],
      ["$['a", /character without meaning at character 2/],
    ];
    for (const [path, reason] of reasons) {
      const run = runFilter('native', path, '{}');
      assert.equal(run.kind, 'bad-path', path);
      assert.match(run.reason, reason);
    }
  });

  it('refuses what is not UTF-8, and a result larger than allowed', () => {
    const notText = runFilter('native', '$', Buffer.from([0x22, 0xff, 0x22]));
    assert.deepEqual([notText.kind, notText.reason], ['not-json', 'the body is not valid UTF-8']);
    const body = '["\u00e9\u00e9"]';
    assert.equal(runFilter('native', '$[0]', body, { maxResultBytes: 16 }).kind, 'matched');
    assert.equal(runFilter('native', '$[0]', body, { maxResultBytes: 15 }).kind, 'too-large');
  });
});
