import assert from 'node:assert/strict';
import type { OutgoingHttpHeaders } from 'node:http';
import { afterEach, describe, it } from 'mocha';
import { type Outcome, ResponseCode, responseCodeName } from '../../src/base/outcome.js';
import { type FetchFault, fault } from '../../src/net/fetch-result.js';
import type { ResolveHost } from '../../src/net/resolve-host.js';
import { createHttpResolver, type HttpWork } from '../../src/resolvers/http.js';
import { createCertificate } from '../net/certificates.js';
import { createBench } from '../net/sources.js';

const C = ResponseCode;
const JSON_TYPE = { 'content-type': 'application/json' };

/** Whose rules: `request` as the C# node or neo-go answer it, `requestHttp`. */
const RULES = ['csharp', 'neo-go', 'spec'] as const;
type Rules = (typeof RULES)[number];

/** A row: what the web does, and the code under each of the rules; `~` marks one after retries. */
interface Row {
  readonly what: string;
  readonly url: () => Promise<string> | string;
  /** Where the row is about time; the default is 10 s. */
  readonly totalTimeoutMs?: number;
  readonly codes: readonly [csharp: Expected, neoGo: Expected, spec: Expected];
}

type Expected = number | `~${number}`;
const again = (code: number): Expected => `~${code}`;

describe('the mapping of web outcomes to codes', () => {
  const bench = createBench();
  afterEach(() => bench.close());

  const page =
    (status: number, headers: OutgoingHttpHeaders, body: string | Buffer) => async () => {
      const { port } = await bench.http((_, response) =>
        response.writeHead(status, headers).end(body),
      );
      return `http://127.0.0.1:${port}/`;
    };

  const bytes = (text: string) => async () => {
    const { port } = await bench.raw((socket) => socket.once('data', () => socket.end(text)));
    return `http://127.0.0.1:${port}/`;
  };

  /** /n leads to /n-1 by an absolute Location, /0 answers. */
  const redirects = (count: number) => async () => {
    const { port } = await bench.http((request, response) => {
      const left = Number(request.url?.slice(1));
      const location = `http://127.0.0.1:${port}/${left - 1}`;
      if (left > 0) response.writeHead(302, { location }).end();
      else response.writeHead(200, JSON_TYPE).end('1');
    });
    return `http://127.0.0.1:${port}/${count}`;
  };

  const redirectTo = (location: string, status = 302) => {
    return async () => {
      const { port } = await bench.http((request, response) => {
        if (request.url === '/') response.writeHead(status, { location }).end();
        else response.writeHead(200, JSON_TYPE).end('1');
      });
      return `http://127.0.0.1:${port}/`;
    };
  };

  const nobody = async () => {
    const { port } = await bench.http(() => {});
    await bench.close();
    return `http://127.0.0.1:${port}/`;
  };

  const selfSigned = async () => {
    const tls = createCertificate({ commonName: 'x', hosts: ['127.0.0.1'] });
    const { port } = await bench.https((_, response) => response.end(), tls);
    return `https://127.0.0.1:${port}/`;
  };

  const names: Readonly<Record<string, readonly string[] | FetchFault>> = {
    'none.test': fault('unknown-host', 'no address'),
    'broken.test': fault('dns', 'SERVFAIL'),
    'inside.test': ['10.0.0.1'],
  };
  const resolve: ResolveHost = async (host) => {
    const answer = names[host] ?? [];
    return Array.isArray(answer)
      ? { kind: 'resolved', addresses: answer, ttlMs: 0 }
      : (answer as FetchFault);
  };

  const big = Buffer.alloc(70 * 1024, '1');
  const text = { 'content-type': 'text/plain' };
  const latin = { 'content-type': 'application/json; charset=latin1' };
  const packed = { ...JSON_TYPE, 'content-encoding': 'zstd' };

  const ROWS: readonly Row[] = [
    { what: 'a body', url: page(200, JSON_TYPE, '1'), codes: [0, 0, 0] },
    { what: 'a malformed URL', url: () => 'nonsense', codes: [C.Error, 0x10, C.Error] },
    { what: 'a URL without host', url: () => 'https://', codes: [C.Error, 0x10, C.Error] },
    { what: 'http', url: () => 'http://example.org/', codes: [0x10, 0x10, 0x10] },
    { what: 'another scheme', url: () => 'ftp://example.org/', codes: [0x10, 0x10, 0x10] },
    { what: 'neofs', url: () => 'neofs:abc/def', codes: [0x10, 0x10, 0x10] },
    { what: 'credentials', url: () => 'https://u:p@example.org/', codes: [0x18, 0x18, 0x18] },
    { what: 'another port', url: () => 'https://example.org:8443/', codes: [0x18, 0x18, 0x18] },
    { what: 'a private address', url: () => 'https://192.168.0.1/', codes: [0x18, 0x18, 0x18] },
    { what: 'a private name', url: () => 'https://inside.test/', codes: [0x18, 0x18, 0x18] },
    { what: 'an unknown name', url: () => 'https://none.test/', codes: [0x16, C.Error, 0x14] },
    {
      what: 'a name server in trouble',
      url: () => 'https://broken.test/',
      codes: [again(0x16), again(C.Error), again(0x16)],
    },
    { what: 'nobody there', url: nobody, codes: [again(0x16), again(C.Error), again(0x16)] },
    { what: 'a bad certificate', url: selfSigned, codes: [0x16, C.Error, C.Error] },
    {
      what: 'silence',
      url: async () => `http://127.0.0.1:${(await bench.raw(() => {})).port}/`,
      totalTimeoutMs: 150,
      codes: [again(0x16), again(C.Error), again(0x16)],
    },
    {
      what: 'an answer cut off',
      url: bytes('HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n1'),
      codes: [again(0x16), again(C.Error), again(0x16)],
    },
    { what: 'no HTTP', url: bytes('SSH-2.0\r\n'), codes: [0x16, C.Error, C.Error] },
    {
      what: 'endless headers',
      url: bytes(`HTTP/1.1 200 OK\r\nX: ${'y'.repeat(17_000)}\r\n\r\n`),
      codes: [0x16, C.Error, 0x1a],
    },
    {
      what: 'a coding nobody asked for',
      url: page(200, packed, '1'),
      codes: [C.Error, C.Error, C.Error],
    },
    { what: 'a body too large', url: page(200, JSON_TYPE, big), codes: [0x1a, 0x1a, 0x1a] },
    { what: 'status 201', url: page(201, JSON_TYPE, '1'), codes: [0, C.Error, 0] },
    { what: 'status 299', url: page(299, JSON_TYPE, '1'), codes: [0, C.Error, 0] },
    { what: 'status 204', url: page(204, {}, ''), codes: [C.Error, C.Error, 0] },
    { what: 'status 304', url: page(304, {}, ''), codes: [C.Error, C.Error, C.Error] },
    { what: 'status 400', url: page(400, JSON_TYPE, '1'), codes: [C.Error, C.Error, C.Error] },
    { what: 'status 401', url: page(401, JSON_TYPE, '1'), codes: [C.Error, C.Error, 0x18] },
    { what: 'status 403', url: page(403, JSON_TYPE, '1'), codes: [0x18, 0x18, 0x18] },
    { what: 'status 404', url: page(404, JSON_TYPE, '1'), codes: [0x14, 0x14, 0x14] },
    { what: 'a huge page with status 404', url: page(404, {}, big), codes: [0x14, 0x14, 0x14] },
    { what: 'a huge page of another type', url: page(200, text, big), codes: [0x1f, 0x1f, 0x1a] },
    {
      what: 'a page in an unknown coding with status 404',
      url: page(404, packed, '1'),
      codes: [0x14, 0x14, 0x14],
    },
    { what: 'status 410', url: page(410, JSON_TYPE, '1'), codes: [C.Error, C.Error, 0x14] },
    {
      what: 'status 408',
      url: page(408, { ...JSON_TYPE, connection: 'close' }, '1'),
      codes: [again(C.Error), again(0x16), again(0x16)],
    },
    {
      what: 'status 429',
      url: page(429, JSON_TYPE, '1'),
      codes: [again(C.Error), again(C.Error), again(C.Error)],
    },
    {
      what: 'status 500',
      url: page(500, JSON_TYPE, '1'),
      codes: [again(C.Error), again(C.Error), again(C.Error)],
    },
    {
      what: 'status 504',
      url: page(504, JSON_TYPE, '1'),
      codes: [again(C.Error), again(C.Error), again(0x16)],
    },
    { what: 'no content type', url: page(200, {}, '1'), codes: [C.Error, 0x1f, 0] },
    { what: 'another content type', url: page(200, text, '1'), codes: [0x1f, 0x1f, 0] },
    { what: 'another charset', url: page(200, latin, '1'), codes: [C.Error, 0, 0x1f] },
    { what: 'an empty body', url: page(200, JSON_TYPE, ''), codes: [0, C.Error, 0] },
    {
      what: 'bytes that are not UTF-8',
      url: page(200, JSON_TYPE, Buffer.from([0x22, 0xc3, 0x22])),
      codes: [C.Error, C.Error, C.Error],
    },
    { what: 'two redirects', url: redirects(2), codes: [0, 0, 0] },
    { what: 'three redirects', url: redirects(3), codes: [0x16, 0x18, 0] },
    { what: 'four redirects', url: redirects(4), codes: [0x16, 0x18, C.Error] },
    { what: 'a relative redirect', url: redirectTo('/to'), codes: [0x16, 0, 0] },
    {
      what: 'a redirect to http',
      url: redirectTo('http://example.org/'),
      codes: [0x10, 0x18, 0x10],
    },
    {
      what: 'a redirect into private space',
      url: redirectTo('https://10.0.0.1/'),
      codes: [0x18, 0x18, 0x18],
    },
    {
      what: 'a redirect to no URL',
      url: redirectTo('http://[::1'),
      codes: [C.Error, C.Error, C.Error],
    },
    {
      what: 'a Location with status 200',
      url: redirectTo('https://10.0.0.1/', 200),
      codes: [0x18, 0x1f, 0],
    },
  ];

  const resolveRow = async (row: Row, rules: Rules): Promise<Outcome> => {
    const url = await row.url();
    const head = { requestId: 1n, requester: `0x${'00'.repeat(20)}`, filter: '' } as const;
    const work: HttpWork =
      rules === 'spec'
        ? { ...head, style: 'spec', spec: JSON.stringify({ url }) }
        : { ...head, style: 'native', url };
    const resolver = createHttpResolver({
      fetch: bench.fetcher({
        resolve,
        limits: { totalTimeoutMs: row.totalTimeoutMs ?? 10_000, maxBodyBytes: 65_536 },
      }),
      filters: { evaluate: () => assert.fail('there is no filter') },
      profile: rules === 'spec' ? 'csharp' : rules,
    });
    return resolver(work, new AbortController().signal);
  };

  for (const row of ROWS) {
    const shown = row.codes.map((code) => responseCodeName(Number(String(code).replace('~', ''))));
    it(`${row.what}: ${shown.join(', ')}`, async () => {
      for (const [index, rules] of RULES.entries()) {
        const outcome = await resolveRow(row, rules);
        const got =
          outcome.kind === 'retry'
            ? again(outcome.otherwise.code)
            : outcome.kind === 'answer' && outcome.code;
        assert.equal(got, row.codes[index], `${rules}: ${outcome.reason}`);
        if (outcome.kind === 'answer' && outcome.code !== 0) assert.equal(outcome.result.length, 0);
      }
    });
  }
});
