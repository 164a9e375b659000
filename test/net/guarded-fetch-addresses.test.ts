import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'mocha';
import type { ResolveHost } from '../../src/net/resolve-host.js';
import { createAuthority } from './certificates.js';
import { answered, failed } from './fetch-asserts.js';
import { createBench, tableResolver } from './sources.js';

describe('the guarded fetch and addresses', () => {
  const bench = createBench();
  afterEach(() => bench.close());

  it('refuses addresses inside, however they are written, and connects to nothing', async () => {
    const trap = await bench.raw(() => {});
    const fetcher = bench.fetcher({ allow: {} });
    const urls = [
      'https://127.0.0.1/',
      'https://127.1/',
      'https://0x7f.1/',
      'https://017700000001/',
      'https://2130706433/',
      'https://127.0.0.1./',
      'https://localhost/',
      'https://a.localhost/',
      'https://[::1]/',
      'https://[::]/',
      'https://[::ffff:127.0.0.1]/',
      'https://[::ffff:a9fe:a9fe]/',
      'https://[64:ff9b::7f00:1]/',
      'https://[64:ff9b:1::7f00:1]/',
      'https://[2002:7f00:1::]/',
      'https://[fe80::1]/',
      'https://[fd00:ec2::254]/',
      'https://0.0.0.0/',
      'https://10.0.0.1/',
      'https://169.254.169.254/latest/meta-data/',
      'https://192.168.0.1/',
      `https://127.0.0.1:${trap.port}/`,
    ];
    for (const url of urls) {
      const result = failed(await fetcher.fetch({ url }), 'blocked');
      assert.equal(result.sent, false, url);
    }
    assert.equal(trap.connections(), 0);
  });

  it('refuses a name with one address inside, among however many outside', async () => {
    const resolve = tableResolver({
      'inside.test': ['10.0.0.1'],
      'both.test': ['93.184.215.14', '2606:4700::1111', '::ffff:192.168.0.1'],
      'nat64.test': ['64:ff9b::a9fe:a9fe'],
      'odd.test': ['0x7f000001'],
    });
    const fetcher = bench.fetcher({ allow: {}, resolve });
    for (const host of ['inside.test', 'both.test', 'nat64.test', 'odd.test']) {
      failed(await fetcher.fetch({ url: `https://${host}/` }), 'blocked');
    }
  });

  it('says which address of which name was refused, and why', async () => {
    const resolve = tableResolver({ 'inside.test': ['10.0.0.1'] });
    const result = await bench
      .fetcher({ allow: {}, resolve })
      .fetch({ url: 'https://inside.test/?k=v' });
    const { reason } = failed(result, 'blocked');
    assert.equal(reason, 'inside.test at 10.0.0.1 is not on the public internet (private)');
  });

  it('connects to the address that was checked though the name means another one by then', async () => {
    const ca = createAuthority();
    const tls = ca.issue({ commonName: 'rebind.test', hosts: ['rebind.test'] });
    const good = await bench.https((_, response) => response.end('good'), tls, '127.0.0.2');
    const trap = await bench.raw(() => {}, '127.0.0.1');
    const answers = ['127.0.0.2', '127.0.0.1'];
    let asked = 0;
    const resolve: ResolveHost = async () => {
      const address = answers[Math.min(asked, 1)] ?? '';
      asked += 1;
      return { kind: 'resolved', addresses: [address], ttlMs: 0 };
    };
    const allow = { cidrs: ['127.0.0.2/32'] };
    const fetcher = bench.fetcher({ allow, resolve, ca: ca.certificate });
    const url = `https://rebind.test:${good.port}/`;
    const first = answered(await fetcher.fetch({ url }));
    assert.equal(first.body.toString(), 'good');
    assert.equal(first.address, '127.0.0.2');
    assert.equal(asked, 1, 'one look-up a hop');

    failed(await fetcher.fetch({ url }), 'blocked');
    failed(await fetcher.fetch({ url: `https://rebind.test:${trap.port}/` }), 'blocked');
    assert.equal(trap.connections(), 0);
    assert.deepEqual(good.seen, [`GET rebind.test:${good.port} /`]);
  });

  it('refuses a redirect into private space, by address and by name', async () => {
    const trap = await bench.raw(() => {});
    const resolve = tableResolver({ 'a.test': ['127.0.0.2'], 'inside.test': ['127.0.0.1'] });
    const allow = { hosts: [{ host: 'a.test', http: true }] };
    const fetcher = bench.fetcher({ allow, resolve });
    const targets = [
      'https://127.0.0.1/',
      'https://[::ffff:7f00:1]/',
      'https://inside.test/',
      `https://inside.test:${trap.port}/`,
      'https://169.254.169.254/latest/meta-data/',
    ];
    for (const location of targets) {
      const source = await bench.http(
        (_, response) => response.writeHead(302, { location }).end(),
        '127.0.0.2',
      );
      const result = failed(
        await fetcher.fetch({ url: `http://a.test:${source.port}/` }),
        'blocked',
      );
      assert.equal(result.redirects, 1);
    }
    assert.equal(trap.connections(), 0);
  });

  it('lets a range of the operator be asked on any port, by https, and nothing beside it', async () => {
    const ca = createAuthority();
    const tls = ca.issue({ commonName: 'x', hosts: ['127.0.0.2', '127.0.0.3'] });
    const source = await bench.https((_, response) => response.end('in'), tls, '127.0.0.2');
    const fetcher = bench.fetcher({ allow: { cidrs: ['127.0.0.2/32'] }, ca: ca.certificate });
    const { body } = answered(await fetcher.fetch({ url: `https://127.0.0.2:${source.port}/` }));
    assert.equal(body.toString(), 'in');
    failed(await fetcher.fetch({ url: `https://127.0.0.3:${source.port}/` }), 'blocked');
    failed(await fetcher.fetch({ url: `http://127.0.0.2:${source.port}/` }), 'scheme');
    const elsewhere = tableResolver({ 'out.test': ['93.184.215.14'] });
    const other = bench.fetcher({ allow: { cidrs: ['127.0.0.2/32'] }, resolve: elsewhere });
    const { reason } = failed(await other.fetch({ url: 'https://out.test:8443/' }), 'blocked');
    assert.match(reason, /port 8443/);
  });

  it('trusts a host of the operator with the system look-up, on its ports only', async () => {
    const source = await bench.http((_, response) => response.end('local'));
    const allow = { hosts: [{ host: 'localhost', http: true, ports: [source.port] }] };
    const fetcher = bench.fetcher({ allow });
    const { body } = answered(await fetcher.fetch({ url: `http://localhost:${source.port}/` }));
    assert.equal(body.toString(), 'local');
    failed(await fetcher.fetch({ url: `http://localhost:${source.port + 1}/` }), 'blocked');
    failed(await fetcher.fetch({ url: `http://127.0.0.1:${source.port}/` }), 'scheme');
  });

  it('tries the other addresses of a name when the first does not answer', async () => {
    const source = await bench.http((_, response) => response.end('second'), '127.0.0.1');
    const resolve = tableResolver({ 'two.test': ['127.0.0.9', '127.0.0.1'] });
    const fetcher = bench.fetcher({
      allow: { hosts: [{ host: 'two.test', http: true }] },
      resolve,
    });
    const result = answered(await fetcher.fetch({ url: `http://two.test:${source.port}/` }));
    assert.deepEqual([result.body.toString(), result.address], ['second', '127.0.0.1']);
  });

  it('reports a refused connection as not sent, and a name without address as unknown', async () => {
    const gone = await bench.http(() => {});
    await bench.close();
    const resolve = tableResolver({ 'gone.test': ['127.0.0.1'] });
    const fetcher = bench.fetcher({
      allow: { hosts: [{ host: 'gone.test', http: true }, { host: 'no.test' }] },
      resolve,
    });
    const result = failed(
      await fetcher.fetch({ url: `http://gone.test:${gone.port}/` }),
      'connect',
    );
    assert.equal(result.sent, false);
    assert.match(result.reason, /gone\.test at 127\.0\.0\.1 \(ECONNREFUSED\)/);
    failed(await fetcher.fetch({ url: 'https://no.test/' }), 'unknown-host');
  });

  it('gives up a look-up that never ends after the connect time', async () => {
    const resolve: ResolveHost = () => new Promise(() => {});
    const fetcher = bench.fetcher({ allow: {}, resolve, limits: { connectTimeoutMs: 50 } });
    const { reason } = failed(await fetcher.fetch({ url: 'https://tarpit.test/' }), 'dns');
    assert.match(reason, /within 50 ms/);
  });

  it('looks a name up anew once none of its addresses could be reached', async () => {
    const source = await bench.http((_, response) => response.end('moved'), '127.0.0.1');
    const answers = ['127.0.0.9', '127.0.0.1'];
    const resolve: ResolveHost = async () => {
      const addresses = [answers.shift() ?? assert.fail('asked too often')];
      return { kind: 'resolved', addresses, ttlMs: 60_000 };
    };
    const allow = { hosts: [{ host: 'moving.test', http: true }] };
    const fetcher = bench.fetcher({ allow, resolve });
    const url = `http://moving.test:${source.port}/`;
    failed(await fetcher.fetch({ url }), 'connect');
    answered(await fetcher.fetch({ url }));
    answered(await fetcher.fetch({ url }));
  });
});
