import assert from 'node:assert/strict';
import { createApiKeyStore } from '../../src/api/api-key-store.js';
import { createApiKeys, DEFAULT_OVERLAP_MS, MAX_OVERLAP_MS } from '../../src/api/api-keys.js';
import { createAuditStore } from '../../src/audit/audit-store.js';
import { type Clock, systemClock } from '../../src/base/clock.js';
import { NodeError } from '../../src/base/node-error.js';
import { inTransaction } from '../../src/storage/database.js';
import { vaultFixture } from '../vault/vault-fixture.js';

const START_MS = Date.UTC(2026, 0, 1);
const ACTOR = 'operator:test';

describe('keys of the API', () => {
  let vault: ReturnType<typeof vaultFixture>;
  let keys: ReturnType<typeof createApiKeys>;
  let nowMs = START_MS;
  const clock: Clock = { ...systemClock, nowMs: () => nowMs };

  beforeEach(() => {
    nowMs = START_MS;
    vault = vaultFixture();
    keys = createApiKeys({ ...vault.parts, clock });
  });
  afterEach(() => {
    vault.remove();
  });

  const create = (expiresMs: number | null = null) =>
    keys.create({ name: 'grafana', scopes: ['read'], expiresMs, actor: ACTOR });
  const refuses = (work: () => unknown, code: string, message: RegExp): void =>
    assert.throws(
      work,
      (error) => error instanceof NodeError && error.code === code && message.test(error.message),
    );

  it('open by their token, of which only a hash is stored', () => {
    const { key, token } = create();
    assert.match(token, /^dodona_[0-9a-f]{12}_[A-Za-z0-9_-]{43}$/);
    assert.equal(keys.find(token)?.id, key.id);
    const secret = token.split('_').slice(2).join('_');
    const file = JSON.stringify(vault.db.prepare('SELECT * FROM api_key').all(), (_, value) =>
      typeof value === 'bigint' ? String(value) : value,
    );
    assert.doesNotMatch(file, new RegExp(secret));
    const [entry] = createAuditStore(vault.db).list({ limit: 1 });
    assert.equal(entry?.action, 'apiKey.create');
    assert.doesNotMatch(Object.values(entry ?? {}).join(' '), new RegExp(secret));
  });

  it('do not open by anything else', () => {
    const { key, token } = create();
    const last = token.at(-1) === 'A' ? 'B' : 'A';
    for (const other of ['', 'x', `${token}x`, token.slice(0, -1) + last, `dodona_${key.id}_`]) {
      assert.equal(keys.find(other), null, other);
    }
    assert.equal(keys.find(token.replace(key.id, '0'.repeat(12))), null);
  });

  it('end when they expire, and when they are revoked', () => {
    const { token } = create(START_MS + 1_000);
    nowMs += 999;
    assert.notEqual(keys.find(token), null);
    nowMs += 1;
    assert.equal(keys.find(token), null);
    const revoked = create();
    keys.revoke(revoked.key.id, ACTOR);
    assert.equal(keys.find(revoked.token), null);
    refuses(() => keys.revoke(revoked.key.id, ACTOR), 'API_KEY_REFUSED', /is revoked already/);
    refuses(() => keys.revoke('none', ACTOR), 'NO_SUCH_API_KEY', /no key has the id/);
  });

  it('rotate: old and new work beside each other for the overlap, and then the new alone', () => {
    const old = create();
    const next = keys.rotate(old.key.id, DEFAULT_OVERLAP_MS, ACTOR);
    assert.deepEqual(next.key.scopes, ['read']);
    nowMs += DEFAULT_OVERLAP_MS - 1;
    assert.equal(keys.find(old.token)?.replacedBy, next.key.id);
    assert.notEqual(keys.find(next.token), null);
    nowMs += 1;
    assert.equal(keys.find(old.token), null);
    assert.notEqual(keys.find(next.token), null);
  });

  it('rotate once, for a bounded overlap, and never beyond their own expiry', () => {
    const { key } = create(START_MS + 500);
    const tooLong = () => keys.rotate(key.id, MAX_OVERLAP_MS + 1, ACTOR);
    refuses(tooLong, 'API_KEY_REFUSED', /overlap is too long/);
    const next = keys.rotate(key.id, 1_000, ACTOR);
    assert.equal(next.key.expiresMs, START_MS + 500);
    assert.equal(createApiKeyStore(vault.db).get(key.id)?.expiresMs, START_MS + 500);
    refuses(() => keys.rotate(key.id, 0, ACTOR), 'API_KEY_REFUSED', /was rotated to/);
  });

  it('remember when they were used, at most once a minute', () => {
    const { key, token } = create();
    const lastUsed = () => createApiKeyStore(vault.db).get(key.id)?.lastUsedMs;
    assert.equal(lastUsed(), null);
    keys.find(token);
    assert.equal(lastUsed(), START_MS);
    nowMs += 59_999;
    keys.find(token);
    assert.equal(lastUsed(), START_MS);
    nowMs += 1;
    keys.find(token);
    assert.equal(lastUsed(), START_MS + 60_000);
  });

  it('are refused without scope, with a strange name, or with an expiry that has passed', () => {
    const wanted = { name: 'a', scopes: ['read'] as const, expiresMs: null, actor: ACTOR };
    refuses(() => keys.create({ ...wanted, scopes: [] }), 'API_KEY_REFUSED', /no scope/);
    for (const name of ['', ' ', 'a\nb', 'x'.repeat(61)]) {
      refuses(() => keys.create({ ...wanted, name }), 'API_KEY_REFUSED', /the name/);
    }
    const past = { ...wanted, expiresMs: START_MS };
    refuses(() => keys.create(past), 'API_KEY_REFUSED', /passed already/);
  });

  it('are bounded in number, and forgotten a while after their end', () => {
    const row = { name: 'k', scopes: ['read'] as const, secretHash: Buffer.alloc(32) };
    const rest = { createdMs: 1, revokedMs: null, replacedBy: null, lastUsedMs: null };
    const store = createApiKeyStore(vault.db);
    inTransaction(vault.db, () => {
      for (let id = 0; id < 1_000; id++) {
        store.add({ ...row, ...rest, id: String(id), expiresMs: START_MS + 1 });
      }
    });
    refuses(() => create(), 'API_KEY_REFUSED', /1000 living keys/);
    nowMs += 2;
    create();
    assert.equal(store.all().length, 1_001);
    nowMs += 91 * 86_400_000;
    create();
    assert.equal(store.all().length, 2);
  });

  it('are in the audit log: made, rotated, revoked', () => {
    const { key } = create();
    const next = keys.rotate(key.id, 0, ACTOR);
    keys.revoke(next.key.id, ACTOR);
    const entries = createAuditStore(vault.db).list({ limit: 9 });
    assert.deepEqual(
      entries.map(({ action, actor, object }) => [action, actor, object]).reverse(),
      [
        ['apiKey.create', ACTOR, `api key ${key.id}`],
        ['apiKey.rotate', ACTOR, `api key ${key.id}`],
        ['apiKey.revoke', ACTOR, `api key ${next.key.id}`],
      ],
    );
  });
});
