import assert from 'node:assert/strict';
import { chmodSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { createServer, request } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import {
  type ConnectionOptions,
  createServer as createTlsServer,
  connect as tlsConnect,
} from 'node:tls';
import { readRuntimeFile, writeRuntimeFile } from '../../src/api/runtime-file.js';
import { systemClock } from '../../src/base/clock.js';
import { NodeError } from '../../src/base/node-error.js';
import { findRunningNode } from '../../src/cli/running-node-view.js';
import type { NodeConfig } from '../../src/config/node-config.js';
import { type Certificate, createAuthority, createCertificate } from '../net/certificates.js';
import { API, apiFixture, STATUS } from './api-fixture.js';

const LOCAL = '127.0.0.1';

describe('the API over TLS', function () {
  this.timeout(60_000);
  const fixture = apiFixture();
  const authority = createAuthority();
  const issued = (commonName: string): Certificate => authority.issue({ commonName });
  const own = issued('node');
  after(() => fixture.close());

  /** Writes the files of a certificate, and answers the settings that name them. */
  function filesOf(name: string, { cert, key }: Certificate, mode = 0o600) {
    const files = {
      certFile: join(fixture.dir, `${name}.crt`),
      keyFile: join(fixture.dir, `${name}.key`),
    };
    writeFileSync(files.certFile, cert);
    writeFileSync(files.keyFile, key);
    chmodSync(files.keyFile, mode);
    return files;
  }
  /** As an authority hands it out: the certificate, and after it who signed it. */
  const tls = filesOf('own', { ...own, cert: own.cert + authority.certificate.cert });

  async function serve(name: string) {
    const storageDir = join(fixture.dir, name);
    const { url } = await fixture.serve({ api: { ...API, tls }, storageDir });
    return { url, port: Number(new URL(url).port), storageDir };
  }
  const find = (storageDir: string, files: NodeConfig['api']['tls'] = tls) =>
    findRunningNode({
      storage: { dir: storageDir } as NodeConfig['storage'],
      api: { ...API, tls: files },
    });
  const answerOf = (to: URL, method: string): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      const checkServerIdentity = () => undefined;
      const trust = { ca: authority.certificate.cert, checkServerIdentity, agent: false };
      const take = (answer: IncomingMessage): void => resolve(answer.resume());
      request(to, { ...trust, method }, take)
        .on('error', reject)
        .end();
    });
  const refused = (files: NonNullable<NodeConfig['api']['tls']>, message: RegExp, hint: RegExp) =>
    assert.rejects(
      fixture.serve({ api: { ...API, tls: files } }),
      (error) =>
        error instanceof NodeError &&
        error.code === 'API_TLS' &&
        message.test(error.message) &&
        hint.test(error.hint ?? ''),
    );

  it('answers, tells browsers to stay with it, and lets the command line in', async () => {
    const { url, storageDir } = await serve('answers');
    assert.match(url, /^https:/);
    const response = await answerOf(new URL('/healthz', url), 'GET');
    assert.equal(response.statusCode, 200);
    assert.match(String(response.headers['strict-transport-security']), /^max-age=/);
    const found = await find(storageDir);
    assert.equal(found.kind, 'running');
    assert.equal((await found.view.status()).version, STATUS.version);
  });

  it('gives a browser no cookie that it would send without TLS', async () => {
    const { url } = await serve('cookie');
    const { headers } = await answerOf(new URL('/console/session', url), 'DELETE');
    assert.match(String(headers['set-cookie']), /^dodona_console=;.*; HttpOnly; .*; Secure$/);
  });

  it('is not spoken to by the command line where another certificate is configured', async () => {
    const { storageDir } = await serve('pin');
    const others = {
      unknown: createCertificate({ commonName: 'node' }),
      sibling: issued('node'),
    };
    for (const [name, certificate] of Object.entries(others)) {
      const found = await find(storageDir, filesOf(name, certificate));
      assert.equal(found.kind, 'unreachable', name);
      assert.match(found.why, /certificate|self-signed/i, name);
    }
  });

  it('loses no token to who took its place, even of the same authority', async () => {
    const { storageDir } = await serve('impostor');
    const info = readRuntimeFile(storageDir);
    assert.ok(info);
    let asked = 0;
    const impostor = createServer(issued('node'), (_request, response) => {
      asked += 1;
      response.end(JSON.stringify({ instance: info.instance }));
    });
    try {
      await new Promise<void>((resolve) => impostor.listen(0, LOCAL, resolve));
      const { port } = impostor.address() as AddressInfo;
      writeRuntimeFile(storageDir, { ...info, url: `https://${LOCAL}:${port}` });
      const found = await find(storageDir);
      assert.equal(found.kind, 'unreachable');
      assert.match(found.why, /its certificate is not the one of api\.tls\.certFile/);
      assert.equal(asked, 0);
    } finally {
      writeRuntimeFile(storageDir, info);
      impostor.close();
    }
  });

  it('does not start with a key that others may read', async () => {
    for (const mode of [0o644, 0o640, 0o620]) {
      const open = filesOf('open', own, mode);
      await refused(open, /mode 06\d\d: others may read/, /^run: chmod 600 .*open\.key$/);
    }
  });

  it('does not start without files of one pair, and tells nothing of the key', async () => {
    const { key } = issued('another');
    const pair = /^check api\.tls\.certFile and api\.tls\.keyFile/;
    await refused(
      filesOf('apart', { ...own, key }),
      /cannot speak TLS: .*key values mismatch/,
      pair,
    );
    await refused(filesOf('none', { ...own, key: 'hunter2' }), /TLS: (?!.*hunter2)/, pair);
    await refused({ ...tls, certFile: join(fixture.dir, 'absent') }, /ENOENT/, pair);
    const absent = { ...tls, keyFile: join(fixture.dir, 'absent') };
    await refused(absent, /cannot read the key .*absent: ENOENT/, /^check api\.tls\.keyFile$/);
  });

  it('speaks TLS 1.2 and 1.3, nothing older', async () => {
    const { port } = await serve('versions');
    /** As what it would use the weakest of ciphers, too. */
    const connectAs = (to: number, version: 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3') =>
      protocolOf({
        ...{ host: LOCAL, port: to, rejectUnauthorized: false },
        ...{ minVersion: version, maxVersion: version, ciphers: 'ALL@SECLEVEL=0' },
      });
    assert.equal(await connectAs(port, 'TLSv1.3'), 'TLSv1.3');
    assert.equal(await connectAs(port, 'TLSv1.2'), 'TLSv1.2');
    assert.match(await connectAs(port, 'TLSv1.1'), /PROTOCOL_VERSION/);
    const lax = createTlsServer({ ...own, minVersion: 'TLSv1.1', ciphers: 'ALL@SECLEVEL=0' });
    await new Promise<void>((resolve) => lax.listen(0, LOCAL, resolve));
    // The client could, had the server let it.
    assert.equal(await connectAs((lax.address() as AddressInfo).port, 'TLSv1.1'), 'TLSv1.1');
    lax.close();
  });

  it('gives who speaks without TLS no answer', async () => {
    const { port, storageDir } = await serve('plain');
    const { localToken } = fixture.options;
    const said = await saidTo(port, `GET /healthz HTTP/1.1\r\nhost: ${LOCAL}\r\n\r\n`);
    assert.doesNotMatch(said, /HTTP|alive/);
    const info = readRuntimeFile(storageDir);
    assert.ok(info);
    writeRuntimeFile(storageDir, { ...info, url: info.url.replace('https', 'http') });
    const found = await find(storageDir);
    assert.equal(found.kind, 'unreachable');
    assert.doesNotMatch(found.why, new RegExp(localToken));
    writeRuntimeFile(storageDir, info);
    assert.equal((await find(storageDir)).kind, 'running');
  });

  it('cuts off who opens a connection and never greets', async () => {
    const { port } = await serve('silent');
    assert.equal(await saidTo(port, ''), '');
  });

  it('stops while somebody has not greeted yet', async function () {
    // Less than the server waits for a greeting.
    this.timeout(4_000);
    const storageDir = join(fixture.dir, 'stops');
    const clock = { ...systemClock, sleep: async () => {} };
    const { server, url } = await fixture.serve({ api: { ...API, tls }, storageDir, clock });
    const socket = connect(Number(new URL(url).port), LOCAL);
    const closed = new Promise((resolve) => socket.on('close', resolve));
    socket.on('error', () => {});
    await new Promise<void>((resolve) => socket.on('connect', resolve));
    // A later connection is answered, so the server knows of this one.
    assert.equal((await find(storageDir)).kind, 'running');
    await server.stop();
    await closed;
  });
});

/** The protocol that a connection came to, or the code of why there is none. */
function protocolOf(options: ConnectionOptions): Promise<string> {
  return new Promise((resolve) => {
    const socket = tlsConnect(options);
    socket.on('error', (error) => resolve((error as { code?: string }).code ?? error.message));
    socket.on('secureConnect', () => {
      resolve(socket.getProtocol() ?? 'none');
      socket.destroy();
    });
  });
}

/** All that comes until the other side ends the connection. */
function saidTo(port: number, text: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, LOCAL);
    let said = '';
    socket.setEncoding('latin1').on('data', (chunk) => {
      said += chunk;
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(said));
    if (text !== '') socket.write(text);
  });
}
