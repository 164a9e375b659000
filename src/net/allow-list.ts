import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { NodeError } from '../base/node-error.js';
import { parseAddress } from './address-guard.js';

/** A host that the operator vouches for, whatever its addresses are. */
export interface AllowedHost {
  /** A name, or an IPv4 or IPv6 address (brackets optional); no wildcard, no port. */
  readonly host: string;
  /** The ports it may be asked on; any, when absent. */
  readonly ports?: readonly number[] | undefined;
  /** Whether plain http will do. */
  readonly http?: boolean | undefined;
}

/** The operator's list, the only thing that lifts the guard. */
export interface HttpAllow {
  readonly hosts: readonly AllowedHost[];
  /**
   * Ranges, such as 10.1.0.0/16, whose addresses may be asked by https on any port, by whatever
   * name they were found.
   */
  readonly cidrs: readonly string[];
}

export const ALLOW_NOTHING: HttpAllow = { hosts: [], cidrs: [] };

/** The operator's list, ready for look-ups. */
export interface AllowList {
  /** The entry of a host (as {@link plainHost} gives it), if there is one. */
  host(host: string): AllowedHost | null;
  /** Whether an address lies in one of the ranges. */
  covers(address: string): boolean;
  /** Whether there are ranges at all. */
  readonly hasRanges: boolean;
}

/** Prepares the operator's list. Throws a NodeError that names the entry which can't be read. */
export function createAllowList(allow: HttpAllow): AllowList {
  const hosts = new Map<string, AllowedHost>();
  for (const entry of allow.hosts) hosts.set(parseAllowedHost(entry), entry);
  const ranges = allow.cidrs.map(parseRange);
  return {
    host: (host) => hosts.get(host) ?? null,
    covers(address) {
      if (ranges.length === 0) return false;
      const parsed = parseAddress(address);
      return parsed !== null && ranges.some((range) => sameKind(parsed, range[0], range));
    },
    hasRanges: ranges.length > 0,
  };
}

type Parsed = ipaddr.IPv4 | ipaddr.IPv6;

const sameKind = (address: Parsed, base: Parsed, range: [Parsed, number]): boolean =>
  address.kind() === base.kind() && address.match(range);

function parseRange(text: string): [Parsed, number] {
  const [base, bits, rest] = text.split('/');
  const known = base !== undefined && isIP(base) !== 0 && /^\d{1,3}$/.test(bits ?? '');
  if (!known || rest !== undefined || !ipaddr.isValidCIDR(text)) {
    throw badEntry(`the allowed range "${text}" is not an address range such as 10.1.0.0/16`);
  }
  return ipaddr.parseCIDR(text);
}

function parseAllowedHost(entry: AllowedHost): string {
  const host = plainHost(entry.host);
  if (host === null) {
    throw badEntry(`the allowed host "${entry.host}" is not a host name or IP address`);
  }
  for (const port of entry.ports ?? []) {
    if (!Number.isInteger(port) || port < 1 || port > 65_535) {
      throw badEntry(`the allowed host "${entry.host}" has a port ${port} outside 1..65535`);
    }
  }
  return host;
}

const badEntry = (message: string): NodeError =>
  new NodeError('HTTP_ALLOW_INVALID', message, { hint: 'Correct the list of allowed hosts.' });

/**
 * A host in the one spelling that is compared: lower case, punycode, no trailing dot, addresses
 * without brackets. Null when it isn't a host.
 */
export function plainHost(text: string): string | null {
  if (text === '' || /[/?#@\\\s]/.test(text)) return null;
  const bracketed = isIP(text) === 6 ? `[${text}]` : text;
  if (/:\d*$/.test(bracketed.replace(/^\[[^\]]*\]/, ''))) return null;
  return URL.canParse(`https://${bracketed}`) ? hostOf(new URL(`https://${bracketed}`)) : null;
}

/** The host of a URL in the spelling of {@link plainHost}; null when a label of it is empty. */
export function hostOf(url: URL): string | null {
  const bare = url.hostname.replace(/^\[(.*)\]$/, '$1');
  if (isIP(bare) !== 0) return parseAddress(bare)?.toString() ?? null;
  const name = bare.endsWith('.') ? bare.slice(0, -1) : bare;
  const labelled = name.length <= 253 && name.split('.').every((l) => l !== '' && l.length <= 63);
  return labelled ? name : null;
}
