import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { runFilter } from './run-filter.js';

const FIXTURES = new URL('../fixtures/jsonpath/', import.meta.url);
const load = (name: string) => JSON.parse(readFileSync(new URL(name, FIXTURES), 'utf8'));

const standard = (path: string, body: string): string => {
  const { kind, text } = runFilter('rfc9535', path, body);
  return kind === 'matched' ? text : kind;
};

describe('the RFC 9535 dialect', () => {
  it('passes the whole compliance test suite', () => {
    const { tests } = load('cts.json');
    assert.equal(tests.length, 703);
    for (const test of tests) {
      const run = runFilter('rfc9535', test.selector, JSON.stringify(test.document ?? null));
      if (test.invalid_selector) {
        assert.equal(run.kind, 'bad-path', test.name);
        continue;
      }
      assert.equal(run.kind, 'matched', `${test.name}: ${run.reason}`);
      const results: unknown[] = test.results ?? [test.result];
      const got = JSON.parse(run.text);
      assert.ok(
        results.some((result) => isDeepStrictEqual(got, result)),
        `${test.name}: ${run.text}`,
      );
    }
  });

  it('answers what the standard says for the paths of the native vectors', () => {
    for (const { path, document, documentHex, rfc9535 } of load('native-vectors.json').cases) {
      const body = document ?? Buffer.from(documentHex, 'hex');
      const run = runFilter('rfc9535', path === '' ? '$' : path, body);
      if (rfc9535.ok && run.kind === 'too-large') continue; // 64^6 matches
      assert.equal(run.kind === 'matched', rfc9535.ok, `${path}: ${run.reason}`);
      if (rfc9535.result) assert.deepEqual(JSON.parse(run.text), rfc9535.result, path);
      if (rfc9535.count) assert.equal(JSON.parse(run.text).length, rfc9535.count, path);
    }
  });

  it('refuses a selected number that a float64 would change', () => {
    const inexact = [
      '9007199254740993',
      '-9007199254740993',
      '18014398509481984',
      '1000000000000000000',
      '1e20',
      '1e400',
      '1e-400',
      '0.1234567890123456789',
      '9007199254740992.5',
    ];
    for (const literal of inexact) {
      const run = runFilter('rfc9535', '$.a', `{"a":[1,{"b":${literal}}],"c":1}`);
      assert.equal(run.kind, 'inexact-number', literal);
      assert.ok(run.reason.includes(`$['a'] holds ${literal},`), run.reason);
      assert.equal(standard('$.c', `{"a":${literal},"c":1}`), '[1]', `${literal} is not selected`);
    }
  });

  it('writes every number that a float64 carries, in its shortest form', () => {
    const body =
      '[9007199254740992,-9007199254740992,1.10,1E2,-0,0.1,0.30000000000000004,1e-7,5e-324]';
    const text =
      '[9007199254740992,-9007199254740992,1.1,100,0,0.1,0.30000000000000004,1e-7,5e-324]';
    assert.equal(standard('$', body), `[${text}]`);
  });

  it('compares numbers by their exact values, in the document and in the path', () => {
    const body = `[{"id":9007199254740992,"n":"even"},{"id":9007199254740993,"n":"odd"},
      {"id":9.007199254740993e15,"n":"odd too"},{"id":1e400,"n":"huge"},{"id":-1e400,"n":"low"}]`;
    assert.equal(standard('$[?@.id==9007199254740993].n', body), '["odd","odd too"]');
    assert.equal(standard('$[?@.id!=9007199254740993].n', body), '["even","huge","low"]');
    assert.equal(standard('$[?@.id<9007199254740993].n', body), '["even","low"]');
    assert.equal(standard('$[?@.id>=$[1].id].n', body), '["odd","odd too","huge"]');
    assert.equal(standard('$[?@.id>1e399].n', body), '["huge"]');
    assert.equal(standard('$[?@.id>1e401].n', body), '[]');
    assert.equal(standard('$[?@==$[0]].n', '[{"id":1e400,"n":1},{"n":1.0,"id":10e399}]'), '[1,1]');
  });

  it('keeps the order of members, also of names that look like integers', () => {
    const body = '{"b":1,"10":2,"2":3,"__proto__":4,"a":5}';
    assert.equal(standard('$', body), `[${body}]`);
    assert.equal(standard('$.*', body), '[1,2,3,4,5]');
    assert.equal(standard('$..*', body), '[1,2,3,4,5]');
    assert.equal(standard('$[?@>2]', body), '[3,4,5]');
  });

  it('takes __proto__ and names of Object.prototype for plain names', () => {
    assert.equal(standard('$.__proto__', '{"__proto__":{"x":1}}'), '[{"x":1}]');
    assert.equal(standard('$.__proto__', '{"a":1}'), '[]');
    assert.equal(standard('$.x', '{"__proto__":{"x":1}}'), '[]');
    assert.equal(standard("$['toString','constructor','literal']", '{"a":1}'), '[]');
    assert.equal(standard('$.a.literal', '{"a":1e400}'), '[]');
    assert.equal(standard('$[?@==$.x]', '{"a":{"toString":1},"x":{"b":1}}'), '[{"b":1}]');
  });

  it('refuses two members of one name, since parsers differ in which they keep', () => {
    const run = runFilter('rfc9535', '$.b', '{"b":1,"c":{"a":1,"a":2}}');
    assert.equal(run.kind, 'not-json');
    assert.match(run.reason, /two members named "a" at character 18/);
  });

  it('skips a byte order mark, keeps half a surrogate pair, refuses invalid UTF-8', () => {
    assert.equal(standard('$.a', '\ufeff{"a":1}'), '[1]');
    assert.equal(standard('$.a', '{"a":"\\ud83d\\ude00\\ud800"}'), '["\u{1F600}\\ud800"]');
    assert.equal(runFilter('rfc9535', '$', Buffer.from([0x22, 0xc3, 0x22])).kind, 'not-json');
  });

  it('refuses documents nested deeper than 256 levels, and walks down to there', () => {
    const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
    assert.equal(runFilter('rfc9535', '$..*', nested(256)).kind, 'matched');
    const run = runFilter('rfc9535', '$', nested(257));
    assert.equal(run.kind, 'not-json');
    assert.match(run.reason, /nested deeper than 256 levels/);
    assert.equal(runFilter('rfc9535', '$', '['.repeat(1_000_000)).kind, 'not-json');
  });

  it('refuses comments, trailing text and what else is no JSON, naming the place', () => {
    for (const body of ['', ' ', '{"a":1}x', '/**/1', '[1,]', '{a:1}', '01', '1.', "'a'", 'nul']) {
      assert.equal(runFilter('rfc9535', '$', body).kind, 'not-json', body);
    }
    const { reason } = runFilter('rfc9535', '$', '{"a":tru}');
    assert.equal(reason, 'the body needs a value, but has "tru}" at character 5');
  });

  it('counts and orders text by Unicode scalar values, not by UTF-16 code units', () => {
    assert.equal(standard('$[?length(@)==1]', '["\u{1F600}","ab","a"]'), '["\u{1F600}","a"]');
    assert.equal(standard('$[?@>$[1]]', '["\u{1F600}","\uffff"]'), '["\u{1F600}"]');
  });

  it('gives length() of a number that is kept exactly as nothing, like of any number', () => {
    assert.equal(standard('$[?length(@)>=0]', '[1e400,1,"",[]]'), '["",[]]');
  });

  it('matches texts only, and tells an expression that it cannot run from a mismatch', () => {
    assert.equal(standard("$[?match(@,'5')]", '[5,"5"]'), '["5"]');
    assert.equal(standard("$[?search(@,'5')]", '[5,"15",null]'), '["15"]');
    assert.equal(standard("$[?match(@,'a**')]", '["a"]'), '[]');
    assert.equal(standard('$[?match(@,@)]', `["${'('.repeat(200_000)}"]`), 'limit');
  });

  it('has no selectors beyond the standard', () => {
    for (const path of ['', 'a', '$.~a', '$[~]', '$[?#==1]', '$ ', "$['a"]) {
      assert.equal(standard(path, '{"a":1}'), 'bad-path', path);
    }
  });
});
