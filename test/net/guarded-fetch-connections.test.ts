import assert from 'node:assert/strict';
import { getEventListeners, once } from 'node:events';
import type { Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { afterEach, describe, it } from 'mocha';
import type { ResolveHost } from '../../src/net/resolve-host.js';
import { createAuthority } from './certificates.js';
import { answered, failed } from './fetch-asserts.js';
import { createBench, tableResolver } from './sources.js';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

describe('the guarded fetch and connections', () => {
  const bench = createBench();
  afterEach(() => bench.close());
  const authority = createAuthority();
  const allow = {
    hosts: [
      { host: 'a.test', http: true },
      { host: 'b.test', http: true },
    ],
  };

  it('keeps a connection for the next requests to the same host, by http and https', async () => {
    const tls = authority.issue({ commonName: 'x', hosts: ['a.test'] });
    const secure = await bench.https((_, response) => response.end('ok'), tls);
    const plain = await bench.http((_, response) => response.end('ok'));
    const resolve = tableResolver({ 'a.test': ['127.0.0.1'] });
    const fetcher = bench.fetcher({ allow, resolve, ca: authority.certificate });
    for (const [scheme, source] of [
      ['https', secure],
      ['http', plain],
    ] as const) {
      const url = `${scheme}://a.test:${source.port}/`;
      const reused: boolean[] = [];
      for (let round = 0; round < 4; round += 1) {
        reused.push(answered(await fetcher.fetch({ url })).reused);
      }
      assert.deepEqual(reused, [false, true, true, true]);
      assert.equal(source.connections(), 1);
    }
    assert.equal(fetcher.idleConnections(), 2);
  });

  it('never shares a connection between hosts, though address and port are the same', async () => {
    const tls = authority.issue({ commonName: 'x', hosts: ['a.test', 'b.test'] });
    const secure = await bench.https((_, response) => response.end('ok'), tls);
    const plain = await bench.http((_, response) => response.end('ok'));
    const resolve = tableResolver({ 'a.test': ['127.0.0.1'], 'b.test': ['127.0.0.1'] });
    const fetcher = bench.fetcher({ allow, resolve, ca: authority.certificate });
    for (const [scheme, source] of [
      ['https', secure],
      ['http', plain],
    ] as const) {
      for (const host of ['a.test', 'b.test', 'a.test', 'b.test']) {
        answered(await fetcher.fetch({ url: `${scheme}://${host}:${source.port}/` }));
      }
      assert.equal(source.connections(), 2, scheme);
    }
  });

  it('leaves a kept connection when the name has moved to another address', async () => {
    const first = await bench.http((_, response) => response.end('first'), '127.0.0.1');
    let address = '127.0.0.1';
    const resolve: ResolveHost = async () => {
      return { kind: 'resolved', addresses: [address], ttlMs: 0 };
    };
    const fetcher = bench.fetcher({ allow, resolve });
    const url = `http://a.test:${first.port}/`;
    answered(await fetcher.fetch({ url }));
    address = '127.0.0.7';
    failed(await fetcher.fetch({ url }), 'connect');
    assert.deepEqual([first.connections(), first.seen.length], [1, 1]);
  });

  it('drops a kept connection of a name that has moved into private space', async () => {
    const tls = authority.issue({ commonName: 'x', hosts: ['a.test'] });
    const source = await bench.https((_, response) => response.end('ok'), tls, '127.0.0.2');
    let addresses = ['127.0.0.2'];
    const resolve: ResolveHost = async () => ({ kind: 'resolved', addresses, ttlMs: 0 });
    const ca = authority.certificate;
    const fetcher = bench.fetcher({ allow: { cidrs: ['127.0.0.2/32'] }, resolve, ca });
    const url = `https://a.test:${source.port}/`;
    answered(await fetcher.fetch({ url }));
    addresses = ['127.0.0.2', '10.0.0.1'];
    failed(await fetcher.fetch({ url }), 'blocked');
    assert.equal(source.seen.length, 1);
  });

  it('asks again on a new connection when a kept one turns out to be dead', async () => {
    let requests = 0;
    const source = await bench.raw((socket: Socket) => {
      let first = true;
      socket.on('data', () => {
        requests += 1;
        if (first) socket.write(OK);
        else socket.resetAndDestroy();
        first = false;
      });
    });
    const fetcher = bench.fetcher();
    const url = `http://127.0.0.1:${source.port}/`;
    assert.equal(answered(await fetcher.fetch({ url })).reused, false);
    const again = answered(await fetcher.fetch({ url }));
    assert.deepEqual([again.body.toString(), again.reused], ['ok', false]);
    assert.deepEqual([source.connections(), requests], [2, 3]);
  });

  it('sends what is not idempotent once, on a connection of its own', async () => {
    let requests = 0;
    const source = await bench.raw((socket: Socket) => {
      socket.on('data', () => {
        requests += 1;
        if (requests === 1) socket.write(OK);
        else socket.resetAndDestroy();
      });
    });
    const fetcher = bench.fetcher();
    const url = `http://127.0.0.1:${source.port}/`;
    answered(await fetcher.fetch({ url }));
    const result = failed(await fetcher.fetch({ url, method: 'POST' }), 'interrupted');
    assert.equal(result.sent, true);
    assert.deepEqual([source.connections(), requests], [2, 2]);
  });

  it('shares no connection after a body that the source may not have read', async () => {
    const source = await bench.raw((socket: Socket) => {
      socket.on('data', () => socket.write(OK));
    });
    const fetcher = bench.fetcher();
    const url = `http://127.0.0.1:${source.port}/`;
    const body = Buffer.from('GET /of-a-stranger HTTP/1.1\r\nHost: x\r\n\r\n');
    for (const method of ['PUT', 'DELETE', 'POST'] as const) {
      answered(await fetcher.fetch({ url, method, body }));
      assert.equal(answered(await fetcher.fetch({ url })).reused, method !== 'PUT', method);
    }
    assert.equal(source.connections(), 4);
  });

  it('shares no connection after an answer that has no body, whatever it says of one', async () => {
    const answers: Record<string, string> = {
      HEAD: 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n',
      '/204': 'HTTP/1.1 204 No Content\r\nContent-Length: 6\r\n\r\n',
      '/304': 'HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n',
    };
    const source = await bench.raw((socket: Socket) => {
      socket.on('data', (data) => {
        const [method = '', path = ''] = data.toString().split(' ');
        socket.write(answers[method] ?? answers[path] ?? OK);
      });
    });
    const fetcher = bench.fetcher();
    const url = (path: string): string => `http://127.0.0.1:${source.port}${path}`;
    const asks = [{ method: 'HEAD', url: url('/') }, { url: url('/204') }, { url: url('/304') }];
    for (const ask of asks as { url: string }[]) {
      answered(await fetcher.fetch(ask));
      assert.equal(answered(await fetcher.fetch({ url: url('/') })).reused, false);
      // And from then on nothing is kept of what the next one is to find.
      fetcher.close();
    }
    assert.equal(source.connections(), 6);
  });

  it('gives up the oldest idle connection beyond the limit over all hosts', async () => {
    const closed: number[] = [];
    const sources = await Promise.all(
      [0, 1, 2, 3].map((index) =>
        bench.raw((socket) => {
          socket.on('data', () => socket.write(OK));
          socket.once('close', () => closed.push(index));
        }),
      ),
    );
    const fetcher = bench.fetcher({ limits: { maxIdleConnections: 2 } });
    for (const { port } of sources) {
      answered(await fetcher.fetch({ url: `http://127.0.0.1:${port}/` }));
      assert.ok(fetcher.idleConnections() <= 3);
    }
    const last = `http://127.0.0.1:${sources[3]?.port}/`;
    assert.equal(answered(await fetcher.fetch({ url: last })).reused, true);
    assert.equal(fetcher.idleConnections(), 2);
    for (let turn = 0; turn < 1_000 && closed.length < 2; turn += 1) await setImmediate();
    assert.deepEqual(closed, [0, 1]);
  });

  it('closes a connection that nobody uses after the idle time', async () => {
    let accepted: Socket | undefined;
    const source = await bench.raw((socket) => {
      accepted = socket;
      socket.on('data', () => socket.write(OK));
    });
    const fetcher = bench.fetcher({ limits: { idleTimeoutMs: 50 } });
    answered(await fetcher.fetch({ url: `http://127.0.0.1:${source.port}/` }));
    assert.equal(fetcher.idleConnections(), 1);
    assert.ok(accepted);
    accepted.resume();
    await once(accepted, 'close');
    // The other end of the same connection learns of it a moment later.
    for (let turn = 0; turn < 100 && fetcher.idleConnections() > 0; turn += 1) await setImmediate();
    assert.equal(fetcher.idleConnections(), 0);
  });

  it('serves many requests at once, each with its own answer', async () => {
    const { port } = await bench.http((request, response) => response.end(request.url));
    const fetcher = bench.fetcher();
    const paths = Array.from({ length: 50 }, (_, index) => `/${index}`);
    const results = await Promise.all(
      paths.map((path) => fetcher.fetch({ url: `http://127.0.0.1:${port}${path}` })),
    );
    assert.deepEqual(
      results.map((result) => answered(result).body.toString()),
      paths,
    );
  });

  it('serves many under one signal without a warning, and lets go of it afterwards', async () => {
    const warnings: string[] = [];
    const note = (warning: Error): number => warnings.push(warning.message);
    process.on('warning', note);
    const { port } = await bench.http((_, response) => response.end());
    const fetcher = bench.fetcher();
    const { signal } = new AbortController();
    const url = `http://127.0.0.1:${port}/`;
    await Promise.all(Array.from({ length: 20 }, () => fetcher.fetch({ url }, signal)));
    await setImmediate();
    process.off('warning', note);
    assert.deepEqual(warnings, []);
    assert.equal(getEventListeners(signal, 'abort').length, 0);
  });

  it('keeps the connection over a redirect', async () => {
    const source = await bench.http((request, response) => {
      if (request.url === '/') response.writeHead(302, { location: '/to' }).end('moved');
      else response.end('there');
    });
    const url = `http://127.0.0.1:${source.port}/`;
    const result = answered(await bench.fetcher().fetch({ url }));
    assert.deepEqual([result.reused, source.connections()], [true, 1]);
  });

  it('closes all idle connections at the end', async () => {
    const source = await bench.http((_, response) => response.end());
    const fetcher = bench.fetcher();
    answered(await fetcher.fetch({ url: `http://127.0.0.1:${source.port}/` }));
    fetcher.close();
    assert.equal(fetcher.idleConnections(), 0);
  });
});
