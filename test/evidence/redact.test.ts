import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { commitmentKeyFrom, commitmentOf, secretToken } from '../../src/evidence/commitment.js';
import { createRedact } from '../../src/evidence/redact.js';
import { secretInResult } from '../../src/vault/secret-traces.js';

const redactor = (value: string | Buffer, token = '~secret.KEY.00~') =>
  createRedact([{ name: 'KEY', value: Buffer.from(value as string), token }], secretInResult);

const redacted = (text: string, value: string): string | null =>
  redactor(value)(Buffer.from(text)).bytes?.toString() ?? null;

const base64 = (text: string): string => Buffer.from(text).toString('base64');

const VALUE = 'pa"ss/wörd +1';

describe('taking secrets out of what is kept', () => {
  it('replaces a value as it is, wherever it stands, and touches nothing else', () => {
    assert.equal(redacted(`a ${VALUE} b ${VALUE}`, VALUE), 'a ~secret.KEY.00~ b ~secret.KEY.00~');
    const bytes = Buffer.from([0, 255, 1, 2]);
    assert.deepEqual(redactor(VALUE)(bytes), { bytes, changed: false });
  });

  it('replaces it in the escapes of JSON, also where only some characters are escaped', () => {
    assert.equal(redacted(JSON.stringify({ k: VALUE }), VALUE), '{"k":"~secret.KEY.00~"}');
    assert.equal(redacted('pa\\u0022ss\\/w\\u00F6rd \\u002b1', VALUE), '~secret.KEY.00~');
  });

  it('replaces it in the escapes of a URL, in either case, with a plus for a blank', () => {
    assert.equal(redacted(encodeURIComponent(VALUE), VALUE), '~secret.KEY.00~');
    assert.equal(redacted('pa%22ss%2fw%c3%b6rd+%2B1', VALUE), '~secret.KEY.00~');
  });

  it('replaces it in hex by the hex of the token', () => {
    const hex = Buffer.from(VALUE).toString('hex');
    const token = Buffer.from('~secret.KEY.00~').toString('hex');
    assert.equal(redacted(`x ${hex} ${hex.toUpperCase()}`, VALUE), `x ${token} ${token}`);
  });

  it('replaces it in base64 at any offset, so that decoding finds the token', () => {
    for (const before of ['', 'u', 'us', 'user:', 'a longer name:']) {
      for (const after of ['', '!', '!!', ' and more']) {
        const encoded = redacted(`Basic ${base64(before + VALUE + after)} end`, VALUE);
        const expected = `Basic ${base64(`${before}~secret.KEY.00~${after}`)} end`;
        assert.equal(encoded, expected, `${before} / ${after}`);
      }
    }
  });

  it('replaces it in the base64 of URLs, without padding', () => {
    const value = 'k\u00ff\u00ff\u00fe??>>k1';
    const encoded = Buffer.from(`${value}z`).toString('base64url');
    assert.match(encoded, /[-_]/);
    const found = redacted(encoded, value) ?? '';
    assert.equal(Buffer.from(found, 'base64url').toString(), '~secret.KEY.00~z');
    assert.doesNotMatch(found, /=/);
  });

  it('keeps nothing of what it finds a secret in and cannot take it out of', () => {
    const broken = base64(`user:${VALUE} and more`).replace(/(.{6})/g, '$1\n');
    assert.deepEqual(redactor(VALUE)(Buffer.from(broken)), { bytes: null, changed: true });
  });

  it('leaves no trace of any value in any of the forms (property)', () => {
    const value = fc.string({ minLength: 8, maxLength: 40, unit: 'binary' });
    const forms = fc.constantFrom<(text: string) => string>(
      (text) => text,
      (text) => JSON.stringify(text),
      (text) => encodeURIComponent(text),
      (text) => Buffer.from(text).toString('hex'),
      base64,
      (text) => Buffer.from(text).toString('base64url'),
      (text) => base64(JSON.stringify({ key: text })),
    );
    fc.assert(
      fc.property(value, forms, fc.string(), fc.string(), (secret, form, before, after) => {
        fc.pre(Buffer.from(secret).toString() === secret);
        const text = before + form(secret) + after;
        const { bytes } = redactor(secret)(Buffer.from(text));
        const used = [{ name: 'KEY', value: Buffer.from(secret) }];
        assert.equal(bytes === null || secretInResult(bytes, used) === null, true);
      }),
      { numRuns: 60 },
    );
  });

  it('replaces the longer of two secrets first, when one begins with the other', () => {
    const secrets = [
      { name: 'A', value: Buffer.from('abcdefgh'), token: '~a~' },
      { name: 'B', value: Buffer.from('abcdefghij'), token: '~b~' },
    ];
    const redact = createRedact(secrets, secretInResult);
    assert.equal(redact(Buffer.from('abcdefghij abcdefgh')).bytes?.toString(), '~b~ ~a~');
  });
});

describe('a commitment to a secret', () => {
  const key = commitmentKeyFrom('k1', Buffer.alloc(32, 7));
  const secret = { name: 'KEY', value: Buffer.from('1234') };

  it('is the same for the same value in one request, and another in each other case', () => {
    const first = commitmentOf(key, 1n, secret);
    assert.match(first, /^[0-9a-f]{64}$/);
    assert.equal(first, commitmentOf(key, 1n, { ...secret, value: Buffer.from('1234') }));
    const others = [
      commitmentOf(key, 2n, secret),
      commitmentOf(key, 1n, { ...secret, name: 'KEZ' }),
      commitmentOf(key, 1n, { ...secret, value: Buffer.from('1235') }),
      commitmentOf(commitmentKeyFrom('k2', Buffer.alloc(32, 8)), 1n, secret),
    ];
    assert.equal(new Set([first, ...others]).size, 5);
  });

  it('has a token that JSON, headers and URLs leave as it is', () => {
    const token = secretToken('A_b-1', commitmentOf(key, 1n, secret));
    assert.equal(JSON.stringify(token), `"${token}"`);
    assert.equal(encodeURIComponent(token), token);
    assert.match(secretToken('A', null), /^~secret\.A\.withheld~$/);
  });
});
