import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { afterEach, describe, it } from 'mocha';
import { answered, failed } from './fetch-asserts.js';
import { createBench } from './sources.js';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n';
const LIMIT = 8 * 1024;

/** A GET goes over a connection that is kept, a POST over one of its own. */
const METHODS = ['GET', 'POST'] as const;

describe('the guarded fetch and answers of all sorts', () => {
  const bench = createBench();
  afterEach(() => bench.close());

  /** A server that answers each request, as soon as its first bytes are there. */
  const serveRaw = async (send: (socket: Socket) => void) => {
    let requests = 0;
    const { port, connections } = await bench.raw((socket) => {
      socket.on('data', () => {
        requests += 1;
        send(socket);
      });
    });
    return { url: `http://127.0.0.1:${port}/`, connections, requests: () => requests };
  };

  it('joins headers that come several times, and takes the first of those that may not', async () => {
    const lines = [
      'X-A: 1',
      'x-a: 2',
      'Set-Cookie: a=b',
      'Set-Cookie: c=d',
      'Content-Type: text/plain',
      'Content-Type: text/html',
      'ETag: one',
      'Etag: two',
      '__proto__: x',
      'X-Empty:',
      'X-Latin: \u00fc',
      'Content-Length: 0',
    ];
    const head = Buffer.from(`HTTP/1.1 200 OK\r\n${lines.join('\r\n')}\r\n\r\n`, 'latin1');
    const { url } = await serveRaw((socket) => socket.write(head));
    for (const method of METHODS) {
      const { headers } = answered(await bench.fetcher().fetch({ url, method }));
      assert.deepEqual(Object.entries(headers), [
        ['x-a', '1, 2'],
        ['set-cookie', 'a=b, c=d'],
        ['content-type', 'text/plain'],
        ['etag', 'one'],
        ['x-empty', ''],
        ['x-latin', '\u00fc'],
        ['content-length', '0'],
      ]);
    }
  });

  it('passes over 100 Continue, and sends what may not be repeated once all the same', async () => {
    const source = await serveRaw((socket) => socket.write(CONTINUE.repeat(3) + OK));
    const fetcher = bench.fetcher();
    const body = Buffer.from('pay');
    const result = await fetcher.fetch({ url: source.url, method: 'POST', body });
    assert.equal(answered(result).body.toString(), 'ok');
    assert.equal(source.requests(), 1);
    assert.equal(answered(await fetcher.fetch({ url: source.url })).body.toString(), 'ok');
  });

  it('refuses an endless status line, endless lines before it, and endless chunk heads', async () => {
    const endless = (first: string, more: string) => (socket: Socket) => {
      socket.write(first);
      const go = (): void => {
        while (!socket.destroyed && socket.write(more));
      };
      socket.on('drain', go);
      go();
    };
    const limits = { maxHeaderBytes: LIMIT };
    const chunked = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
    for (const [first, more, failure] of [
      ['HTTP/1.1 200 ', 'x'.repeat(LIMIT), 'headers-too-large'],
      ['', '\r\n'.repeat(LIMIT), 'headers-too-large'],
      [`${chunked}5;`, 'x'.repeat(LIMIT), 'protocol'],
    ] as const) {
      const { url } = await serveRaw(endless(first, more));
      failed(await bench.fetcher({ limits }).fetch({ url }), failure);
    }
  });

  it('reads a long body in small chunks behind a long head', async () => {
    const chunks = 40_000;
    const pad = 'z'.repeat(7_000);
    const head = `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-Pad: ${pad}\r\n\r\n`;
    const body = `a\r\n0123456789\r\n`.repeat(chunks);
    const { url } = await serveRaw((socket) => socket.write(`${head}${body}0\r\n\r\n`));
    const fetcher = bench.fetcher({ limits: { maxHeaderBytes: LIMIT } });
    for (let round = 0; round < 3; round += 1) {
      assert.equal(answered(await fetcher.fetch({ url })).body.length, 10 * chunks);
    }
  });

  it('refuses a status below those that HTTP knows', async () => {
    const source = await serveRaw((socket) => {
      socket.write('HTTP/1.1 004 No Content\r\nContent-Length: 2\r\n\r\nok');
    });
    for (const method of METHODS) {
      failed(await bench.fetcher().fetch({ url: source.url, method }), 'protocol');
    }
    assert.equal(source.requests(), METHODS.length);
  });

  it('takes a body that was cut off for none, though nothing said how long it is', async () => {
    let source: Socket | undefined;
    const { url } = await serveRaw((socket) => {
      source = socket;
      socket.write('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nsho');
    });
    const wantsBody = (): boolean => {
      source?.resetAndDestroy();
      return true;
    };
    for (const method of METHODS) {
      failed(await bench.fetcher().fetch({ url, method, wantsBody }), 'interrupted');
    }
  });

  it('ends with an answer that has no body, whatever is sent behind it', async () => {
    const heads: Record<string, string> = {
      HEAD: 'HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n',
      '/204': 'HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n',
      '/304': 'HTTP/1.1 304 Not Modified\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\n',
    };
    const source = await bench.raw((socket) => {
      socket.on('data', (data) => {
        const [method = '', path = ''] = data.toString().split(' ');
        socket.write(`${heads[method] ?? heads[path]}hello world`);
      });
    });
    const fetcher = bench.fetcher();
    for (const [method, path, status] of [
      ['HEAD', '/', 200],
      ['GET', '/204', 204],
      ['GET', '/304', 304],
      ['POST', '/204', 204],
      ['POST', '/304', 304],
    ] as const) {
      const url = `http://127.0.0.1:${source.port}${path}`;
      const result = answered(await fetcher.fetch({ url, method }));
      assert.deepEqual([result.status, result.body.length, result.reused], [status, 0, false]);
    }
    assert.deepEqual([source.connections(), fetcher.idleConnections()], [5, 0]);
  });

  it('asks anew where the source has closed the connection meanwhile', async () => {
    let ended: Socket | undefined;
    const source = await serveRaw((socket) => {
      ended = socket;
      socket.end(OK);
    });
    const fetcher = bench.fetcher();
    for (let round = 1; round <= 3; round += 1) {
      assert.equal(answered(await fetcher.fetch({ url: source.url })).body.toString(), 'ok');
      if (ended !== undefined && !ended.closed) await once(ended, 'close');
    }
    assert.equal(source.requests(), 3);
  });

  it('keeps no connection that its source is about to close', async () => {
    const soon = await serveRaw((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nKeep-Alive: timeout=1\r\nContent-Length: 2\r\n\r\nok');
    });
    const later = await serveRaw((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nKeep-Alive: timeout=60\r\nContent-Length: 2\r\n\r\nok');
    });
    const fetcher = bench.fetcher();
    answered(await fetcher.fetch({ url: soon.url }));
    assert.equal(fetcher.idleConnections(), 0);
    answered(await fetcher.fetch({ url: later.url }));
    assert.equal(fetcher.idleConnections(), 1);
  });

  it('ends its own connection alone when it is called off after a redirect', async () => {
    const waiting: Socket[] = [];
    let asked: (() => void) | null = null;
    const slow = await serveRaw((socket) => {
      waiting.push(socket);
      asked?.();
    });
    const hub = await bench.raw((socket) => {
      socket.on('data', (data) => {
        const redirect = `HTTP/1.1 302 Found\r\nLocation: ${slow.url}\r\nContent-Length: 0\r\n\r\n`;
        if (data.toString().startsWith('GET /to ')) socket.write(redirect);
        else {
          waiting.push(socket);
          asked?.();
        }
      });
    });
    const until = (count: number) =>
      new Promise<void>((resolve) => {
        asked = () => void (waiting.length >= count && resolve());
        asked();
      });
    const fetcher = bench.fetcher();
    const caller = new AbortController();
    const first = fetcher.fetch({ url: `http://127.0.0.1:${hub.port}/to` }, caller.signal);
    await until(1);
    const second = fetcher.fetch({ url: `http://127.0.0.1:${hub.port}/wait` });
    await until(2);
    assert.equal(hub.connections(), 1, 'the second goes over the connection of the first');
    caller.abort();
    failed(await first, 'aborted');
    waiting[1]?.write(OK);
    assert.equal(answered(await second).body.toString(), 'ok');
  });

  it('closes the connections that are in use, too, at the end', async () => {
    for (const method of METHODS) {
      const fetcher = bench.fetcher();
      let closed: Promise<unknown> | undefined;
      const { url } = await serveRaw((socket) => {
        socket.resume();
        closed = once(socket, 'close');
        fetcher.close();
      });
      const { sent } = failed(await fetcher.fetch({ url, method }), 'interrupted');
      assert.equal(sent, true);
      await closed;
    }
  });
});
