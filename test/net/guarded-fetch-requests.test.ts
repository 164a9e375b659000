import assert from 'node:assert/strict';
import type { IncomingHttpHeaders } from 'node:http';
import { afterEach, describe, it } from 'mocha';
import type { FetchRequest } from '../../src/net/request.js';
import { answered, failed } from './fetch-asserts.js';
import { createBench } from './sources.js';

describe('the guarded fetch and requests', () => {
  const bench = createBench();
  afterEach(() => bench.close());

  const echo = async (request: Omit<FetchRequest, 'url'>) => {
    let headers: IncomingHttpHeaders = {};
    let line = '';
    const chunks: Buffer[] = [];
    const { port } = await bench.http((asked, response) => {
      headers = asked.headers;
      line = `${asked.method} ${asked.url}`;
      asked.on('data', (chunk: Buffer) => chunks.push(chunk));
      asked.on('end', () => response.end());
    });
    const url = `http://127.0.0.1:${port}/a%20b?q=%C3%BC&x=a+b#hidden`;
    const result = await bench.fetcher().fetch({ url, ...request });
    answered(result);
    return { headers, line, body: Buffer.concat(chunks).toString(), port };
  };

  it('sends what the caller says and little else', async () => {
    const { headers, line, port } = await echo({ headers: { 'X-Key': 'a b\tc', accept: 'a/b' } });
    assert.equal(line, 'GET /a%20b?q=%C3%BC&x=a+b');
    assert.deepEqual(headers, {
      host: `127.0.0.1:${port}`,
      'accept-encoding': 'gzip, deflate, br',
      'user-agent': 'Dodona (Neo N3 oracle node)',
      accept: 'a/b',
      'x-key': 'a b\tc',
      connection: 'keep-alive',
    });
  });

  it('sends a body with its length, for the methods that take one', async () => {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'] as const) {
      const { headers, body } = await echo({ method, body: Buffer.from('{"ü":1}') });
      assert.deepEqual([body, headers['content-length']], ['{"ü":1}', '8'], method);
    }
    const empty = await echo({ method: 'POST' });
    assert.deepEqual([empty.body, empty.headers['content-length']], ['', '0']);
  });

  it('refuses other methods, bodies where none belongs, and bodies too large', async () => {
    const url = 'https://127.0.0.1/';
    const fetcher = bench.fetcher();
    for (const method of ['CONNECT', 'TRACE', 'OPTIONS', 'get', 'GET /x HTTP/1.1\r\n\r\n', '']) {
      failed(await fetcher.fetch({ url, method: method as 'GET' }), 'bad-request');
    }
    const body = Buffer.from('x');
    failed(await fetcher.fetch({ url, body }), 'bad-request');
    failed(await fetcher.fetch({ url, method: 'HEAD', body }), 'bad-request');
    const large = Buffer.alloc(64 * 1024 + 1);
    const { reason } = failed(
      await fetcher.fetch({ url, method: 'POST', body: large }),
      'bad-request',
    );
    assert.match(reason, /65537 bytes, at most 65536/);
  });

  it('refuses headers that frame or route the message, and those that smuggle lines', async () => {
    const fetcher = bench.fetcher();
    const refusals: [string, string][] = [
      ['Host', 'evil.test'],
      ['Connection', 'close'],
      ['Content-Length', '3'],
      ['Transfer-Encoding', 'chunked'],
      ['TE', 'trailers'],
      ['Upgrade', 'websocket'],
      ['Expect', '100-continue'],
      ['Keep-Alive', 'x'],
      ['Accept-Encoding', 'zstd'],
      ['Proxy-Authorization', 'x'],
      ['Via', 'x'],
      ['Trailer', 'x'],
      ['X-A', 'a\r\nHost: evil.test'],
      ['X-A', 'a\nb'],
      ['X-A', 'a\rb'],
      ['X-A', 'a\u0000b'],
      ['X-A', 'ünicode'],
      ['X-A', '\u010d\u010a'],
      ['X-A', ' leading'],
      ['X-A: b\r\nHost', 'x'],
      ['X A', 'x'],
      ['', 'x'],
      ['__proto__', 'x'],
      [':path', '/'],
    ];
    for (const [name, value] of refusals) {
      const headers = Object.fromEntries([[name, value]]);
      const { reason, sent } = failed(
        await fetcher.fetch({ url: 'https://127.0.0.1/', headers }),
        'bad-request',
      );
      assert.equal(sent, false, name);
      assert.ok(!reason.includes('evil.test'), 'a value is never quoted');
    }
    const twice = { 'X-A': '1', 'x-a': '2' };
    failed(await fetcher.fetch({ url: 'https://127.0.0.1/', headers: twice }), 'bad-request');
  });

  it('takes header names that are words of JavaScript', async () => {
    const headers = { constructor: 'a', set: 'b', get: 'c', toString: 'd', hasOwnProperty: 'e' };
    const got = (await echo({ headers })).headers;
    assert.deepEqual([got.set, got.get, got.tostring, got.hasownproperty], ['b', 'c', 'd', 'e']);
  });

  it('limits the number and the bytes of headers', async () => {
    const fetcher = bench.fetcher();
    const url = 'https://127.0.0.1/';
    const many = Object.fromEntries(Array.from({ length: 33 }, (_, index) => [`x-${index}`, 'v']));
    failed(await fetcher.fetch({ url, headers: many }), 'bad-request');
    const { reason } = failed(
      await fetcher.fetch({ url, headers: { 'x-a': 'v'.repeat(8 * 1024) } }),
      'bad-request',
    );
    assert.match(reason, /at most 32 of 8192 bytes/);
  });

  it('uses no proxy that the environment names', async () => {
    const proxy = await bench.raw(() => {});
    const before = { http: process.env.http_proxy, all: process.env.all_proxy };
    process.env.http_proxy = `http://127.0.0.1:${proxy.port}`;
    process.env.all_proxy = process.env.http_proxy;
    try {
      await echo({});
    } finally {
      for (const [name, value] of [
        ['http_proxy', before.http],
        ['all_proxy', before.all],
      ] as const) {
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
      }
    }
    assert.equal(proxy.connections(), 0);
  });
});
