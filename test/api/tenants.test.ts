import assert from 'node:assert/strict';
import { SCOPES, type Scope } from '../../src/api/access.js';
import type { FunctionView } from '../../src/api/api-sources.js';
import { ROUTES } from '../../src/api/routes.js';
import { systemClock } from '../../src/base/clock.js';
import type { Hash160 } from '../../src/base/hash.js';
import { createLedgerStore } from '../../src/gasbank/ledger-store.js';
import { inTransaction } from '../../src/storage/database.js';
import { API, apiFixture } from './api-fixture.js';
import { hash160Of } from './request-book.js';
import { pathOf } from './route-paths.js';

const ALICE = hash160Of(0xa1);
const BOB = hash160Of(0xb0);

/**
 * Who may use each route: the scope that a key needs, and what a signed-in owner gets: nothing, his
 * own, or what all get. A route that does not stand here fails the test.
 */
const RULES: Readonly<
  Record<string, readonly [Scope | 'open' | 'anybody', 'none' | 'own' | 'all']>
> = {
  getOpenApi: ['open', 'all'],
  createChallenge: ['open', 'all'],
  signIn: ['open', 'all'],
  getSession: ['anybody', 'all'],
  signOut: ['anybody', 'all'],
  getStatus: ['read', 'none'],
  listAlerts: ['read', 'none'],
  getKeys: ['read', 'all'],
  streamEvents: ['read', 'none'],
  listRequests: ['read', 'own'],
  getRequest: ['read', 'own'],
  getEvidence: ['evidence:read', 'none'],
  listFunctions: ['read', 'own'],
  getFunction: ['read', 'own'],
  getBalance: ['read', 'own'],
  getHistory: ['read', 'own'],
  getForecast: ['read', 'none'],
  getDays: ['read', 'none'],
  listPrices: ['read', 'none'],
  getPrice: ['read', 'none'],
  listPolls: ['read', 'none'],
  listRounds: ['read', 'none'],
  listUpkeeps: ['read', 'own'],
  getUpkeep: ['read', 'own'],
  listAudit: ['audit:read', 'none'],
  listSecrets: ['secrets:read', 'own'],
  setSecret: ['secrets:write', 'own'],
  deleteSecret: ['secrets:write', 'own'],
  grantSecret: ['secrets:write', 'own'],
  revokeSecret: ['secrets:write', 'own'],
  listApiKeys: ['admin', 'none'],
  createApiKey: ['admin', 'none'],
  rotateApiKey: ['admin', 'none'],
  revokeApiKey: ['admin', 'none'],
};

const functionOf = (id: string, owner: Hash160): FunctionView => {
  const code = { codeHash: '11'.repeat(32), places: [], uris: [], sourceBytes: 0 };
  return { ...code, id, name: `f${id}`, owner };
};

describe('who may use which route of the API', () => {
  const functions = [functionOf('1', ALICE), functionOf('2', BOB)];
  const fixture = apiFixture({
    functions: async (from, count) =>
      functions.filter(({ id }) => BigInt(id) >= from).slice(0, count),
  });
  const { signIn } = fixture.options.sources;
  const alice = 'dodona_owner_alice';
  let ask: Awaited<ReturnType<typeof fixture.serve>>['ask'];

  before(async () => {
    const { book, vault } = fixture;
    book.add(1n, { payer: ALICE });
    book.add(2n, { payer: BOB });
    const ledger = createLedgerStore(book.db);
    inTransaction(book.db, () => {
      for (const [at, owner] of [ALICE, BOB].entries()) {
        const moved = { debit: 'outside', credit: `credit:${owner}`, amount: 5n } as const;
        const about = { cause: 'deposit', block: 1, tx: null, requestId: null } as const;
        ledger.transfer({ id: `t${at}`, ...moved, ...about }, systemClock.nowMs());
      }
    });
    for (const owner of [ALICE, BOB]) await vault.set(owner, 'API_KEY', 'a value of a secret');
    // Signed in without a wallet: how that goes has tests of its own.
    signIn.find = (token) => (token === alice ? { account: ALICE, expiresMs: 1 } : null);
    ({ ask } = await fixture.serve({ api: { ...API, readOnly: false } }));
  });
  after(() => fixture.close());

  it('is written down here for each of them', () => {
    assert.deepEqual(Object.keys(RULES).sort(), ROUTES.map(({ name }) => name).sort());
    for (const { name, access } of ROUTES) {
      const [scope, owners] = RULES[name] ?? [];
      const needs = access.kind === 'scope' ? access.scope : access.kind;
      assert.equal(needs, scope, name);
      if (access.kind === 'scope') assert.equal(access.owners ?? 'none', owners, name);
    }
  });

  for (const route of ROUTES) {
    const { name, method } = route;
    const refusedBy = (token: string | null) => ask(pathOf(route), { method, token });

    it(`${name}: refuses whoever has no right to it`, async () => {
      const [needed, owners] = RULES[name] ?? ['open', 'all'];
      const isOpen = needed === 'open';
      const nobody = await refusedBy(null);
      if (isOpen) assert.notEqual(nobody.status, 401);
      else assert.equal(nobody.body.code, 'NOT_SIGNED_IN');
      assert.equal((await refusedBy('dodona_owner_mallory')).body.code, 'BAD_CREDENTIALS');
      if (owners === 'none') assert.equal((await refusedBy(alice)).body.code, 'NOT_ALLOWED');
      if (isOpen || needed === 'anybody') return;
      for (const scope of SCOPES.filter((each) => each !== needed && each !== 'admin')) {
        const { body } = await refusedBy(fixture.keyWith(scope));
        assert.equal(body.code, 'NOT_ALLOWED', scope);
      }
    });
  }

  it("shows an owner what is his, and nothing of another's", async () => {
    const lists = ROUTES.filter(({ name, kind }) => {
      return (
        kind === 'json' && RULES[name]?.[1] === 'own' && /^(?:list|getBalance|getH)/.test(name)
      );
    });
    assert.equal(lists.length, 6);
    for (const { path, name } of lists) {
      const { status, text } = await ask(path, { token: alice });
      assert.equal(status, 200, name);
      assert.doesNotMatch(text, new RegExp(BOB.slice(2)), name);
      if (name !== 'listUpkeeps') assert.match(text, new RegExp(ALICE.slice(2)), name);
    }
    const asked = [
      `/v1/functions?owner=${BOB}`,
      `/v1/secrets?owner=${BOB}`,
      `/v1/upkeeps?owner=${BOB}`,
      `/v1/gasbank/history?account=credit:${BOB}`,
      `/v1/gasbank/history?account=burnt`,
    ];
    for (const path of asked) {
      assert.deepEqual((await ask(path, { token: alice })).body.items, [], path);
    }
    assert.equal((await ask('/v1/requests/1', { token: alice })).status, 200);
    assert.equal((await ask('/v1/requests/2', { token: alice })).body.code, 'NO_SUCH_REQUEST');
    assert.equal((await ask('/v1/functions/2', { token: alice })).body.code, 'NO_SUCH_FUNCTION');
  });

  it("lets an owner change his secrets, and not another's", async () => {
    const grant = (owner: Hash160, requester = ALICE) => {
      const body = '{"hosts":["api.example.org"]}';
      const headers = { 'content-type': 'application/json' };
      const path = `/v1/secrets/${owner}/API_KEY/grants/${requester}/web`;
      return ask(path, { method: 'PUT', token: alice, headers, body });
    };
    assert.equal((await grant(ALICE)).status, 204);
    assert.equal((await grant(BOB)).body.code, 'NOT_ALLOWED');
    assert.match((await grant(ALICE, hash160Of(0xcc))).body.detail, /his own account only/);
    const remove = (owner: Hash160) =>
      ask(`/v1/secrets/${owner}/API_KEY`, { method: 'DELETE', token: alice });
    assert.equal((await remove(BOB)).body.code, 'NOT_ALLOWED');
    assert.equal((await remove(ALICE)).status, 204);
    const left = fixture.vault.list().map(({ owner }) => owner);
    assert.deepEqual(left, [BOB]);
    const { body } = await ask('/v1/audit', { token: fixture.keyWith('audit:read') });
    const made = body.items.filter(({ actor }: { actor: string }) => actor.startsWith('owner:N'));
    assert.deepEqual(
      made.map(({ action }: { action: string }) => action),
      ['secret.delete', 'secret.grant'],
    );
  });
});
