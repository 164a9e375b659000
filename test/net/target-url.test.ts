import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { createAllowList, type HttpAllow } from '../../src/net/allow-list.js';
import { FetchFault } from '../../src/net/fetch-result.js';
import { parseTarget, type Target } from '../../src/net/target-url.js';

const NOTHING: HttpAllow = { hosts: [], cidrs: [] };

function accepted(text: string, allow: HttpAllow = NOTHING): Target {
  const target = parseTarget(text, createAllowList(allow));
  if (target instanceof FetchFault) assert.fail(`${text}: ${target.message}`);
  return target;
}

function refused(text: string, allow: HttpAllow = NOTHING): FetchFault {
  const target = parseTarget(text, createAllowList(allow));
  assert.ok(target instanceof FetchFault, `${text} was accepted`);
  return target;
}

describe('the URL of a fetch', () => {
  it('is https on port 443 unless the operator lists the host', () => {
    const target = accepted('https://example.org/a?b=c#d');
    assert.equal(target.url.href, 'https://example.org/a?b=c');
    assert.deepEqual(
      [target.host, target.port, target.secure, target.trusted],
      ['example.org', 443, true, false],
    );
    assert.equal(accepted('https://example.org:443/').port, 443);
  });

  it('is refused on another scheme', () => {
    for (const text of [
      'http://a.org/',
      'ftp://a.org/',
      'file:///etc/passwd',
      'data:,x',
      'gopher://a',
    ]) {
      assert.equal(refused(text).failure, 'scheme', text);
    }
  });

  it('is refused on another port', () => {
    for (const text of ['https://a.org:80/', 'https://a.org:8443/', 'https://a.org:0/']) {
      assert.equal(refused(text).failure, 'blocked', text);
    }
  });

  it('is refused with a user name or a password in it, and quotes neither', () => {
    for (const text of [
      'https://name@a.org/',
      'https://:hidden@a.org/',
      'https://n:hidden@a.org/',
    ]) {
      const { failure, message } = refused(text);
      assert.equal(failure, 'credentials', text);
      assert.ok(!message.includes('hidden'));
    }
  });

  it('is refused when it is malformed', () => {
    const texts = [
      '',
      'example.org',
      '/path',
      '//example.org/',
      'https://',
      'https:///path',
      'https:example.org',
      'https:\\\\example.org',
      'https://exa mple.org/',
      'https://[::1/',
      'https://[fe80::1%25eth0]/',
      'https://a..b/',
      'https://.org/',
      'https://1.2.3.4.5/',
      'https://256.1.1.1/',
      'https://0x1ffffffff/',
      'https://a.org:99999/',
      'https://a.org/\r\nHost: b.org',
      'https://a\u0000.org/',
      `https://${'a'.repeat(64)}.org/`,
      `https://${'a.'.repeat(127)}org/`,
    ];
    for (const text of texts) assert.equal(refused(text).failure, 'malformed-url', text);
  });

  it('spells every disguise of an address as the address', () => {
    const disguises = [
      'https://127.0.0.1./',
      'https://127.1/',
      'https://0177.0.0.1/',
      'https://0x7f.0.0.1/',
      'https://0x7f000001/',
      'https://017700000001/',
      'https://2130706433/',
      'https://%31%32%37.0.0.1/',
      'https://１２７.0.0.1/',
      'https://127。0。0。1/',
      'https://[::ffff:127.0.0.1]/',
      'https://[::ffff:7f00:1]/',
      'https://[0:0:0:0:0:ffff:7f00:0001]/',
    ];
    for (const text of disguises) {
      const target = accepted(text);
      assert.deepEqual([target.host, target.isAddress], ['127.0.0.1', true], text);
    }
  });

  it('drops the trailing dot of a name and lowers its case', () => {
    const target = accepted('https://EXAMPLE.org./x');
    assert.equal(target.host, 'example.org');
    assert.equal(target.url.host, 'example.org');
  });

  it('may use the ports and the plain http that the operator gave to the host', () => {
    const allow: HttpAllow = {
      hosts: [
        { host: 'Local.Test.', ports: [8080, 443], http: true },
        { host: '[::1]' },
        { host: 'plain.test', http: true },
      ],
      cidrs: [],
    };
    assert.equal(accepted('http://local.test:8080/', allow).port, 8080);
    assert.equal(accepted('https://local.test/', allow).trusted, true);
    assert.equal(refused('https://local.test:8443/', allow).failure, 'blocked');
    assert.equal(refused('http://local.test/', allow).failure, 'blocked');
    assert.equal(accepted('https://[0:0::1]:9999/', allow).trusted, true);
    assert.equal(refused('http://[::1]:9999/', allow).failure, 'scheme');
    assert.equal(accepted('http://plain.test/', allow).port, 80);
    assert.equal(refused('https://sub.local.test:8080/', allow).failure, 'blocked');
  });

  it('leaves other ports to the addresses where the operator allows ranges', () => {
    const target = accepted('https://a.org:8443/', { hosts: [], cidrs: ['10.0.0.0/8'] });
    assert.deepEqual([target.trusted, target.portIsOpen], [false, false]);
  });
});

describe("the operator's list", () => {
  it('covers the addresses of its ranges, wrapped in IPv6 too, and no others', () => {
    const allow = createAllowList({ hosts: [], cidrs: ['10.1.0.0/16', 'fd00::/8'] });
    for (const inside of ['10.1.0.0', '10.1.255.255', '::ffff:10.1.2.3', 'fd12::1']) {
      assert.ok(allow.covers(inside), inside);
    }
    for (const outside of ['10.2.0.0', '127.0.0.1', 'fe80::1', '64:ff9b::a01:1', 'nonsense']) {
      assert.ok(!allow.covers(outside), outside);
    }
  });

  it('names the entry that it can not read', () => {
    for (const cidr of ['10.0.0.0', '10.0.0.0/33', '10.1/16', '::/129', 'x/8', '10.0.0.0/8/8']) {
      assert.throws(
        () => createAllowList({ hosts: [], cidrs: [cidr] }),
        (error: Error) => error.message.includes(`"${cidr}"`),
      );
    }
    for (const host of ['', 'a.org:80', 'https://a.org', '*.a .org', 'a.org/x', 'u@a.org']) {
      assert.throws(
        () => createAllowList({ hosts: [{ host }], cidrs: [] }),
        (error: Error) => error.message.includes(`"${host}"`),
      );
    }
    assert.throws(
      () => createAllowList({ hosts: [{ host: 'a.org', ports: [70000] }], cidrs: [] }),
      /70000/,
    );
  });
});
