import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** An address as the guard sees it. */
export type AddressVerdict =
  | { readonly kind: 'public'; readonly address: string }
  | { readonly kind: 'blocked'; readonly address: string; readonly why: string };

type Address = ipaddr.IPv4 | ipaddr.IPv6;
type Range = readonly [cidr: ReturnType<typeof ipaddr.parseCIDR>, why: string];

const range = (cidr: string, why: string): Range => [ipaddr.parseCIDR(cidr), why];

/** IANA's special-purpose registry for IPv4, and what clouds put elsewhere. */
const BLOCKED_IPV4: readonly Range[] = [
  range('0.0.0.0/8', 'this network'),
  range('10.0.0.0/8', 'private'),
  range('100.64.0.0/10', 'carrier-grade NAT'),
  range('127.0.0.0/8', 'loopback'),
  range('169.254.0.0/16', 'link-local'),
  range('172.16.0.0/12', 'private'),
  range('192.0.0.0/24', 'protocol assignments'),
  range('192.0.2.0/24', 'documentation'),
  range('192.31.196.0/24', 'AS112'),
  range('192.52.193.0/24', 'multicast tunnelling'),
  range('192.88.99.0/24', '6to4 relay'),
  range('192.168.0.0/16', 'private'),
  range('192.175.48.0/24', 'AS112'),
  range('198.18.0.0/15', 'benchmarking'),
  range('198.51.100.0/24', 'documentation'),
  range('203.0.113.0/24', 'documentation'),
  range('224.0.0.0/4', 'multicast'),
  range('240.0.0.0/4', 'reserved'),
  range('255.255.255.255/32', 'broadcast'),
  // Public by its range, but Azure's platform answers there to every machine inside.
  range('168.63.129.16/32', 'cloud metadata'),
];

/** All of IPv6 that is handed out for the public internet; the rest is blocked unseen. */
const GLOBAL_UNICAST_IPV6 = ipaddr.parseCIDR('2000::/3');

/** The special-purpose parts inside global unicast. */
const BLOCKED_IPV6: readonly Range[] = [
  range('2001::/32', 'Teredo'),
  range('2001::/23', 'protocol assignments'),
  range('2001:db8::/32', 'documentation'),
  range('2002::/16', '6to4'),
  range('2620:4f:8000::/48', 'AS112'),
  range('3ffe::/16', 'former test network'),
  range('3fff::/20', 'documentation'),
];

/** Names for what lies outside global unicast, only to say why. */
const NAMED_IPV6: readonly Range[] = [
  range('::/128', 'unspecified'),
  range('::1/128', 'loopback'),
  range('::/96', 'IPv4-compatible'),
  range('64:ff9b:1::/48', 'local-use NAT64'),
  range('100::/64', 'discard-only'),
  range('5f00::/16', 'segment routing'),
  range('fc00::/7', 'unique local'),
  range('fe80::/10', 'link-local'),
  range('fec0::/10', 'site-local'),
  range('ff00::/8', 'multicast'),
];

const NAT64 = ipaddr.parseCIDR('64:ff9b::/96');

/**
 * The address in its plain form: IPv4 where IPv6 only wraps it (::ffff:a.b.c.d), no zone, shortest
 * spelling. Null when the text isn't an address in standard notation.
 */
export function parseAddress(text: string): Address | null {
  const bare = text.replace(/%.*$/, '');
  const version = isIP(bare);
  if (version === 0) return null;
  if (version === 4) return new ipaddr.IPv4(bare.split('.').map(Number));
  // ipaddr.js takes ::8.8.8.8 for ::ffff:8.8.8.8; spelled in hexadecimal, none is mistaken.
  return ipaddr.process(new URL(`http://[${bare}]`).hostname.slice(1, -1));
}

/**
 * Whether an address is one of the public internet. Anything that can lead to this machine, its
 * neighbours or its cloud is blocked; so is whatever isn't an address in standard notation.
 */
export function judgeAddress(text: string): AddressVerdict {
  const parsed = parseAddress(text);
  if (parsed === null) return { kind: 'blocked', address: text, why: 'not an IP address' };
  const why = parsed.kind() === 'ipv4' ? whyBlockedIpv4(parsed) : whyBlockedIpv6(parsed);
  const address = parsed.toString();
  return why === null ? { kind: 'public', address } : { kind: 'blocked', address, why };
}

function whyBlockedIpv4(address: Address): string | null {
  return whyIn(BLOCKED_IPV4, address);
}

function whyBlockedIpv6(address: Address): string | null {
  if (address.match(NAT64)) {
    // The translator will connect to the IPv4 address in the last 32 bits: judge that one.
    const embedded = new ipaddr.IPv4(address.toByteArray().slice(12));
    const why = whyBlockedIpv4(embedded);
    return why === null ? null : `NAT64 of ${embedded.toString()}, ${why}`;
  }
  if (!address.match(GLOBAL_UNICAST_IPV6)) return whyIn(NAMED_IPV6, address) ?? 'not public';
  return whyIn(BLOCKED_IPV6, address);
}

function whyIn(ranges: readonly Range[], address: Address): string | null {
  return ranges.find(([cidr]) => address.match(cidr))?.[1] ?? null;
}
