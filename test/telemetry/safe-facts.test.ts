import assert from 'node:assert/strict';
import fc from 'fast-check';
import { NodeError } from '../../src/base/node-error.js';
import {
  isSecretKey,
  MAX_FACT_CHARS,
  MAX_FACT_ITEMS,
  REDACTED,
  safeFacts,
} from '../../src/telemetry/safe-facts.js';

describe('facts of the log', () => {
  it('print amounts as decimal text and bytes as their number only', () => {
    const facts = { fee: 2n ** 70n, raw: Buffer.from('01ff', 'hex'), at: new Date(0), n: 1.5 };
    assert.deepEqual(safeFacts(facts), {
      fee: '1180591620717411303424',
      raw: '[2 bytes]',
      at: '1970-01-01T00:00:00.000Z',
      n: 1.5,
    });
  });

  it('hide the values of keys that name secrets, at every depth and in every spelling', () => {
    const keys = [
      'wif',
      'WIF',
      'password',
      'wallet_password',
      'passphrase',
      'privateKey',
      'private-key',
      'secret',
      'clientSecret',
      'secrets',
      'Authorization',
      'proxy-authorization',
      'set-cookie',
      'apiKey',
      'X-API-Key',
      'accessToken',
      'mnemonic',
      'encryptedKey',
      'nep2Key',
    ];
    for (const key of keys) {
      assert.deepEqual(safeFacts({ [key]: 'hunter2' }), { [key]: REDACTED }, key);
      const text = JSON.stringify(safeFacts({ a: [{ b: new Map([[key, { deep: 'hunter2' }]]) }] }));
      assert.doesNotMatch(text, /hunter2/, key);
    }
  });

  it('show what only tells about secrets or sounds like them', () => {
    for (const key of ['passwordFile', 'secretName', 'tokenHash', 'token', 'publicKey', 'seed']) {
      assert.equal(isSecretKey(key), false, key);
    }
  });

  it('hide what has the form of a secret, wherever it stands', () => {
    // Both keys are published examples: NEP-2's test vector.
    const wif = 'L44B5gGEpqEDRS9vVPz7QT35jcBG2r3CZwSwQ4fCewXAhAhqGVpP';
    const nep2 = '6PYVPVe1fQznphjbUxXP9KZJqPMVnVwCx5s5pr5axRJ8uHkMtZg97eT5kL';
    const cause = new Error(`could not use ${nep2}`);
    const facts = {
      note: `key ${wif}.`,
      error: new Error('failed', { cause }),
      url: 'https://user:hunter2@rpc.example/x',
      header: 'Bearer abcdef.123456',
    };
    const text = JSON.stringify(safeFacts(facts));
    for (const secret of [wif, nep2, 'hunter2', 'abcdef']) assert.ok(!text.includes(secret));
    assert.match(text, /https:\/\/\[redacted\]@rpc\.example\/x/);
  });

  it('leave hashes and addresses alone', () => {
    const facts = { tx: `0x${'5a'.repeat(32)}`, address: 'NNLi44dJNXtDNSBkofB48aTVYtb1zZrNEs' };
    assert.deepEqual(safeFacts(facts), facts);
  });

  it('tell an error with code, hint, details and causes; the stack of bugs only', () => {
    const cause = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    const options = { retryable: true, hint: 'try later', cause, details: { height: 7n } };
    const { error } = safeFacts({ error: new NodeError('RPC_DOWN', 'no endpoint', options) });
    assert.deepEqual(error, {
      message: 'no endpoint',
      code: 'RPC_DOWN',
      retryable: true,
      hint: 'try later',
      details: { height: '7' },
      cause: { message: 'connect ECONNREFUSED', code: 'ECONNREFUSED' },
    });
    const bug = safeFacts({ error: new TypeError('x is undefined') }).error as { stack: string[] };
    assert.match(bug.stack[0] ?? '', /^at /);
    assert.ok(bug.stack.length <= 8);
  });

  it('stay bounded in length, number and depth', () => {
    const deep: Record<string, unknown> = {};
    let inner = deep;
    for (let depth = 0; depth < 100; depth++) {
      inner.next = {};
      inner = inner.next as Record<string, unknown>;
    }
    const list = Array.from({ length: 1_000 }, (_, index) => index);
    const many = Object.fromEntries(list.map((index) => [`k${index}`, index]));
    const safe = safeFacts({ text: 'x'.repeat(1e6), list, many, deep });
    assert.equal(safe.text, `${'x'.repeat(MAX_FACT_CHARS)}… (1000000 characters)`);
    assert.equal((safe.list as unknown[]).length, MAX_FACT_ITEMS + 1);
    assert.equal(Object.keys(safe.many as object).length, MAX_FACT_ITEMS + 1);
    assert.match(JSON.stringify(safe.deep), /\[too deep\]/);
    assert.ok(JSON.stringify(safe.deep).length < 200);
  });

  it('survive what cannot be read', () => {
    const circular: Record<string, unknown> = {};
    circular.self = circular;
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    const throwing = {
      get bad(): never {
        throw new Error('getter');
      },
    };
    assert.deepEqual(safeFacts({ circular, proxy, throwing, f: () => 1, s: Symbol('x') }), {
      circular: { self: '[circular]' },
      proxy: '[unreadable]',
      throwing: { bad: '[unreadable]' },
      f: '[function]',
      s: '[symbol]',
    });
    assert.deepEqual(safeFacts(proxy), { facts: '[unreadable]' });
    assert.deepEqual(safeFacts(null as never), {});
  });

  it('are always JSON, whatever they were', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.anything({ withBigInt: true, withMap: true, withSet: true })),
        (facts) => {
          const safe = safeFacts(facts);
          JSON.stringify(safe);
        },
      ),
    );
  });
});
