import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { judgeAddress } from '../../src/net/address-guard.js';

/** First and last address of each range of IANA's special-purpose registries, and their kin. */
const BLOCKED = [
  '0.0.0.0 0.255.255.255',
  '10.0.0.0 10.255.255.255',
  '100.64.0.0 100.127.255.255',
  '127.0.0.0 127.0.0.1 127.255.255.255',
  '169.254.0.0 169.254.169.254 169.254.255.255',
  '172.16.0.0 172.31.255.255',
  '192.0.0.0 192.0.0.192 192.0.0.255',
  '192.0.2.1 192.31.196.1 192.52.193.1 192.88.99.1 192.175.48.1',
  '192.168.0.0 192.168.255.255',
  '198.18.0.0 198.19.255.255',
  '198.51.100.1 203.0.113.1',
  '224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255',
  '168.63.129.16 100.100.100.200',
  ':: ::1 ::127.0.0.1 ::8.8.8.8',
  '::ffff:127.0.0.1 ::ffff:7f00:1 ::ffff:10.0.0.1 ::ffff:169.254.169.254',
  '::ffff:0:7f00:1 ::ffff:0:808:808',
  '64:ff9b::127.0.0.1 64:ff9b::a00:1 64:ff9b::169.254.169.254 64:ff9b::ffff:ffff',
  '64:ff9b:1::1 64:ff9b:1::808:808 64:ff9b:0:0:0:1:808:808',
  '100::1 100:0:0:1::1',
  '2001::1 2001:0:4136:e378:8000:63bf:3fff:fdd2 2001:2::1 2001:10::1 2001:20::1 2001:1ff::1',
  '2001:db8::1 2002:7f00:1::1 2002:808:808::1 2620:4f:8000::1 3ffe::1 3fff::1 3fff:fff::1',
  '4000::1 5f00::1 8000::1 e000::1',
  'fc00::1 fd00:ec2::254 fd20:ce::254 fe80::1 fe80::1%eth0 febf::1 fec0::1 ff02::1 ff0e::1',
].flatMap((line) => line.split(' '));

const PUBLIC = [
  '1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.0',
  '169.253.255.255 169.255.0.0 172.15.255.255 172.32.0.0 192.0.1.0 192.167.255.255 192.169.0.0',
  '198.17.255.255 198.20.0.0 223.255.255.255 168.63.129.15 168.63.129.17',
  '2001:200::1 2606:4700::1111 2a00:1450:4001::200e 2000::1',
].flatMap((line) => line.split(' '));

describe('the address guard', () => {
  it('blocks every special range, from its first address to its last', () => {
    for (const address of BLOCKED) assert.equal(judgeAddress(address).kind, 'blocked', address);
  });

  it('lets the public internet pass, up to the edges of the ranges', () => {
    for (const address of PUBLIC) {
      assert.deepEqual(judgeAddress(address), { kind: 'public', address });
    }
  });

  it('takes an IPv4 address wrapped in IPv6 for what it is', () => {
    assert.deepEqual(judgeAddress('::ffff:8.8.8.8'), { kind: 'public', address: '8.8.8.8' });
  });

  it('judges NAT64 by the address behind it', () => {
    assert.equal(judgeAddress('64:ff9b::8.8.8.8').kind, 'public');
    const verdict = judgeAddress('64:ff9b::7f00:1');
    assert.ok(verdict.kind === 'blocked');
    assert.equal(verdict.why, 'NAT64 of 127.0.0.1, loopback');
  });

  it('says which range an address lies in', () => {
    const verdict = judgeAddress('169.254.169.254');
    assert.ok(verdict.kind === 'blocked');
    assert.equal(verdict.why, 'link-local');
  });

  it('blocks what is not an address in standard notation', () => {
    for (const text of [
      '',
      'localhost',
      '127.1',
      '0x7f000001',
      '2130706433',
      '010.0.0.1',
      '1.2.3',
    ]) {
      assert.equal(judgeAddress(text).kind, 'blocked', text);
    }
  });
});
