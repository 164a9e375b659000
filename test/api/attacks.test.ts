import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { join } from 'node:path';
import { MAX_EVENT_STREAMS, MAX_EVENTS_KEPT } from '../../src/api/event-feed.js';
import { addressKey } from '../../src/api/rate-limiter.js';
import { API, apiFixture } from './api-fixture.js';
import { listenTo } from './event-reader.js';

describe('attacks on the API', function () {
  this.timeout(60_000);
  const fixture = apiFixture();
  const { limits } = API;
  after(() => fixture.close());
  const serve = (name: string, api: Partial<typeof API>) =>
    fixture.serve({ api: { ...API, ...api }, storageDir: join(fixture.dir, name) });

  it('guessing: after some credentials that were not valid only valid ones are let in', async () => {
    const { ask } = await serve('guessing', { limits: { ...limits, failures: 3 } });
    const right = fixture.keyWith('read');
    for (let count = 0; count < 3; count++) {
      const { body } = await ask('/v1/status', { token: `dodona_${'0'.repeat(12)}_guess` });
      assert.equal(body.code, 'BAD_CREDENTIALS');
    }
    const { status, body, headers } = await ask('/v1/status', { token: 'one more' });
    assert.equal(status, 429);
    assert.equal(body.code, 'TOO_MANY_FAILURES');
    assert.ok(Number(headers['retry-after']) >= 1);
    assert.equal((await ask('/v1/status', { token: right })).status, 200);
    assert.equal((await ask('/v1/status')).status, 200);
    const told = await fixture.metrics.samples('dodona_api_rejected_total');
    const of = (reason: string) => told.find(({ labels }) => labels.reason === reason)?.value;
    assert.equal(of('credentials'), 3);
  });

  it('flooding: requests beyond a limit are told to wait, by address and by key', async () => {
    const { ask } = await serve('flood', { limits: { ...limits, perAddress: 5, perKey: 2 } });
    const token = fixture.keyWith('read');
    const first = await ask('/v1/status', { token });
    assert.equal(first.headers['ratelimit-policy'], '"address";q=5;w=60, "key";q=2;w=60');
    assert.match(String(first.headers.ratelimit), /^"address";r=4;t=\d+, "key";r=1;t=\d+$/);
    assert.equal((await ask('/v1/status', { token })).status, 200);
    const third = await ask('/v1/status', { token });
    assert.equal(third.body.code, 'TOO_MANY_REQUESTS');
    assert.match(third.body.detail, /more than 2 requests in 60 s \(key\)/);
    assert.ok(Number(third.headers['retry-after']) >= 1);
    const anonymous = async () => (await ask('/v1/openapi.json', { token: null })).status;
    assert.deepEqual([await anonymous(), await anonymous(), await anonymous()], [200, 200, 429]);
  });

  it('lying about the address: only a trusted proxy is believed', async () => {
    const strict = { limits: { ...limits, perAddress: 1 } };
    const from = (ip: string) => ({ token: null, headers: { 'x-forwarded-for': ip } });
    const direct = await serve('direct', strict);
    await direct.ask('/v1/openapi.json', from('203.0.113.1'));
    assert.equal((await direct.ask('/v1/openapi.json', from('203.0.113.2'))).status, 429);
    const trusted = { ...strict, behindProxy: true, trustedProxies: ['127.0.0.0/8'] };
    const proxied = await serve('proxied', trusted);
    await proxied.ask('/v1/openapi.json', from('203.0.113.1'));
    assert.equal((await proxied.ask('/v1/openapi.json', from('203.0.113.2'))).status, 200);
    assert.equal((await proxied.ask('/v1/openapi.json', from('203.0.113.1'))).status, 429);
  });

  it('many addresses of one IPv6 network count as one', () => {
    assert.equal(addressKey('2001:db8:1:2:3:4:5:6'), '2001:db8:1:2::/64');
    assert.equal(addressKey('2001:db8:1:2::9'), '2001:db8:1:2::/64');
    assert.equal(addressKey('::ffff:192.0.2.1'), '192.0.2.1');
  });

  it('scope escalation: a key makes no key, whatever it asks for', async () => {
    const { ask } = await serve('escalation', { readOnly: false });
    const token = fixture.keyWith('read', 'secrets:write');
    const body = '{"name":"x","scopes":["admin"]}';
    const headers = { 'content-type': 'application/json' };
    const made = await ask('/v1/api-keys', { method: 'POST', token, headers, body });
    assert.equal(made.body.code, 'NOT_ALLOWED');
    assert.equal((await ask('/local/status', { token: fixture.keyWith('admin') })).status, 403);
  });

  it('slow requests: one that does not arrive within seconds is cut off', async () => {
    const { url } = await serve('slow', {});
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.write('GET /v1/status HTTP/1.1\r\nhost: 127.0.0.1\r\nx: ');
    const answer = await new Promise<string>((resolve) => {
      let text = '';
      socket.on('data', (data) => {
        text += data;
      });
      socket.on('close', () => resolve(text));
    });
    assert.match(answer, /^HTTP\/1\.1 408 .*"code":"TIMEOUT"/s);
  });

  it('other sites: no page may ask unless its origin is configured', async () => {
    const { ask } = await serve('cors', { corsOrigins: ['https://app.example'] });
    const preflight = (origin: string) => {
      const headers = { origin, 'access-control-request-method': 'GET' };
      return ask('/v1/status', { method: 'OPTIONS', token: null, headers });
    };
    const allowed = await preflight('https://app.example');
    assert.equal(allowed.status, 204);
    assert.equal(allowed.headers['access-control-allow-origin'], 'https://app.example');
    const refused = await preflight('https://evil.example');
    assert.equal(refused.status, 405);
    assert.equal(refused.headers['access-control-allow-origin'], undefined);
  });

  it('streams: a bounded number listens, and who comes back hears what he missed', async () => {
    const { url } = await serve('streams', {});
    const token = fixture.keyWith('read');
    const { events } = fixture.options.sources;
    const publish = (height: number) =>
      events.publish({ event: 'block', height, networkHeight: height });
    const open = await listenTo(url, '/v1/events', { token });
    publish(1);
    const first = await open.until('the first block', ({ data }) => data.event === 'block');
    open.close();
    await open.closed;
    publish(2);
    publish(3);
    const lastEventId = first.id;
    const again = await listenTo(url, '/v1/events', { token, lastEventId });
    const heights: number[] = [];
    await again.until('both that were missed', ({ data }) => {
      if (data.event === 'block') heights.push(data.height);
      return heights.length === 2;
    });
    assert.deepEqual(heights, [2, 3]);
    again.close();
    await again.closed;
    for (let height = 0; height <= MAX_EVENTS_KEPT; height++) publish(height);
    const late = await listenTo(url, '/v1/events', { token, lastEventId });
    const gap = await late.until('word of the gap', () => true);
    assert.deepEqual({ ...gap.data, at: '' }, { event: 'gap', at: '', missed: 3 });
    late.close();
    await late.closed;
    const all = [];
    for (let count = 0; count < MAX_EVENT_STREAMS; count++) {
      all.push(await listenTo(url, '/v1/events', { token }));
    }
    assert.ok(all.every(({ status }) => status === 200));
    const extra = await listenTo(url, '/v1/events', { token });
    assert.equal(extra.status, 503);
    for (const each of [...all, extra]) each.close();
  });
});
