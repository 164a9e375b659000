import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { join } from 'node:path';
import { MAX_EVENT_STREAMS } from '../../src/api/event-feed.js';
import { MAX_STORED_ID } from '../../src/api/stored-id.js';
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
});
