import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createApiServer } from '../../src/api/api-server.js';
import type { Readiness } from '../../src/api/node-status.js';
import { readRuntimeFile, writeRuntimeFile } from '../../src/api/runtime-file.js';
import { type Clock, systemClock } from '../../src/base/clock.js';
import { NodeError } from '../../src/base/node-error.js';
import { ResponseCode } from '../../src/base/outcome.js';
import { apiFixture, STATUS } from './api-fixture.js';
import { hash160Of } from './request-book.js';

describe('the API server', () => {
  let readiness: Readiness = { ready: true, reasons: [] };
  const fixture = apiFixture({ readiness: () => readiness });
  const { book, dir, errors, options } = fixture;
  let served: Awaited<ReturnType<typeof fixture.serve>>;
  const ask: typeof served.ask = (...given) => served.ask(...given);

  before(async () => {
    for (let id = 1n; id <= 5n; id++) book.add(id);
    book.add(6n, { kind: 'oracle', requester: hash160Of(0xcc), subject: 'https://a.example' });
    book.resolve(6n, ResponseCode.Success, 'the source answered');
    served = await fixture.serve();
  });
  after(() => fixture.close());

  it('says that the process is alive, and which it is', async () => {
    const { status, body } = await ask('/healthz', { token: null });
    assert.equal(status, 200);
    assert.deepEqual(body, { alive: true, pid: process.pid, instance: 'first' });
  });

  it('is ready, or says with 503 what is missing', async () => {
    readiness = { ready: true, reasons: [] };
    assert.equal((await ask('/readyz', { token: null })).status, 200);
    readiness = { ready: false, reasons: ['7 blocks behind the chain', 'no endpoint answers'] };
    const { status, body } = await ask('/readyz', { token: null });
    assert.equal(status, 503);
    assert.deepEqual(body, readiness);
  });

  it('serves metrics as Prometheus reads them, to this machine', async () => {
    fixture.metrics.queue({ received: 2 });
    const { status, headers, text } = await ask('/metrics', { token: null });
    assert.equal(status, 200);
    assert.match(String(headers['content-type']), /^text\/plain; version=0\.0\.4/);
    assert.match(text, /^dodona_requests\{state="received"\} 2$/m);
  });

  it('takes metrics that a proxy asks for as asked from elsewhere', async () => {
    const headers = { 'x-forwarded-for': '203.0.113.7' };
    const { status, body } = await ask('/metrics', { token: null, headers });
    assert.equal(status, 401);
    assert.equal(body.code, 'NOT_SIGNED_IN');
  });

  it('shows the command line what it prints, by the token of node.json alone', async () => {
    const { body } = await ask('/local/status');
    assert.equal(body.creditHeldDatoshi, '1152921504606846976');
    const page = (await ask('/local/requests?limit=4')).body;
    assert.deepEqual(
      page.requests.map(({ id }: { id: string }) => id),
      ['6', '5', '4', '3'],
    );
    assert.equal((await ask('/local/requests/6')).body.reason, 'the source answered');
    assert.equal((await ask('/local/requests/7')).body.code, 'NO_SUCH_REQUEST');
    assert.equal((await ask('/local/requests?stat=sent')).body.code, 'BAD_QUERY');
    assert.equal((await ask('/local/requests/0x1')).body.code, 'BAD_QUERY');
    for (const path of ['/local/status', '/local/requests', '/local/requests/6']) {
      assert.equal((await ask(path, { token: null })).status, 401, path);
    }
  });

  it('serves nothing but its own paths', async () => {
    const paths = ['/metrics/', '//metrics', '/v1/../metrics', '/..%2f..%2fetc/passwd'];
    const more = ['/v1/requests/1/x', '/__proto__', '/node.json', '/status'];
    for (const path of [...paths, ...more]) {
      const { status, headers, body } = await ask(path);
      assert.equal(status, 404, path);
      assert.match(String(headers['content-type']), /^application\/problem\+json/);
      assert.equal(body.code, 'NOT_FOUND');
    }
    assert.equal((await ask('/v1/requests/')).body.code, 'BAD_PARAMETER');
    assert.equal((await ask('/%zz')).body.code, 'BAD_REQUEST');
    assert.equal((await ask(`/v1/requests?${'x'.repeat(1_100)}`)).body.code, 'TOO_LONG');
  });

  it('answers HEAD without a body, and refuses other methods before a body is read', async () => {
    const head = await ask('/v1/status', { method: 'HEAD' });
    assert.equal(head.status, 200);
    assert.equal(head.text, '');
    assert.ok(Number(head.headers['content-length']) > 100);
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']) {
      const { status, headers, body } = await ask('/v1/status', { method });
      assert.equal(status, 405);
      assert.equal(body.code, 'METHOD_NOT_ALLOWED');
      assert.equal(headers.allow, 'GET, HEAD');
    }
    const headers = { 'content-length': '1' };
    assert.equal((await ask('/v1/status', { headers, body: 'x' })).body.code, 'NO_BODY');
  });

  it("refuses a web page's own name that was pointed here", async () => {
    for (const host of ['evil.example', 'evil.example:80', '127.0.0.1.evil.example', 'a@b']) {
      const { status, body } = await ask('/v1/status', { headers: { host } });
      assert.equal(status, 403, host);
      assert.equal(body.code, 'FOREIGN_HOST');
    }
    for (const host of ['127.0.0.1', 'LOCALHOST:1', '[::1]:7411', '10.1.2.3', 'oracle.internal']) {
      assert.equal((await ask('/v1/status', { headers: { host } })).status, 200, host);
    }
  });

  it('lets no page of another site read it, cache it, frame it or guess its type', async () => {
    const { headers } = await ask('/v1/status', { headers: { origin: 'https://evil.example' } });
    assert.equal(headers['access-control-allow-origin'], undefined);
    assert.equal(headers['cache-control'], 'no-store');
    assert.equal(headers['x-content-type-options'], 'nosniff');
    const policy = "default-src 'none';frame-ancestors 'none'";
    assert.equal(headers['content-security-policy'], policy);
  });

  it('refuses a request that names no host, or is no HTTP, and closes', async () => {
    for (const text of ['GET /v1/status HTTP/1.0\r\n\r\n', 'EHLO x\r\n\r\n']) {
      const socket = connect(Number(new URL(served.url).port), '127.0.0.1');
      socket.write(text);
      const answer = await new Promise((resolve) => {
        let whole = '';
        socket.on('data', (data) => {
          whole += data;
        });
        socket.on('close', () => resolve(whole));
      });
      assert.match(String(answer), /^HTTP\/1\.1 40[03] /);
      assert.match(String(answer), /application\/problem\+json/);
    }
  });

  it('refuses headers beyond 8 KiB', async () => {
    const { status, body } = await ask('/v1/status', { headers: { x: 'y'.repeat(9_000) } });
    assert.equal(status, 431);
    assert.equal(body.code, 'HEADERS_TOO_LARGE');
  });

  it('tells its failures in the log, and the caller only what is safe', async () => {
    const sources = {
      ...options.sources,
      status: () => {
        throw new TypeError('private detail');
      },
      keys: () => Promise.reject(new NodeError('DB_BUSY', 'private', { retryable: true })),
    };
    const broken = await fixture.serve({ sources, storageDir: join(dir, 'broken') });
    errors.length = 0;
    const { status, text, body } = await broken.ask('/v1/status');
    assert.equal(status, 500);
    assert.equal(body.code, 'INTERNAL');
    assert.doesNotMatch(text, /private/);
    const busy = await broken.ask('/v1/keys');
    assert.equal(busy.body.code, 'BUSY');
    assert.doesNotMatch(busy.text, /private/);
    assert.equal(errors.length, 2);
  });

  it('does not let a figure that hangs hold its caller for ever', async () => {
    const waits: number[] = [];
    const impatient: Clock = {
      ...systemClock,
      sleep: async (timeoutMs) => {
        waits.push(timeoutMs);
      },
    };
    const sources = { ...options.sources, keys: () => new Promise<never>(() => {}) };
    const storageDir = join(dir, 'stuck');
    const stuck = await fixture.serve({ sources, clock: impatient, storageDir });
    const { body } = await stuck.ask('/v1/keys');
    assert.equal(body.code, 'BUSY');
    assert.match(body.detail, /no answer within 10000 ms/);
    assert.deepEqual(waits, [10_000]);
  });

  it('writes where it is found, and takes it away when it stops', async () => {
    const own = join(dir, 'own');
    const one = await fixture.serve({ storageDir: own, instance: 'one' });
    assert.deepEqual(
      { ...readRuntimeFile(own), startedAtMs: 0 },
      {
        ...{ pid: process.pid, url: one.url, instance: 'one', startedAtMs: 0 },
        token: options.localToken,
      },
    );
    await one.server.stop();
    assert.equal(existsSync(join(own, 'node.json')), false);
    await assert.rejects(fetch(`${one.url}/healthz`));
  });

  it('leaves the file of a successor in place', async () => {
    const own = join(dir, 'successor');
    const one = await fixture.serve({ storageDir: own, instance: 'one' });
    const place = { pid: 1, url: 'http://127.0.0.1:1', token: 't' };
    const next = { ...place, instance: 'two', startedAtMs: 1 };
    writeRuntimeFile(own, next);
    await one.server.stop();
    assert.deepEqual(readRuntimeFile(own), next);
  });

  it('takes a file that cannot be read for none', () => {
    const other = join(dir, 'absent');
    assert.equal(readRuntimeFile(other), null);
    writeRuntimeFile(other, { pid: 1, url: 'http://a', token: 't', instance: 'x', startedAtMs: 1 });
    for (const content of ['', '{', '{}', '{"pid":"1"}', '[]', '{"pid":1,"url":"file:///x"}']) {
      writeFileSync(join(other, 'node.json'), content);
      assert.equal(readRuntimeFile(other), null, content);
    }
  });

  it('says what to do when its port is taken', async () => {
    const api = { ...options.api, port: Number(new URL(served.url).port) };
    const second = createApiServer({ ...options, api });
    await assert.rejects(
      second.start(),
      (error) =>
        error instanceof NodeError &&
        error.code === 'API_LISTEN' &&
        /EADDRINUSE/.test(error.message) &&
        /another api\.port/.test(error.hint ?? ''),
    );
  });

  it('stops although a client keeps its connection open', async () => {
    const one = await fixture.serve({ storageDir: join(dir, 'open'), instance: 'open' });
    const socket = connect(Number(new URL(one.url).port), '127.0.0.1');
    await new Promise((resolve) => socket.once('connect', resolve));
    socket.write('GET /v1/status HTTP/1.1\r\nhost: 127.0.0.1\r\n');
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.on('error', () => {});
    await one.server.stop();
    await closed;
  });

  it('gives the status of the node by its schema', async () => {
    const { body } = await ask('/v1/status');
    assert.equal(body.version, STATUS.version);
    assert.equal(body.creditHeldDatoshi, '1152921504606846976');
    assert.equal(body.startedAt, '1970-01-01T00:00:00.001Z');
    assert.equal(body.queue.received, 1);
    assert.equal(body.queue.stuck, 0);
  });
});
