import assert from 'node:assert/strict';
import type { RequestListener } from 'node:http';
import { afterEach, describe, it } from 'mocha';
import { answered, failed } from './fetch-asserts.js';
import { ALLOW_LOOPBACK, createBench } from './sources.js';

const CREDENTIALS = {
  authorization: 'Bearer hidden',
  cookie: 'sid=hidden',
  'x-api-key': 'hidden',
  accept: 'text/plain',
};

/** Redirects /n to /n-1 until /0, which answers with what it was asked. */
const countdown: RequestListener = (request, response) => {
  const left = Number(request.url?.slice(1));
  if (left > 0) response.writeHead(302, { location: `/${left - 1}` }).end('moved');
  else response.end(`${request.method}`);
};

describe('the guarded fetch and redirects', () => {
  const bench = createBench();
  afterEach(() => bench.close());

  it('follows three by default, and not a fourth', async () => {
    const { port, seen } = await bench.http(countdown);
    const fetcher = bench.fetcher();
    const result = answered(await fetcher.fetch({ url: `http://127.0.0.1:${port}/3` }));
    assert.equal(result.redirects, 3);
    assert.equal(result.url, `http://127.0.0.1:${port}/0`);
    seen.length = 0;
    const { reason, sent } = failed(
      await fetcher.fetch({ url: `http://127.0.0.1:${port}/4` }),
      'redirect-limit',
    );
    assert.match(reason, /more than 3/);
    assert.equal(sent, true);
    assert.equal(seen.length, 4, 'the fourth target is not asked');
  });

  it('follows as many as the caller says', async () => {
    const { port } = await bench.http(countdown);
    const redirects = { max: 2, on: 'status', relative: 'follow' } as const;
    const fetcher = bench.fetcher();
    answered(await fetcher.fetch({ url: `http://127.0.0.1:${port}/2`, redirects }));
    failed(await fetcher.fetch({ url: `http://127.0.0.1:${port}/3`, redirects }), 'redirect-limit');
  });

  it('reads a relative Location against the URL before it', async () => {
    for (const [location, expected] of [
      ['next?x=1#part', '/a/next?x=1'],
      ['/top', '/top'],
      ['?q=2', '/a/b?q=2'],
      ['../up', '/up'],
      ['/gr\u00fc\u00df', '/gr%C3%BC%C3%9F'],
    ] as const) {
      const { port } = await bench.http((request, response) => {
        if (request.url !== '/a/b') return response.end(request.url);
        const raw = Buffer.from(location).toString('latin1');
        return response.writeHead(301, { location: raw }).end();
      });
      const result = await bench.fetcher().fetch({ url: `http://127.0.0.1:${port}/a/b` });
      assert.equal(answered(result).body.toString(), expected);
    }
  });

  it('refuses a relative Location, or takes any status with one, where the caller says so', async () => {
    const { port } = await bench.http((request, response) => {
      const location = request.url === '/relative' ? '/end' : `http://127.0.0.1:${port}/end`;
      if (request.url === '/end') response.end('end');
      else response.writeHead(201, { location }).end('created');
    });
    const fetcher = bench.fetcher();
    const strict = { max: 2, on: 'location', relative: 'refuse' } as const;
    const usual = answered(await fetcher.fetch({ url: `http://127.0.0.1:${port}/absolute` }));
    assert.deepEqual([usual.status, usual.redirects], [201, 0]);
    const url = `http://127.0.0.1:${port}`;
    const any = answered(await fetcher.fetch({ url: `${url}/absolute`, redirects: strict }));
    assert.deepEqual([any.body.toString(), any.redirects], ['end', 1]);
    failed(await fetcher.fetch({ url: `${url}/relative`, redirects: strict }), 'redirect-relative');
  });

  it('refuses another scheme, and what is no URL', async () => {
    for (const [location, failure] of [
      ['http://example.org/', 'redirect-scheme'],
      ['ftp://127.0.0.1/', 'redirect-scheme'],
      ['file:///etc/passwd', 'redirect-scheme'],
      ['data:text/plain,x', 'redirect-scheme'],
      ['http://[::1', 'redirect-target'],
      ['http://', 'redirect-target'],
      ['https://name:hidden@127.0.0.1/', 'credentials'],
    ] as const) {
      const { port } = await bench.http((_, response) => {
        response.writeHead(307, { location }).end();
      });
      const result = await bench.fetcher().fetch({ url: `http://127.0.0.1:${port}/` });
      const { reason, redirects } = failed(result, failure);
      assert.ok(!reason.includes('hidden'));
      assert.ok(redirects <= 1);
    }
  });

  it('gives an answer without Location, or with another status, to the caller as it is', async () => {
    for (const [status, headers] of [
      [302, {}],
      [304, { location: '/x' }],
      [300, { location: '/x' }],
      [200, { location: '/x' }],
    ] as const) {
      const { port } = await bench.http((_, response) => response.writeHead(status, headers).end());
      const result = await bench.fetcher().fetch({ url: `http://127.0.0.1:${port}/` });
      assert.equal(answered(result).status, status);
    }
  });

  it('keeps every header within an origin and no credential beyond it', async () => {
    const got: Record<string, string | undefined>[] = [];
    const end = await bench.http((request, response) => {
      got.push({ ...request.headers } as Record<string, string>);
      response.end();
    });
    const start = await bench.http((request, response) => {
      if (request.url === '/same') return countdown(request, response);
      return response.writeHead(307, { location: `http://localhost:${end.port}/` }).end();
    });
    const fetcher = bench.fetcher();
    await fetcher.fetch({ url: `http://127.0.0.1:${end.port}/`, headers: CREDENTIALS });
    await fetcher.fetch({ url: `http://127.0.0.1:${start.port}/`, headers: CREDENTIALS });
    const [direct, crossed] = got;
    assert.equal(direct?.authorization, 'Bearer hidden');
    assert.ok(crossed !== undefined);
    assert.deepEqual(
      [crossed.authorization, crossed.cookie, crossed['x-api-key'], crossed.accept, crossed.host],
      [undefined, undefined, undefined, 'text/plain', `localhost:${end.port}`],
    );
    assert.ok(!JSON.stringify(crossed).includes('hidden'));
  });

  it('counts another port of the same host as another origin', async () => {
    let authorization: string | undefined = 'unseen';
    const end = await bench.http((request, response) => {
      authorization = request.headers.authorization;
      response.end();
    });
    const start = await bench.http((_, response) => {
      response.writeHead(302, { location: `http://127.0.0.1:${end.port}/` }).end();
    });
    const url = `http://127.0.0.1:${start.port}/`;
    answered(await bench.fetcher().fetch({ url, headers: CREDENTIALS }));
    assert.equal(authorization, undefined);
  });

  it('keeps or drops method and body as HTTP says', async () => {
    for (const [status, method, expected] of [
      [301, 'POST', 'GET  '],
      [302, 'POST', 'GET  '],
      [303, 'POST', 'GET  '],
      [303, 'PUT', 'GET  '],
      [302, 'PUT', 'PUT {} application/json'],
      [307, 'POST', 'POST {} application/json'],
      [308, 'PATCH', 'PATCH {} application/json'],
    ] as const) {
      const { port } = await bench.http((request, response) => {
        if (request.url === '/') {
          return request
            .resume()
            .on('end', () => response.writeHead(status, { location: '/to' }).end());
        }
        let body = '';
        request.on('data', (chunk) => {
          body += chunk;
        });
        return request.on('end', () => {
          response.end(`${request.method} ${body} ${request.headers['content-type'] ?? ''}`);
        });
      });
      const result = await bench.fetcher().fetch({
        url: `http://127.0.0.1:${port}/`,
        method,
        headers: { 'Content-Type': 'application/json' },
        body: Buffer.from('{}'),
      });
      assert.equal(answered(result).body.toString(), expected, `${status} ${method}`);
    }
  });

  it('does not wait for the endless body of a redirect', async () => {
    const { port } = await bench.http((request, response) => {
      if (request.url === '/to') return response.end('there');
      response.writeHead(302, { location: '/to' });
      const chunk = Buffer.alloc(16 * 1024);
      const more = (): void => {
        while (response.write(chunk)) if (response.destroyed) return;
        response.once('drain', more);
      };
      return more();
    });
    const result = await bench.fetcher().fetch({ url: `http://127.0.0.1:${port}/` });
    assert.equal(answered(result).body.toString(), 'there');
  });

  it('counts the whole journey in one time limit', async () => {
    const { port } = await bench.http((request, response) => {
      if (request.url === '/') response.writeHead(302, { location: '/slow' }).end();
    });
    const fetcher = bench.fetcher({ allow: ALLOW_LOOPBACK, limits: { totalTimeoutMs: 150 } });
    failed(await fetcher.fetch({ url: `http://127.0.0.1:${port}/` }), 'timeout');
  });
});
