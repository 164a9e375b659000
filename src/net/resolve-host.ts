import { lookup, Resolver } from 'node:dns/promises';
import { type FetchFault, fault } from './fetch-result.js';

/** What a look-up found; the addresses are as the zone says, nothing is checked yet. */
export interface ResolvedHost {
  readonly kind: 'resolved';
  readonly addresses: readonly string[];
  /** How long the zone lets the answer be kept; 0 when unknown. */
  readonly ttlMs: number;
}

/** Looks up a host name. Never rejects: trouble comes back as `unknown-host` or `dns`. */
export type ResolveHost = (host: string) => Promise<ResolvedHost | FetchFault>;

const DNS_TIMEOUT_MS = 1_500;
const DNS_TRIES = 2;
const MS_PER_SECOND = 1_000;

/** Codes of node:dns that mean the zone answered, and there is nothing. */
const NOTHING_THERE = new Set(['ENOTFOUND', 'ENODATA', 'EBADNAME', 'ENONAME']);

/**
 * Asks the name servers of the system (or those given as `address:port`) for A and AAAA by itself.
 * Unlike the system's own look-up it holds no thread while it waits: a stranger's zone that never
 * answers would otherwise block the look-ups of everybody, two of them being enough.
 */
export function createDnsResolver(options: { servers?: readonly string[] } = {}): ResolveHost {
  const open = (): Resolver => {
    const resolver = new Resolver({ timeout: DNS_TIMEOUT_MS, tries: DNS_TRIES });
    if (options.servers) resolver.setServers(options.servers);
    return resolver;
  };
  let resolver = open();
  return async (host) => {
    if (isLocalName(host)) return LOCAL;
    const mine = resolver;
    const [v4, v6] = await Promise.allSettled([
      mine.resolve4(host, { ttl: true }),
      mine.resolve6(host, { ttl: true }),
    ]);
    const found = [v4, v6].flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
    if (found.length > 0) {
      const ttlMs = Math.min(...found.map(({ ttl }) => ttl)) * MS_PER_SECOND;
      return { kind: 'resolved', addresses: found.map(({ address }) => address), ttlMs };
    }
    const failed = faultOf(host, [v4, v6]);
    // The system's list of name servers may have changed since: read it anew for the next one.
    if (failed.failure === 'dns' && resolver === mine) resolver = open();
    return failed;
  };
}

/** The system's own look-up (getaddrinfo): knows /etc/hosts and what else is configured there. */
export function createSystemResolver(): ResolveHost {
  return async (host) => {
    try {
      const found = await lookup(host, { all: true, order: 'ipv4first' });
      return { kind: 'resolved', addresses: found.map(({ address }) => address), ttlMs: 0 };
    } catch (error) {
      return faultOf(host, [{ status: 'rejected', reason: error }]);
    }
  };
}

/** Names that mean this machine everywhere (RFC 6761), whatever a name server says. */
const isLocalName = (host: string): boolean => host === 'localhost' || host.endsWith('.localhost');

const LOCAL: ResolvedHost = { kind: 'resolved', addresses: ['127.0.0.1', '::1'], ttlMs: 0 };

function faultOf(host: string, results: readonly PromiseSettledResult<unknown>[]): FetchFault {
  const codes = results.flatMap((one) => (one.status === 'rejected' ? [codeOf(one.reason)] : []));
  const trouble = codes.find((code) => !NOTHING_THERE.has(code));
  return trouble === undefined
    ? fault('unknown-host', `the name ${host} has no address`)
    : fault('dns', `the name ${host} could not be looked up (${trouble})`);
}

function codeOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  return typeof code === 'string' ? code : 'unknown';
}
