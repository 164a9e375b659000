import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { join } from 'node:path';
import { MAX_EVENT_STREAMS } from '../../src/api/event-feed.js';
import { HEARTBEAT_MS } from '../../src/api/event-stream.js';
import { OWNER_CHANGES_PER_MINUTE, SIGN_INS_PER_MINUTE } from '../../src/api/gate.js';
import type { Refusal } from '../../src/api/problem.js';
import { createSlowReads, MAX_WAITING } from '../../src/api/slow-reads.js';
import { MAX_STORED_ID } from '../../src/api/stored-id.js';
import { type Clock, systemClock } from '../../src/base/clock.js';
import { inTransaction } from '../../src/storage/database.js';
import { MAX_SECRETS } from '../../src/vault/secret-limits.js';
import { createVaultStore } from '../../src/vault/vault-store.js';
import { API, apiFixture } from './api-fixture.js';
import { listenTo } from './event-reader.js';
import { hash160Of } from './request-book.js';

const ALICE = hash160Of(0xa1);
const BUSY = hash160Of(0xcc);

describe('hostile callers of the API', function () {
  this.timeout(60_000);
  const fixture = apiFixture();
  const { signIn, events } = fixture.options.sources;
  const alice = 'dodona_owner_alice';
  before(() => {
    signIn.find = (token) => (token === alice ? { account: ALICE, expiresMs: 1 } : null);
  });
  after(() => fixture.close());
  const serve = (name: string, api: Partial<typeof API> = {}) =>
    fixture.serve({ api: { ...API, ...api }, storageDir: join(fixture.dir, name) });

  it("look through a bounded part of a busy contract's requests, page by page", async () => {
    const { ask } = await serve('busy');
    fixture.book.add(2n, { requester: BUSY, payer: ALICE });
    fixture.book.add(25_000n, { requester: BUSY });
    const page = async (more: string) => {
      const { body } = await ask(`/v1/requests?requester=${BUSY}${more}`, { token: alice });
      return { ids: body.items.map(({ id }: { id: string }) => id), next: body.next };
    };
    assert.deepEqual(await page(''), { ids: [], next: '5001' });
    assert.deepEqual(await page('&cursor=5001'), { ids: ['2'], next: null });
  });

  it('get no metrics by a proxy on this machine that does not say for whom it asks', async () => {
    const { ask } = await serve('proxy', { behindProxy: true, trustedProxies: ['127.0.0.1'] });
    const { status, body } = await ask('/metrics', { token: null });
    assert.deepEqual([status, body.code], [401, 'NOT_SIGNED_IN']);
    assert.equal((await ask('/metrics', { token: fixture.keyWith('read') })).status, 200);
    const open = { behindProxy: true, trustedProxies: ['127.0.0.1'], public: ['metrics'] as const };
    const told = await serve('open', open);
    assert.equal((await told.ask('/metrics', { token: null })).status, 200);
  });

  it('are told what an id is when one is too large for the database', async () => {
    const { ask } = await serve('ids');
    const most = MAX_STORED_ID;
    for (const path of ['/v1/requests/', '/v1/upkeeps/', '/local/requests/']) {
      assert.equal((await ask(`${path}${most}`)).status, 404, path);
      assert.equal((await ask(`${path}${most + 1n}`)).status, 400, path);
    }
    for (const path of ['/v1/requests?cursor=', '/v1/audit?cursor=', '/local/requests?cursor=']) {
      assert.equal((await ask(`${path}${most}`)).status, 200, path);
      assert.equal((await ask(`${path}${most + 1n}`)).body.code, 'BAD_QUERY', path);
    }
    assert.deepEqual(fixture.errors, []);
  });

  it('free the places of all streams that they asked for by one connection', async () => {
    const { url } = await serve('pipelined');
    const token = fixture.keyWith('read');
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    const head = `GET /v1/events HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer ${token}\r\n`;
    const listens = events.listen;
    let listening = 0;
    let onListening: () => void = () => {};
    let onEnded: () => void = () => {};
    const all = new Promise<void>((resolve) => {
      onListening = resolve;
    });
    const ended = new Promise<void>((resolve) => {
      onEnded = resolve;
    });
    events.listen = (...given) => {
      const stop = listens(...given);
      listening += 1;
      if (listening === MAX_EVENT_STREAMS) onListening();
      return () => {
        stop();
        listening -= 1;
        if (listening === 0) onEnded();
      };
    };
    socket.write(`${head}\r\n`.repeat(MAX_EVENT_STREAMS));
    await all;
    socket.destroy();
    await ended;
    events.listen = listens;
    const next = await listenTo(url, '/v1/events', { token });
    assert.equal(next.status, 200);
    next.close();
    await next.closed;
  });

  it('hear nothing more once their key was revoked', async () => {
    const beats: (() => void)[] = [];
    const sleep: Clock['sleep'] = (ms, signal) =>
      ms === HEARTBEAT_MS
        ? new Promise((resolve) => beats.push(resolve))
        : systemClock.sleep(ms, signal);
    const clock = { ...systemClock, sleep };
    const { url } = await fixture.serve({ clock, storageDir: join(fixture.dir, 'revoked') });
    const token = fixture.keyWith('read');
    const listener = await listenTo(url, '/v1/events', { token });
    beats.shift()?.();
    events.publish({ event: 'block', height: 1, networkHeight: 1 });
    await listener.until('a block after a heartbeat', ({ data }) => data.event === 'block');
    fixture.options.sources.apiKeys.revoke(token.split('_')[1] ?? '', 'operator:test');
    assert.equal(beats.length, 1);
    beats.shift()?.();
    await listener.closed;
  });

  it('fill no queue before the thread that goes through the books', async () => {
    let nowMs = 0;
    const money = createSlowReads({
      databaseFile: join(fixture.dir, 'node.sqlite'),
      account: ALICE,
      floor: 0n,
      clock: { ...systemClock, monotonicMs: () => nowMs },
    });
    const first = money.days(1);
    const all = [first, ...Array.from({ length: MAX_WAITING - 1 }, (_, at) => money.days(at + 2))];
    await assert.rejects(money.days(MAX_WAITING + 1), ({ code }: Refusal) => code === 'BUSY');
    nowMs = 3_600_000;
    assert.equal(money.days(1), first);
    await Promise.all(all);
    assert.equal(money.days(1), first);
    nowMs = 7_200_000;
    const later = money.days(1);
    assert.notEqual(later, first);
    await later;
    await money.close();
  });

  it('make nobody write who end a session that is none', async () => {
    const { console: parts } = fixture.options;
    let ended = 0;
    const access = { ...parts.access, signOut: () => (ended += 1) };
    const api = { ...API, limits: { ...API.limits, perAddress: 1 } };
    const storageDir = join(fixture.dir, 'no-session');
    const { ask } = await fixture.serve({ api, console: { ...parts, access }, storageDir });
    const headers = { cookie: `dodona_console=${'A'.repeat(43)}` };
    const out = () => ask('/console/session', { method: 'DELETE', token: null, headers });
    assert.equal((await out()).status, 204);
    assert.equal((await out()).status, 429);
    assert.equal(ended, 0);
  });

  it('sign in a few times a minute', async () => {
    const { ask } = await serve('sign-ins');
    const again = async () => (await ask('/v1/sign-in', { method: 'POST', token: null })).body.code;
    for (let count = 0; count < SIGN_INS_PER_MINUTE; count++) {
      assert.notEqual(await again(), 'TOO_MANY_REQUESTS');
    }
    assert.equal(await again(), 'TOO_MANY_REQUESTS');
    assert.equal((await ask('/v1/openapi.json', { token: null })).status, 200);
  });

  it('store no secret as strangers, and few a minute once they have credit', async () => {
    const { ask } = await serve('strangers', { readOnly: false });
    const sealed = {
      dodonaSecret: 1,
      key: 'x',
      owner: ALICE,
      name: 'KEY',
      enc: '',
      ciphertext: '',
    };
    const set = async () => {
      const headers = { 'content-type': 'application/json' };
      const how = { method: 'PUT', token: alice, headers, body: JSON.stringify({ sealed }) };
      return (await ask(`/v1/secrets/${ALICE}/KEY`, how)).body;
    };
    const refused = await set();
    assert.equal(refused.code, 'NOT_ALLOWED');
    assert.match(refused.detail, /no credit, reservation or upkeep/);
    fixture.book.deposit(ALICE);
    for (let count = 1; count < OWNER_CHANGES_PER_MINUTE; count++) {
      assert.equal((await set()).code, 'SECRET_SEALED');
    }
    assert.equal((await set()).code, 'TOO_MANY_REQUESTS');
  });

  it('fill the vault no further than it holds', async () => {
    const { vault } = fixture;
    await vault.set(ALICE, 'KEY', 'a value of a secret');
    const store = createVaultStore(vault.db);
    const [one] = store.secrets(ALICE);
    assert.ok(one);
    inTransaction(vault.db, () => {
      for (let at = 1; at < MAX_SECRETS; at++) store.put({ ...one, owner: BUSY, name: `N${at}` });
    });
    const more = vault.set(ALICE, 'MORE', 'a value of a secret');
    await assert.rejects(more, /the vault has 10000 secrets already/);
    await vault.set(ALICE, 'KEY', 'another value of it');
  });
});
