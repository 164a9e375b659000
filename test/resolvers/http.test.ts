import assert from 'node:assert/strict';
import type { RequestListener } from 'node:http';
import { after, afterEach, before, describe, it } from 'mocha';
import { NodeError } from '../../src/base/node-error.js';
import { type Outcome, ResponseCode, type RetryLater } from '../../src/base/outcome.js';
import { createFilterPool, type FilterPool } from '../../src/filters/filter-pool.js';
import { createHttpResolver, type HttpWork } from '../../src/resolvers/http.js';
import type { NativeProfile } from '../../src/resolvers/http-codes.js';
import { createBench, type FetcherOptions } from '../net/sources.js';

const C = ResponseCode;
const REQUESTER = `0x${'00'.repeat(20)}` as const;
const HEAD = { requestId: 1n, requester: REQUESTER } as const;
const JSON_TYPE = { 'content-type': 'application/json' };

const native = (url: string, filter = ''): HttpWork => ({ ...HEAD, style: 'native', url, filter });

const spec = (text: string | object, filter = ''): HttpWork => {
  return {
    ...HEAD,
    style: 'spec',
    spec: typeof text === 'string' ? text : JSON.stringify(text),
    filter,
  };
};

const codeOf = (outcome: Outcome): number | null => {
  if (outcome.kind === 'retry') return outcome.otherwise.code;
  return outcome.kind === 'answer' ? outcome.code : null;
};

describe('the resolver of web requests', () => {
  const bench = createBench();
  const pools: Record<NativeProfile, FilterPool> = {} as never;
  before(() => {
    pools.csharp = createFilterPool({ workers: 1, profile: 'csharp', timeoutMs: 2_000 });
    pools['neo-go'] = createFilterPool({ workers: 1, profile: 'neo-go', timeoutMs: 2_000 });
  });
  afterEach(() => bench.close());
  after(() => Promise.all([pools.csharp.close(), pools['neo-go'].close()]));

  const run = async (
    work: HttpWork,
    options: FetcherOptions & { profile?: NativeProfile; maxResultBytes?: number } = {},
  ): Promise<Outcome> => {
    const { profile = 'csharp', maxResultBytes } = options;
    const fetch = bench.fetcher(options);
    const filters = pools[profile];
    const resolver = createHttpResolver({ fetch, filters, profile, maxResultBytes });
    return resolver(work, new AbortController().signal);
  };

  const serve = async (handler: RequestListener): Promise<string> => {
    const { port } = await bench.http(handler);
    return `http://127.0.0.1:${port}/`;
  };

  const serveJson = (body: string | Buffer, status = 200): Promise<string> =>
    serve((_, response) => response.writeHead(status, JSON_TYPE).end(body));

  const serveRaw = async (text: string): Promise<string> => {
    const { port } = await bench.raw((socket) => socket.once('data', () => socket.end(text)));
    return `http://127.0.0.1:${port}/`;
  };

  const success = (outcome: Outcome): string => {
    if (outcome.kind !== 'answer') assert.fail(outcome.reason);
    assert.equal(outcome.code, C.Success, outcome.reason);
    return outcome.result.toString();
  };

  const answerOf = (outcome: Outcome, code: number): string => {
    assert.equal(outcome.kind, 'answer', outcome.reason);
    assert.equal(codeOf(outcome), code, outcome.reason);
    return outcome.reason;
  };

  const retryOf = (outcome: Outcome, code: number): RetryLater => {
    if (outcome.kind !== 'retry') assert.fail(outcome.reason);
    assert.equal(outcome.otherwise.code, code, outcome.reason);
    return outcome;
  };

  it('answers with the body as it is where there is no filter', async () => {
    const body = '{ "price": 1.50, "x": "ü" }\n';
    const url = await serveJson(body);
    assert.equal(success(await run(native(url))), body);
    assert.equal(success(await run(spec({ url }))), body);
  });

  it('answers with the compact array of the matches where there is one', async () => {
    const url = await serveJson('{"a":[{"p":1.5},{"p":"<ü>"}],"big":9007199254740993}');
    assert.equal(success(await run(native(url, '$.a[*].p'))), '[1.5,"\\u003C\\u00FC\\u003E"]');
    assert.equal(success(await run(spec({ url }, '$.a[?@.p == 1.5]'))), '[{"p":1.5}]');
    assert.equal(success(await run(spec({ url }, '$.none'))), '[]');
    const reason = answerOf(await run(spec({ url }, '$.big')), C.Error);
    assert.match(reason, /9007199254740993/, 'an inexact number is never silently another one');
  });

  it('sends method, headers and body of the spec, and its own Accept only where none is given', async () => {
    const url = await serve((request, response) => {
      const { 'x-key': key, accept } = request.headers;
      let body = '';
      request.on('data', (chunk) => {
        body += chunk;
      });
      request.on('end', () => response.end([request.method, key, accept, body].join('|')));
    });
    const full = { url, method: 'POST', headers: { 'X-Key': 'k', Accept: 'a/b' }, body: 'ü' };
    assert.equal(success(await run(spec(full))), 'POST|k|a/b|ü');
    assert.equal(success(await run(spec({ url }))), 'GET||application/json, */*;q=0.8|');
  });

  it('refuses a bad spec, secrets and prices without asking anybody', async () => {
    let asked = 0;
    const url = await serve((_, response) => {
      asked += 1;
      response.end();
    });
    assert.match(answerOf(await run(spec('{')), C.Error), /bad spec/);
    assert.match(answerOf(await run(spec({ url, x: 1 })), C.Error), /unknown key "x"/);
    const header = { url, headers: { a: '{{secret:KEY}}' } };
    assert.match(answerOf(await run(spec(header)), C.Forbidden), /no vault/);
    const body = { url, method: 'POST', body: '{"k":"{{secret:KEY}}"}' };
    assert.match(answerOf(await run(spec(body)), C.Forbidden), /no vault/);
    const inUrl = { url: `${url}?k={{secret:KEY}}` };
    assert.match(answerOf(await run(spec(inUrl)), C.Forbidden), /never put into a URL/);
    assert.match(
      answerOf(await run(spec({ url: 'price:GAS/USD' })), C.NotFound),
      /no price of GAS/,
    );
    const smuggled = { url, headers: { 'Transfer-Encoding': 'chunked' } };
    assert.match(answerOf(await run(spec(smuggled)), C.Error), /set by the node itself/);
    assert.equal(asked, 0);
  });

  it('answers ResponseTooLarge beyond the limit of a result, filtered or not', async () => {
    const exact = `"${'x'.repeat(60 * 1024 - 2)}"`;
    assert.equal(success(await run(native(await serveJson(exact)))).length, 60 * 1024);
    const over = await serveJson(`${exact} `);
    assert.match(
      answerOf(await run(native(over)), C.ResponseTooLarge),
      /61441 bytes, at most 61440/,
    );
    answerOf(await run(spec({ url: over })), C.ResponseTooLarge);
    const list = await serveJson(`[${exact}]`);
    answerOf(await run(native(list, '$[0]')), C.ResponseTooLarge);
    answerOf(await run(spec({ url: list }, '$[0]')), C.ResponseTooLarge);
    const small = await serveJson(`{"a":1,"b":${exact}}`);
    assert.equal(
      success(await run(native(small, '$.a'))),
      '[1]',
      'a large body is no large result',
    );
  });

  it('answers a filter on what is not JSON, and a bad filter, with Error', async () => {
    const url = await serveJson('not json');
    answerOf(await run(native(url, '$.a')), C.Error);
    answerOf(await run(spec({ url }, '$.a')), C.Error);
    const good = await serveJson('{"a":1}');
    answerOf(await run(native(good, '$.a[')), C.Error);
    answerOf(await run(spec({ url: good }, '$.a[')), C.Error);
  });

  it('answers a filter that runs out of time with Timeout', async () => {
    const filters = createFilterPool({ workers: 1, timeoutMs: 20 });
    const body = `[${Array.from({ length: 400 }, (_, index) => `{"a":${index}}`).join(',')}]`;
    const url = await serveJson(body);
    const fetch = bench.fetcher();
    const resolver = createHttpResolver({ fetch, filters, profile: 'csharp' });
    const slow = '$..[?count($..[?count($..*)>1])>1]';
    const outcome = await resolver(spec({ url }, slow), new AbortController().signal);
    await filters.close();
    assert.match(answerOf(outcome, C.Timeout), /^filter: /);
  });

  it('tries again when the filters are too busy, or can not start', async () => {
    const url = await serveJson('{"a":1}');
    for (const evaluate of [
      async () => ({ kind: 'busy', reason: 'too much waits' }) as const,
      async () => {
        throw new NodeError('FILTER_WORKER_START', 'no thread');
      },
    ]) {
      const fetch = bench.fetcher();
      const resolver = createHttpResolver({ fetch, filters: { evaluate }, profile: 'csharp' });
      const { signal } = new AbortController();
      retryOf(await resolver(native(url, '$.a'), signal), C.Error);
      const post = spec({ url, method: 'POST' }, '$.a');
      answerOf(await resolver(post, signal), C.Error);
    }
  });

  it('rejects with the reason of its signal, and records nothing then', async () => {
    const controller = new AbortController();
    const url = await serve(() => controller.abort(new Error('the node stops')));
    const fetch = bench.fetcher();
    const resolver = createHttpResolver({ fetch, filters: pools.csharp, profile: 'csharp' });
    await assert.rejects(resolver(native(url), controller.signal), /the node stops/);
  });

  it('repeats after passing trouble, but never what the source may have acted on', async () => {
    const broken = await serveRaw('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx');
    const busy = await serveJson('', 503);
    const patience = await serve((_, response) => {
      response.writeHead(429, { 'retry-after': '7' }).end();
    });
    for (const method of ['GET', 'PUT', 'DELETE']) {
      retryOf(await run(spec({ url: broken, method })), C.Timeout);
      assert.equal(retryOf(await run(spec({ url: busy, method })), C.Error).afterMs, 1_000);
    }
    for (const method of ['POST', 'PATCH']) {
      answerOf(await run(spec({ url: broken, method })), C.Timeout);
      answerOf(await run(spec({ url: busy, method })), C.Error);
      const later = retryOf(await run(spec({ url: patience, method })), C.Error);
      assert.equal(later.afterMs, 7_000);
    }
    const { port } = await bench.http(() => {});
    await bench.close();
    const gone = `http://127.0.0.1:${port}/`;
    retryOf(await run(spec({ url: gone, method: 'POST' })), C.Timeout);
  });

  it('waits as a source says, within bounds', async () => {
    for (const [header, expected] of [
      ['3', 3_000],
      ['0', 1_000],
      ['99999', 30_000],
      ['Wed, 21 Oct 2015 07:28:00 GMT', 1_000],
      ['-5', 1_000],
    ] as const) {
      const url = await serve((_, response) => {
        response.writeHead(503, { 'retry-after': header }).end();
      });
      assert.equal(retryOf(await run(native(url)), C.Error).afterMs, expected, header);
    }
  });

  it('says in its reasons what happened at which host, and nothing of paths or queries', async () => {
    const url = await serveJson('{}', 404);
    const reason = answerOf(await run(spec({ url: `${url}path?token=hidden` })), C.NotFound);
    assert.equal(reason, `${new URL(url).host} answered with status 404`);
  });

  it('lets no text of strangers reach a terminal as it is', async () => {
    const key = '\u001b]0;x\u0007\u009b31m';
    const reason = answerOf(await run(spec({ [key]: 1 })), C.Error);
    assert.match(reason, /^bad spec: unknown key "[ -~]*"/);
    const url = await serveRaw(
      'HTTP/1.1 200 OK\r\nContent-Type: application/json; charset="\u009b31m"\r\n\r\n1',
    );
    assert.match(answerOf(await run(native(url)), C.Error), /^[ -~]*$/);
  });
});
