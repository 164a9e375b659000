import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { type HttpSpec, parseHttpSpec } from '../../src/resolvers/http-spec.js';

function good(text: string): HttpSpec {
  const spec = parseHttpSpec(text);
  if (spec.kind !== 'spec') assert.fail(`${text}: ${spec.reason}`);
  return spec;
}

function badReason(text: string): string {
  const spec = parseHttpSpec(text);
  assert.equal(spec.kind, 'bad-spec', text);
  return spec.kind === 'bad-spec' ? spec.reason : '';
}

describe('the spec of requestHttp', () => {
  it('needs a url only, and is a GET then', () => {
    assert.deepEqual(good('{"url":"https://a.org/"}'), {
      kind: 'spec',
      method: 'GET',
      url: 'https://a.org/',
      headers: {},
      body: null,
    });
  });

  it('may say method, headers and body', () => {
    const text = '{"method":"POST","url":"u","headers":{"A":"b","c":""},"body":"{\\"x\\":1}"}';
    const { method, headers, body } = good(text);
    assert.deepEqual([method, headers, body], ['POST', { A: 'b', c: '' }, '{"x":1}']);
    assert.equal(good('{"method":"DELETE","url":"u","body":""}').body, '');
  });

  it('sends an object or array as compact JSON, digit for digit, and says that it is JSON', () => {
    const value = '{ "b": [1.50, 12345678901234567890, true, null], "a": {"\\u00fc": ""} }';
    const { headers, body } = good(`{"method":"POST","url":"u","body":${value}}`);
    assert.equal(body, '{"b":[1.50,12345678901234567890,true,null],"a":{"ü":""}}');
    assert.deepEqual(headers, { 'content-type': 'application/json' });
    const own = '"headers":{"Content-Type":"application/ld+json"}';
    const typed = good(`{"method":"PUT","url":"u",${own},"body":[]}`);
    assert.deepEqual(typed.headers, { 'Content-Type': 'application/ld+json' });
    assert.equal(typed.body, '[]');
  });

  it('says what is wrong with a bad one, and what was expected', () => {
    const cases: [string, RegExp][] = [
      ['', /^bad spec: /],
      ['nonsense', /^bad spec: /],
      ['{"url":"u"', /^bad spec: /],
      ['{"url":"u"} x', /^bad spec: /],
      ['{"url":"u",}', /^bad spec: /],
      ['// x\n{"url":"u"}', /^bad spec: /],
      ['"https://a.org/"', /expected an object/],
      ['["u"]', /expected an object/],
      ['null', /expected an object/],
      ['{}', /"url" must be there/],
      ['{"url":1}', /"url" must be there and a text/],
      ['{"Url":"u"}', /unknown key "Url": method, url, headers, body allowed/],
      ['{"url":"u","__proto__":{}}', /unknown key "__proto__"/],
      ['{"url":"u","url":"v"}', /two members named "url"/],
      ['{"url":"u","headers":{"a":"1","a":"2"}}', /two members named "a"/],
      ['{"url":"u","method":"get"}', /"method" must be one of GET, HEAD, POST/],
      ['{"url":"u","method":"CONNECT"}', /"method" must be one of/],
      ['{"url":"u","method":null}', /"method" must be one of/],
      ['{"url":"u","headers":[]}', /"headers" must be an object/],
      ['{"url":"u","headers":{"a":1}}', /"headers" must be an object whose values are texts/],
      ['{"url":"u","headers":null}', /"headers" must be an object/],
      ['{"url":"u","method":"POST","body":1}', /"body" must be a text, or an object or array/],
      ['{"url":"u","method":"POST","body":null}', /"body" must be a text/],
      ['{"url":"u","body":"x"}', /"body" does not go with GET/],
      ['{"url":"u","method":"HEAD","body":""}', /"body" does not go with HEAD/],
      ['{"url":"\\ud800"}', /^bad spec: /],
      [`{"url":"${'u'.repeat(503)}"}`, /it has 513 bytes, at most 512/],
    ];
    for (const [text, reason] of cases) assert.match(badReason(text), reason, text);
  });

  it('takes 512 bytes, counted as UTF-8', () => {
    assert.equal(good(`{"url":"${'u'.repeat(502)}"}`).url.length, 502);
    assert.match(badReason(`{"url":"${'ü'.repeat(300)}"}`), /it has 610 bytes/);
  });
});
