import assert from 'node:assert/strict';
import fc from 'fast-check';
import { secretInResult, withoutSecrets } from '../../src/vault/secret-traces.js';

const secret = (value: string | Uint8Array) => ({ name: 'KEY', value: Buffer.from(value) });
const isFound = (result: string | Buffer, value: string | Uint8Array): boolean =>
  secretInResult(Buffer.from(result), [secret(value)]) !== null;

describe('traces of a secret', () => {
  const value = 'p@ss "wörd"/\\+x';

  it('are found in a result verbatim, in base64 and in hex, in any place', () => {
    const bytes = Buffer.from(value);
    for (const form of [
      value,
      bytes.toString('base64'),
      bytes.toString('base64url'),
      bytes.toString('hex'),
      bytes.toString('hex').toUpperCase(),
      Buffer.from(`user:${value}`).toString('base64'),
      Buffer.from(`user1:${value}!`).toString('base64'),
      JSON.stringify(value),
      JSON.stringify(bytes.toString('base64')).replaceAll('/', '\\/'),
      value.replace(/[^ -~]|["\\]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`),
      encodeURIComponent(value),
      (bytes.toString('base64').match(/.{1,8}/g) ?? []).join('\r\n'),
    ]) {
      assert.equal(isFound(`["before ${form} after"]`, value), true, form);
    }
  });

  it('are found whatever the value is and stands between', () => {
    const any = fc.uint8Array({ minLength: 8, maxLength: 40 });
    const around = fc.uint8Array({ maxLength: 5 });
    const forms = fc.constantFrom('latin1', 'base64', 'base64url', 'hex');
    fc.assert(
      fc.property(any, around, around, forms, (bytes, before, after, form) => {
        const whole = Buffer.concat([before, bytes, after]);
        const result = form === 'latin1' ? whole : Buffer.from(whole.toString(form as 'hex'));
        return isFound(result, bytes);
      }),
      { numRuns: 500 },
    );
  });

  it('are found in a body of the largest size, whatever it is made of', () => {
    for (const filler of ['\\u0041', '\\ud83d\\ude00', '%41', 'A', '\\n', '-_']) {
      const body = filler.repeat(Math.floor((2 * 1024 * 1024) / filler.length));
      assert.equal(isFound(body, value), false, filler);
      assert.equal(isFound(`${body} ${JSON.stringify(value)}`, value), true, filler);
    }
  });

  it('are not seen where there are none', () => {
    assert.equal(isFound('["p@ss", "wörd", 12.5]', value), false);
    assert.equal(isFound('', value), false);
    assert.equal(secretInResult(Buffer.from(value), []), null);
  });

  it('are kept out of reasons, in lower case and cut as well', () => {
    const hide = (reason: string) => withoutSecrets(reason, [secret('Sk-Live-0123456789abcdef')]);
    assert.equal(
      hide('api.example.org answered with status 500'),
      'api.example.org answered with status 500',
    );
    for (const reason of [
      'no connection to sk-live-0123456789abcdef.example.org',
      'charset Sk-Live-0123456789…',
      `type ${Buffer.from('Sk-Live-0123456789abcdef').toString('base64')}`,
    ]) {
      assert.doesNotMatch(hide(reason), /live/i, reason);
    }
  });
});
