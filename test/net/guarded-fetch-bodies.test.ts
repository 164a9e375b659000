import assert from 'node:assert/strict';
import type { OutgoingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';
import { brotliCompressSync, constants, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { afterEach, describe, it } from 'mocha';
import { answered, failed } from './fetch-asserts.js';
import { createBench } from './sources.js';

const KIB = 1024;
const LIMIT = 64 * KIB;

describe('the guarded fetch and bodies', () => {
  const bench = createBench();
  afterEach(() => bench.close());

  const serve = async (
    body: Buffer | string,
    headers: OutgoingHttpHeaders = {},
  ): Promise<string> => {
    const { port } = await bench.http((_, response) => {
      response.writeHead(200, headers).end(body);
    });
    return `http://127.0.0.1:${port}/`;
  };

  /** A server that sends what it is told as soon as it has read the request's head. */
  const serveRaw = async (send: (socket: Socket) => void): Promise<string> => {
    const { port } = await bench.raw((socket) => socket.once('data', () => send(socket)));
    return `http://127.0.0.1:${port}/`;
  };

  it('brings the bytes as they are, up to the limit to the byte', async () => {
    const fetcher = bench.fetcher({ limits: { maxBodyBytes: LIMIT } });
    const exact = Buffer.alloc(LIMIT, 'x');
    assert.ok(answered(await fetcher.fetch({ url: await serve(exact) })).body.equals(exact));
    const over = Buffer.alloc(LIMIT + 1, 'x');
    const { reason } = failed(await fetcher.fetch({ url: await serve(over) }), 'body-too-large');
    assert.match(reason, /larger than 65536 bytes/);
    const chunked = await serve(over, { 'transfer-encoding': 'chunked' });
    failed(await fetcher.fetch({ url: chunked }), 'body-too-large');
    const bytes = Buffer.from([0, 255, 10, 13, 0xc3, 0x28]);
    assert.ok(answered(await fetcher.fetch({ url: await serve(bytes) })).body.equals(bytes));
  });

  it('unpacks gzip, both kinds of deflate, and brotli', async () => {
    const text = Buffer.from(JSON.stringify({ price: 'ünïcode '.repeat(4_000) }));
    for (const [coding, packed] of [
      ['gzip', gzipSync(text)],
      ['X-GZIP', gzipSync(text)],
      ['gzip', Buffer.concat([gzipSync(text.subarray(0, 99)), gzipSync(text.subarray(99))])],
      ['deflate', deflateSync(text)],
      ['deflate', deflateRawSync(text)],
      ['br', brotliCompressSync(text)],
      ['identity', text],
    ] as const) {
      const url = await serve(packed, { 'content-encoding': coding });
      const { body } = answered(await bench.fetcher().fetch({ url }));
      assert.ok(body.equals(text), coding);
    }
  });

  it('stops a decompression bomb at the limit', async () => {
    const zeros = Buffer.alloc(32 * 1024 * KIB);
    const fetcher = bench.fetcher({ limits: { maxBodyBytes: LIMIT } });
    for (const [coding, packed] of [
      ['gzip', gzipSync(zeros)],
      ['deflate', deflateSync(zeros)],
      ['br', brotliCompressSync(zeros, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } })],
    ] as const) {
      assert.ok(packed.length < LIMIT, 'the bomb itself is small');
      const url = await serve(packed, { 'content-encoding': coding });
      const { reason } = failed(await fetcher.fetch({ url }), 'body-too-large');
      assert.match(reason, /when unpacked/, coding);
    }
  });

  it('refuses a content coding that it does not know, several at once, and damaged data', async () => {
    const good = gzipSync('{"a":1}');
    for (const [coding, packed] of [
      ['zstd', good],
      ['compress', good],
      ['gzip, gzip', gzipSync(good)],
      ['gzip', Buffer.from('{"a":1}')],
      ['gzip', good.subarray(0, -4)],
      ['br', brotliCompressSync('{"a":1}'.repeat(100)).subarray(0, -5)],
      ['br', Buffer.from([0xff, 0xff, 0xff])],
      ['deflate', Buffer.from('{"a":1}')],
    ] as const) {
      const url = await serve(packed, { 'content-encoding': coding });
      failed(await bench.fetcher().fetch({ url }), 'encoding');
    }
  });

  it('takes HEAD, 204, 304 and empty answers as empty, whatever their headers promise', async () => {
    const headers = { 'content-encoding': 'gzip', 'content-length': 123_456_789 };
    const { port } = await bench.http((request, response) => {
      const status = Number(request.url?.slice(1));
      response.writeHead(status, request.method === 'HEAD' ? headers : {}).end();
    });
    const fetcher = bench.fetcher();
    for (const [method, status] of [
      ['HEAD', 200],
      ['GET', 204],
      ['GET', 304],
      ['GET', 200],
    ] as const) {
      const url = `http://127.0.0.1:${port}/${status}`;
      const result = answered(await fetcher.fetch({ url, method }));
      assert.deepEqual([result.status, result.body.length], [status, 0]);
    }
    assert.equal(fetcher.idleConnections(), 1, 'and keeps the connection');
  });

  it('takes a body that ends with the connection', async () => {
    const url = await serveRaw((socket) => socket.end('HTTP/1.0 200 OK\r\n\r\nuntil the end'));
    const { body } = answered(await bench.fetcher().fetch({ url }));
    assert.equal(body.toString(), 'until the end');
  });

  it('reports a body that ends before its length, or is reset midway, as interrupted', async () => {
    const head = 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n';
    for (const send of [
      (socket: Socket) => socket.end(`${head}short`),
      (socket: Socket) => socket.write(`${head}short`, () => socket.resetAndDestroy()),
      (socket: Socket) =>
        socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nshort\r\n'),
      (socket: Socket) => socket.resetAndDestroy(),
      (socket: Socket) => socket.end(),
      (socket: Socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Le'),
    ]) {
      const url = await serveRaw(send);
      const result = failed(await bench.fetcher().fetch({ url }), 'interrupted');
      assert.equal(result.sent, true);
    }
  });

  it('takes no byte beyond the announced length, and drops such a connection', async () => {
    let served = 0;
    const url = await serveRaw((socket) => {
      served += 1;
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngoodHTTP/1.1 200 OK\r\n\r\nevil');
    });
    const fetcher = bench.fetcher();
    for (let round = 1; round <= 2; round += 1) {
      const { body } = answered(await fetcher.fetch({ url }));
      assert.equal(body.toString(), 'good');
      assert.equal(served, round, 'on a connection of its own');
    }
  });

  it('refuses what is not HTTP, and contradictory lengths', async () => {
    const ok = 'HTTP/1.1 200 OK\r\n';
    for (const text of [
      'SSH-2.0-OpenSSH_9.2\r\n',
      `${ok}Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcde`,
      `${ok}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      `${ok}Content-Length: -1\r\n\r\n`,
      `${ok}Content-Length: 0x4\r\n\r\nabcd`,
      `${ok}Transfer-Encoding: chunked\r\n\r\nzz\r\nabc`,
      `${ok}Head er: x\r\n\r\n`,
      `${ok}Header: a\rb\r\n\r\n`,
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n',
    ]) {
      const url = await serveRaw((socket) => socket.end(text));
      failed(await bench.fetcher().fetch({ url }), 'protocol');
    }
  });

  it('refuses endless headers, too many headers, and endless trailers', async () => {
    const fetcher = bench.fetcher({ limits: { maxHeaderBytes: 8 * KIB, maxHeaders: 20 } });
    const endless = (first: string, line: string) => (socket: Socket) => {
      socket.write(first);
      const more = (): void => {
        while (!socket.destroyed && socket.write(line));
      };
      socket.on('drain', more);
      more();
    };
    const line = `X-Pad: ${'y'.repeat(200)}\r\n`;
    const url = await serveRaw(endless('HTTP/1.1 200 OK\r\n', line));
    failed(await fetcher.fetch({ url }), 'headers-too-large');
    const oneLine = await serveRaw(endless('HTTP/1.1 200 OK\r\nX-Pad: ', 'y'.repeat(500)));
    failed(await fetcher.fetch({ url: oneLine }), 'headers-too-large');
    const long = `HTTP/1.1 200 OK\r\nX-Pad: ${'y'.repeat(9 * KIB)}\r\n\r\n`;
    const tooLong = await serveRaw((socket) => socket.end(long));
    failed(await fetcher.fetch({ url: tooLong }), 'headers-too-large');
    const many = Array.from({ length: 21 }, (_, index) => `H${index}: x\r\n`).join('');
    const tooMany = await serveRaw((socket) => socket.end(`HTTP/1.1 200 OK\r\n${many}\r\n`));
    failed(await fetcher.fetch({ url: tooMany }), 'headers-too-large');
    const trailers = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n';
    const inTrailers = await serveRaw(endless(trailers, line));
    failed(await fetcher.fetch({ url: inTrailers }), 'headers-too-large');
  });

  it('refuses a flood of 1xx answers and passes over a few', async () => {
    const hint = 'HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n';
    const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
    const few = await serveRaw((socket) => socket.end(`HTTP/1.1 100 Continue\r\n\r\n${hint}${ok}`));
    assert.equal(answered(await bench.fetcher().fetch({ url: few })).body.toString(), 'ok');
    for (const one of [hint, 'HTTP/1.1 100 Continue\r\n\r\n', 'HTTP/1.1 102 Processing\r\n\r\n']) {
      const url = await serveRaw((socket) => socket.write(one.repeat(1_000)));
      const { reason } = failed(await bench.fetcher().fetch({ url }), 'protocol');
      assert.match(reason, /1xx/);
    }
  });

  it('ends a drip at the total time, wherever it drips', async () => {
    const fetcher = bench.fetcher({ limits: { totalTimeoutMs: 200 } });
    const dripping = (first: string, drop: string) => (socket: Socket) => {
      socket.write(first);
      const timer = setInterval(() => socket.write(drop), 20);
      socket.once('close', () => clearInterval(timer));
    };
    const ok = 'HTTP/1.1 200 OK\r\n';
    const drips = [
      ['', ''],
      [ok, 'x'],
      [`${ok}Content-Length: 10000\r\n\r\n`, 'x'],
      [`${ok}Transfer-Encoding: chunked\r\n\r\n`, '1\r\nx\r\n'],
      [`${ok}Transfer-Encoding: chunked\r\n\r\n1;`, 'x'],
    ] as const;
    const urls = await Promise.all(drips.map(([first, drop]) => serveRaw(dripping(first, drop))));
    const started = performance.now();
    const results = await Promise.all(urls.map((url) => fetcher.fetch({ url })));
    assert.ok(performance.now() - started < 5_000, 'and not the 10 s of the default');
    for (const result of results) assert.match(failed(result, 'timeout').reason, /within 200 ms/);
  });

  it('ends at once when the caller calls off, and never starts when he has', async () => {
    const controller = new AbortController();
    const { port, seen } = await bench.http((_, response) => {
      response.writeHead(200).write('begin');
      controller.abort();
    });
    const fetcher = bench.fetcher();
    const url = `http://127.0.0.1:${port}/`;
    failed(await fetcher.fetch({ url }, controller.signal), 'aborted');
    failed(await fetcher.fetch({ url }, controller.signal), 'aborted');
    assert.equal(seen.length, 1);
    assert.equal(fetcher.idleConnections(), 0);
  });
});
