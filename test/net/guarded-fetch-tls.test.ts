import assert from 'node:assert/strict';
import type { TLSSocket } from 'node:tls';
import { afterEach, describe, it } from 'mocha';
import { type Certificate, createAuthority, createCertificate } from './certificates.js';
import { answered, failed } from './fetch-asserts.js';
import { createBench, type FetcherOptions, tableResolver } from './sources.js';

const DAY_MS = 86_400_000;

describe('the guarded fetch and TLS', () => {
  const bench = createBench();
  afterEach(() => bench.close());
  const authority = createAuthority();

  const names = { 'right.test': ['127.0.0.1'], 'other.test': ['127.0.0.1'] };
  const options: FetcherOptions = {
    allow: { hosts: [{ host: 'right.test' }, { host: 'other.test' }, { host: '127.0.0.1' }] },
    ca: authority.certificate,
    resolve: tableResolver(names),
  };

  const failure = async (tls: Certificate, host = 'right.test', failureKind = 'tls') => {
    const { port, seen } = await bench.https((_, response) => response.end(), tls);
    const result = await bench.fetcher(options).fetch({ url: `https://${host}:${port}/` });
    assert.deepEqual(seen, [], 'no request reaches it');
    return failed(result, failureKind);
  };

  it('names the host in SNI, Host and the check, though it connects to an address', async () => {
    const tls = authority.issue({ commonName: 'x', hosts: ['right.test'] });
    let serverName: unknown;
    const { port, seen } = await bench.https((request, response) => {
      serverName = (request.socket as TLSSocket).servername;
      response.end('right');
    }, tls);
    const url = `https://Right.test.:${port}/`;
    assert.equal(answered(await bench.fetcher(options).fetch({ url })).body.toString(), 'right');
    assert.equal(serverName, 'right.test');
    assert.deepEqual(seen, [`GET right.test:${port} /`]);
  });

  it('checks an address against the addresses of the certificate, and sends no SNI', async () => {
    const right = authority.issue({ commonName: 'x', hosts: ['127.0.0.1'] });
    let serverName: unknown;
    const { port } = await bench.https((request, response) => {
      serverName = (request.socket as TLSSocket).servername;
      response.end();
    }, right);
    answered(await bench.fetcher(options).fetch({ url: `https://127.0.0.1:${port}/` }));
    assert.equal(serverName, false);
    const wrong = authority.issue({ commonName: '127.0.0.1', hosts: ['127.0.0.2', 'right.test'] });
    await failure(wrong, '127.0.0.1');
  });

  it('refuses the certificate of another host', async () => {
    const { reason, sent } = await failure(
      authority.issue({ commonName: 'other.test', hosts: ['other.test', '127.0.0.1'] }),
    );
    assert.match(reason, /right\.test.*ERR_TLS_CERT_ALTNAME_INVALID/);
    assert.equal(sent, false);
  });

  it('refuses an expired certificate, and one of the future', async () => {
    const now = Date.now();
    const hosts = ['right.test'];
    const past = { notBefore: new Date(now - 9 * DAY_MS), notAfter: new Date(now - DAY_MS) };
    const future = { notBefore: new Date(now + DAY_MS), notAfter: new Date(now + 9 * DAY_MS) };
    const expired = await failure(authority.issue({ commonName: 'x', hosts, ...past }));
    assert.match(expired.reason, /CERT_HAS_EXPIRED/);
    const early = await failure(authority.issue({ commonName: 'x', hosts, ...future }));
    assert.match(early.reason, /CERT_NOT_YET_VALID/);
  });

  it('refuses a self-signed certificate, and one of an unknown authority', async () => {
    const hosts = ['right.test'];
    const own = await failure(createCertificate({ commonName: 'right.test', hosts }));
    assert.match(own.reason, /SELF_SIGNED/);
    const stranger = createAuthority('Test authority');
    const foreign = await failure(stranger.issue({ commonName: 'x', hosts }));
    assert.match(foreign.reason, /UNABLE_TO_VERIFY|SIGNATURE/);
  });

  it('goes on checking when the environment says not to', async () => {
    const before = process.env.NODE_TLS_REJECT_UNAUTHORIZED;
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
    try {
      await failure(createCertificate({ commonName: 'right.test', hosts: ['right.test'] }));
    } finally {
      if (before === undefined) delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
      else process.env.NODE_TLS_REJECT_UNAUTHORIZED = before;
    }
  });

  it('checks each new connection though another one to the same server failed the check', async () => {
    const tls = authority.issue({ commonName: 'x', hosts: ['other.test'] });
    const { port, seen } = await bench.https((_, response) => response.end(), tls);
    const fetcher = bench.fetcher(options);
    const url = `https://right.test:${port}/`;
    const results = await Promise.all(Array.from({ length: 8 }, () => fetcher.fetch({ url })));
    for (const result of results) failed(result, 'tls');
    answered(await fetcher.fetch({ url: `https://other.test:${port}/` }));
    failed(await fetcher.fetch({ url }), 'tls');
    assert.equal(seen.length, 1);
  });

  it('refuses a server that speaks no TLS, or only an old one', async () => {
    const plain = await bench.http((_, response) => response.end());
    const url = `https://right.test:${plain.port}/`;
    failed(await bench.fetcher(options).fetch({ url }), 'tls');
    const tls = authority.issue({ commonName: 'x', hosts: ['right.test'] });
    const legacy = {
      minVersion: 'TLSv1',
      maxVersion: 'TLSv1.1',
      ciphers: 'ALL:@SECLEVEL=0',
    } as const;
    const old = await bench.https((_, response) => response.end(), { ...tls, ...legacy });
    const oldUrl = `https://right.test:${old.port}/`;
    failed(await bench.fetcher(options).fetch({ url: oldUrl }), 'tls');
  });

  it('gives up a handshake that never ends after the connect time, or when it is cut off', async () => {
    const silent = await bench.raw(() => {});
    const url = `https://right.test:${silent.port}/`;
    const impatient = bench.fetcher({ ...options, limits: { connectTimeoutMs: 100 } });
    const result = failed(await impatient.fetch({ url }), 'connect');
    assert.equal(result.sent, false);
    const cut = await bench.raw((socket) => socket.once('data', () => socket.resetAndDestroy()));
    const cutUrl = `https://right.test:${cut.port}/`;
    failed(await bench.fetcher(options).fetch({ url: cutUrl }), 'connect');
  });

  it('says so at once when the extra authority can not be read', () => {
    const ca = { cert: '-----BEGIN CERTIFICATE-----\nxx\n-----END CERTIFICATE-----\n', key: '' };
    assert.throws(() => bench.fetcher({ ca }), /extra certificate authority/);
    assert.throws(() => bench.fetcher({ ca: { cert: 'no pem at all', key: '' } }), /authority/);
  });
});
