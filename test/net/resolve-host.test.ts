import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'mocha';
import type { Clock } from '../../src/base/clock.js';
import { createDnsCache } from '../../src/net/dns-cache.js';
import { FetchFault, fault } from '../../src/net/fetch-result.js';
import {
  createDnsResolver,
  createSystemResolver,
  type ResolveHost,
} from '../../src/net/resolve-host.js';
import { startDnsServer } from './dns-server.js';
import { answered, failed } from './fetch-asserts.js';
import { createBench } from './sources.js';

const MAPPED_LOOPBACK = Buffer.from('00000000000000000000ffff7f000001', 'hex');

const addressesOf = async (resolve: ResolveHost, host: string): Promise<readonly string[]> => {
  const answer = await resolve(host);
  if (answer instanceof FetchFault) assert.fail(answer.message);
  return answer.addresses;
};

const faultOf = async (resolve: ResolveHost, host: string): Promise<string> => {
  const answer = await resolve(host);
  assert.ok(answer instanceof FetchFault);
  return answer.failure;
};

describe('the look-up of names', () => {
  const bench = createBench();
  afterEach(() => bench.close());

  it('asks for both kinds of addresses and keeps the shortest lifetime', async () => {
    const dns = await startDnsServer({
      'both.test': { a: ['93.184.215.14', '1.2.3.4'], aaaa: [MAPPED_LOOPBACK], ttl: 7 },
      'four.test': { a: ['1.2.3.4'] },
    });
    const resolve = createDnsResolver({ servers: [dns.server] });
    const answer = await resolve('both.test');
    dns.close();
    assert.ok(!(answer instanceof FetchFault));
    assert.equal(answer.ttlMs, 7_000);
    assert.deepEqual([...answer.addresses].sort(), [
      '1.2.3.4',
      '93.184.215.14',
      '::ffff:127.0.0.1',
    ]);
    assert.deepEqual(dns.asked.sort(), ['both.test 1', 'both.test 28']);
  });

  it('tells a name that does not exist from a name server in trouble', async () => {
    const dns = await startDnsServer({ 'empty.test': {}, 'broken.test': 'servfail' });
    const resolve = createDnsResolver({ servers: [dns.server] });
    assert.equal(await faultOf(resolve, 'none.test'), 'unknown-host');
    assert.equal(await faultOf(resolve, 'empty.test'), 'unknown-host');
    assert.equal(await faultOf(resolve, 'broken.test'), 'dns');
    dns.close();
    assert.equal(await faultOf(resolve, 'gone.test'), 'dns');
  });

  it('takes localhost for this machine without asking anybody', async () => {
    const dns = await startDnsServer({ localhost: { a: ['93.184.215.14'] } });
    const resolve = createDnsResolver({ servers: [dns.server] });
    for (const host of ['localhost', 'x.localhost']) {
      assert.deepEqual(await addressesOf(resolve, host), ['127.0.0.1', '::1']);
    }
    assert.deepEqual(dns.asked, []);
    dns.close();
  });

  it('waits for silent zones without holding up the others', async () => {
    const zone = Object.fromEntries(
      Array.from({ length: 40 }, (_, index) => [`silent${index}.test`, 'silent'] as const),
    );
    const dns = await startDnsServer({ ...zone, 'good.test': { a: ['1.2.3.4'] } });
    const resolve = createDnsResolver({ servers: [dns.server] });
    const pending = Object.keys(zone).map((host) => resolve(host));
    let over = 0;
    for (const one of pending) void one.then(() => (over += 1));
    assert.deepEqual(await addressesOf(resolve, 'good.test'), ['1.2.3.4']);
    assert.equal(over, 0);
    dns.close();
    await Promise.all(pending);
  }).timeout(20_000);

  it('checks what a real name server says of a name', async () => {
    const source = await bench.http((_, response) => response.end('reached'));
    const dns = await startDnsServer({
      'in.test': { a: ['127.0.0.1'] },
      'mapped.test': { a: ['93.184.215.14'], aaaa: [MAPPED_LOOPBACK] },
      'listed.test': { a: ['127.0.0.1'] },
    });
    const fetcher = bench.fetcher({
      allow: { hosts: [{ host: 'listed.test', http: true }] },
      resolve: createDnsResolver({ servers: [dns.server] }),
    });
    failed(await fetcher.fetch({ url: 'https://in.test/' }), 'blocked');
    failed(await fetcher.fetch({ url: 'https://mapped.test/' }), 'blocked');
    answered(await fetcher.fetch({ url: `http://listed.test:${source.port}/` }));
    dns.close();
  });

  it('asks the system where that is wanted', async () => {
    const addresses = await addressesOf(createSystemResolver(), 'localhost');
    assert.ok(addresses.includes('127.0.0.1') || addresses.includes('::1'));
  });
});

describe('the memory of looked-up names', () => {
  const start = (ttlMs: number, maxAgeMs = 1_000) => {
    let nowMs = 0;
    const clock = { monotonicMs: () => nowMs } as Clock;
    const asked: string[] = [];
    let failing = false;
    const resolve: ResolveHost = async (host) => {
      asked.push(host);
      return failing ? fault('dns', 'x') : { kind: 'resolved', addresses: ['1.2.3.4'], ttlMs };
    };
    const cache = createDnsCache({ resolve, clock, maxAgeMs, maxNames: 3 });
    return {
      cache,
      asked,
      pass: (ms: number) => {
        nowMs += ms;
      },
      fail: (on: boolean) => {
        failing = on;
      },
    };
  };

  it('keeps an answer as long as its zone allows, and no longer than its own limit', async () => {
    for (const [ttlMs, maxAgeMs] of [
      [500, 1_000],
      [9_000, 500],
    ] as const) {
      const { cache, asked, pass } = start(ttlMs, maxAgeMs);
      await cache.resolve('a');
      pass(499);
      await cache.resolve('a');
      assert.equal(asked.length, 1);
      pass(1);
      await cache.resolve('a');
      assert.equal(asked.length, 2);
    }
  });

  it('asks once for all who ask at the same time', async () => {
    const { cache, asked } = start(0);
    await Promise.all([cache.resolve('a'), cache.resolve('a'), cache.resolve('b')]);
    assert.deepEqual(asked, ['a', 'b']);
    await cache.resolve('a');
    assert.deepEqual(asked, ['a', 'b', 'a']);
  });

  it('tells without asking what it knows, for as long as it may', async () => {
    const { cache, asked, pass, fail } = start(500);
    const asking = cache.resolve('a');
    assert.equal(cache.known('a'), null, 'while the look-up is under way');
    const found = await asking;
    assert.equal(cache.known('a'), found);
    pass(499);
    assert.equal(cache.known('a'), found);
    pass(1);
    assert.equal(cache.known('a'), null);
    fail(true);
    await cache.resolve('b');
    assert.equal(cache.known('b'), null);
    fail(false);
    await cache.resolve('b');
    cache.forget('b');
    assert.equal(cache.known('b'), null);
    assert.deepEqual(asked, ['a', 'b', 'b']);
  });

  it('keeps no failure, forgets when told, and holds a bounded number of names', async () => {
    const { cache, asked, fail } = start(1_000);
    fail(true);
    await cache.resolve('a');
    fail(false);
    await cache.resolve('a');
    cache.forget('a');
    await cache.resolve('a');
    assert.equal(asked.length, 3);
    for (const host of ['b', 'c', 'd', 'a']) await cache.resolve(host);
    assert.deepEqual(asked.slice(3), ['b', 'c', 'd', 'a'], 'the oldest made room');
  });
});
