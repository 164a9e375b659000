import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { ResponseCode } from '../../src/base/outcome.js';
import { parseContentType } from '../../src/resolvers/content-type.js';
import { type HttpCodes, nativeCodes, specCodes } from '../../src/resolvers/http-codes.js';

const { Error: ERROR, Forbidden, NotFound, Timeout, ContentTypeNotSupported } = ResponseCode;

/** The code of a content, 0 for one that may be the result. */
const contentCode = (codes: HttpCodes, header: string | undefined, body: Buffer | string): number =>
  (codes.refuseType(header) ?? codes.refuseBody(Buffer.from(body)))?.code ?? 0;

const JSON_BODY = '{"a":"ü"}';

describe('the codes of HTTP statuses', () => {
  it("are the C# node's: any 2xx is success, 404 and 403 have a code, all else is Error", () => {
    const codes = nativeCodes('csharp');
    for (const status of [200, 201, 204, 299]) assert.ok(codes.isSuccess(status));
    for (const status of [199, 300, 304, 404]) assert.ok(!codes.isSuccess(status));
    assert.equal(codes.codeOf(404), NotFound);
    assert.equal(codes.codeOf(403), Forbidden);
    for (const status of [302, 400, 401, 408, 410, 429, 500, 504]) {
      assert.equal(codes.codeOf(status), ERROR);
    }
  });

  it("are neo-go's: only 200 is success, and 408 is Timeout", () => {
    const codes = nativeCodes('neo-go');
    assert.ok(codes.isSuccess(200));
    for (const status of [201, 204, 299, 304]) assert.ok(!codes.isSuccess(status));
    assert.deepEqual([403, 404, 408].map(codes.codeOf), [Forbidden, NotFound, Timeout]);
    for (const status of [201, 204, 302, 400, 401, 410, 500, 504]) {
      assert.equal(codes.codeOf(status), ERROR);
    }
  });

  it('of requestHttp tell what is missing, forbidden or late', () => {
    const codes = specCodes();
    for (const status of [200, 201, 204, 299]) assert.ok(codes.isSuccess(status));
    assert.deepEqual([401, 403].map(codes.codeOf), [Forbidden, Forbidden]);
    assert.deepEqual([404, 410].map(codes.codeOf), [NotFound, NotFound]);
    assert.deepEqual([408, 504].map(codes.codeOf), [Timeout, Timeout]);
    for (const status of [302, 400, 429, 500, 503]) assert.equal(codes.codeOf(status), ERROR);
  });
});

describe('the codes of content types', () => {
  it("are the C# node's", () => {
    const codes = nativeCodes('csharp');
    for (const header of [
      'application/json',
      ' application/json ; charset=utf-8',
      'application/json;charset=UTF-8;x',
      'application/json; charset=unicode-1-1-utf-8',
    ]) {
      assert.equal(contentCode(codes, header, JSON_BODY), 0, header);
    }
    for (const header of [
      undefined,
      '',
      'json',
      'application/json;',
      'application/json, text/plain',
      'application/json; charset=utf8',
      'application/json; charset="utf-8"',
      'application/json; charset=iso-8859-1',
      'application/json; charset',
    ]) {
      assert.equal(contentCode(codes, header, JSON_BODY), ERROR, header);
    }
    for (const header of ['text/plain', 'Application/JSON', 'application/json+x']) {
      assert.equal(contentCode(codes, header, JSON_BODY), ContentTypeNotSupported, header);
    }
    assert.equal(contentCode(codes, 'application/json', ''), 0, 'an empty body is success');
    assert.equal(contentCode(codes, 'application/json', Buffer.from([0x22, 0xff, 0x22])), ERROR);
    assert.equal(contentCode(nativeCodes('csharp', []), 'text/plain', ''), ContentTypeNotSupported);
    assert.equal(contentCode(nativeCodes('csharp', ['text/plain']), 'text/plain', 'x'), 0);
  });

  it("are neo-go's", () => {
    const codes = nativeCodes('neo-go');
    for (const header of [
      'application/json',
      'Application/JSON; charset=iso-8859-1',
      'application/json;',
      'application/json; param=value',
      'application/json; a="b\\";c"; d=e',
    ]) {
      assert.equal(contentCode(codes, header, JSON_BODY), 0, header);
    }
    for (const header of [
      undefined,
      '',
      'invalid format',
      'image/gif',
      'application/json; x',
      'application/json; a=b; a=c',
    ]) {
      assert.equal(contentCode(codes, header, JSON_BODY), ContentTypeNotSupported, header);
    }
    assert.equal(contentCode(codes, 'application/json', ''), ERROR, 'an empty body is an error');
    assert.equal(contentCode(codes, 'application/json', Buffer.from([1, 2, 0xff])), ERROR);
    assert.equal(contentCode(nativeCodes('neo-go', []), 'image/gif', 'x'), 0);
    assert.equal(contentCode(nativeCodes('neo-go', []), undefined, 'x'), 0);
  });

  it('of requestHttp do not matter, but the charset and the bytes must be UTF-8', () => {
    const codes = specCodes();
    for (const header of [
      undefined,
      'nonsense',
      'text/html',
      'text/plain; charset=utf8',
      'text/plain; charset="UTF-8"',
      'text/plain; charset=us-ascii',
    ]) {
      assert.equal(contentCode(codes, header, JSON_BODY), 0, header);
    }
    const latin1 = 'text/plain; charset=iso-8859-1';
    assert.equal(contentCode(codes, latin1, 'x'), ContentTypeNotSupported);
    assert.equal(contentCode(codes, 'image/png', Buffer.from([0x89, 0x50])), ERROR);
    assert.equal(contentCode(codes, undefined, ''), 0);
  });

  it('are read in a time that grows with their length only', () => {
    const started = performance.now();
    for (const header of [
      `application/json${' '.repeat(16_000)}x`,
      `application/json;${' '.repeat(16_000)}`,
      `application/json${';a="'.repeat(4_000)}`,
      `application/json${'; a=b'.repeat(3_000)}\u0001`,
      `application/json; a="${'\\"'.repeat(8_000)}`,
    ]) {
      parseContentType(header);
    }
    assert.ok(performance.now() - started < 1_500);
  });
});
