import type { Clock } from '../base/clock.js';
import { type AllowList, createAllowList, type HttpAllow } from './allow-list.js';
import type { WantsBody } from './answer-reader.js';
import { decodeBody } from './body-coding.js';
import { type ConnectionPool, createConnectionPool } from './connection-pool.js';
import { type Deadline, startDeadline, untilAborted, type Watch, watchOver } from './deadline.js';
import { createDnsCache, type DnsCache } from './dns-cache.js';
import { type Exchange, type ExchangeRequest, exchange } from './exchange.js';
import { FetchFault, type FetchResult, fault } from './fetch-result.js';
import { checkAddresses } from './find-addresses.js';
import type { HttpLimits } from './http-limits.js';
import { type Hop, isRedirect, nextHop, type RedirectRule } from './redirect.js';
import { checkRequest, type FetchRequest } from './request.js';
import { isIdempotent } from './request-headers.js';
import { createDnsResolver, createSystemResolver, type ResolveHost } from './resolve-host.js';
import { parseTarget, type Target } from './target-url.js';

/** The only way out to the web for what strangers ask. */
export interface GuardedFetch {
  /** Never rejects: whatever happens is in the result. */
  fetch(request: FetchRequest, signal?: AbortSignal): Promise<FetchResult>;
  /** Connections kept open between requests. */
  idleConnections(): number;
  /** Closes them. */
  close(): void;
}

interface Deps {
  readonly limits: HttpLimits;
  readonly allow: AllowList;
  readonly clock: Clock;
  readonly dns: DnsCache;
  readonly pool: ConnectionPool;
  readonly watch: Watch;
}

/** A fetch under way. */
interface Journey {
  readonly rule: RedirectRule;
  readonly only: Pick<FetchRequest, 'onlyOrigins' | 'onlyHosts'>;
  readonly deadline: Deadline;
  readonly wantsBody: WantsBody;
  redirects: number;
  /** Whether any source has been connected to. */
  sent: boolean;
}

/**
 * Builds the guarded fetch. Each hop's name is looked up once, every address checked, and the very
 * address that was checked is connected to, with the name in SNI, Host and the certificate's check.
 * Sizes, header counts and times are bounded; nothing but `allow` lifts the guard.
 * @param options.ca PEM text of authorities to trust besides the built-in ones.
 * @param options.resolve by default asks the name servers, and for the operator's hosts the system.
 * @throws NodeError when `allow` or `ca` can't be read.
 */
export function createGuardedFetch(options: {
  limits: HttpLimits;
  allow: HttpAllow;
  clock: Clock;
  ca?: string | undefined;
  resolve?: ResolveHost | undefined;
}): GuardedFetch {
  const { limits, clock } = options;
  const allow = createAllowList(options.allow);
  const watch = watchOver(clock);
  const pool = createConnectionPool({ limits, watch, ca: options.ca });
  const dns = createDnsCache({
    resolve: options.resolve ?? createDefaultResolver(allow),
    clock,
    maxAgeMs: limits.maxDnsCacheMs,
    maxNames: limits.maxDnsCacheNames,
  });
  const deps: Deps = { limits, allow, clock, dns, pool, watch };
  return {
    fetch: (request, signal) => runFetch(request, deps, signal),
    idleConnections: () => pool.idleCount(),
    close() {
      pool.close();
      watch.deadlines.close();
    },
  };
}

function createDefaultResolver(allow: AllowList): ResolveHost {
  const dns = createDnsResolver();
  const system = createSystemResolver();
  return (host) => (allow.host(host) === null ? dns(host) : system(host));
}

async function runFetch(
  request: FetchRequest,
  deps: Deps,
  signal: AbortSignal | undefined,
): Promise<FetchResult> {
  const { watch, limits } = deps;
  const deadline = startDeadline(watch, limits.totalTimeoutMs, signal);
  const rule: RedirectRule = request.redirects ?? {
    max: limits.maxRedirects,
    on: 'status',
    relative: 'follow',
  };
  const wantsBody: WantsBody = (status, headers) =>
    !isRedirect(status, headers, rule) && (request.wantsBody?.(status, headers) ?? true);
  const only = request;
  const journey: Journey = { rule, only, deadline, wantsBody, redirects: 0, sent: false };
  try {
    return await follow(checkRequest(request, limits), deps, journey);
  } catch (error) {
    if (!(error instanceof FetchFault)) throw error;
    const { failure, message: reason } = endOf(journey, limits) ?? error;
    return { kind: 'failed', failure, reason, sent: journey.sent, redirects: journey.redirects };
  } finally {
    deadline.stop();
  }
}

/** What ended a fetch whose signal is aborted: breaking off shows up as all sorts of faults. */
function endOf({ deadline }: Journey, limits: HttpLimits): FetchFault | null {
  if (deadline.expired()) {
    return fault('timeout', `no complete answer within ${limits.totalTimeoutMs} ms`);
  }
  return deadline.ended() ? fault('aborted', 'the fetch was called off') : null;
}

async function follow(first: Hop, deps: Deps, journey: Journey): Promise<FetchResult> {
  const { rule } = journey;
  const { maxBodyBytes } = deps.limits;
  let hop = first;
  for (;;) {
    const target = targetOf(hop, deps, journey);
    const { answer, address, reused } = await connect(hop, target, deps, journey);
    const { status, headers, coding, sent } = answer;
    if (!isRedirect(status, headers, rule)) {
      return {
        kind: 'response',
        status,
        headers,
        body: coding === 'identity' ? sent : await decodeBody(coding, sent, maxBodyBytes),
        url: target.url.href,
        redirects: journey.redirects,
        address,
        reused,
      };
    }
    hop = orThrow(nextHop(hop, status, headers, rule));
    journey.redirects += 1;
  }
}

function targetOf(hop: Hop, deps: Deps, journey: Journey): Target {
  const target = parseTarget(hop.url, deps.allow);
  const { redirects, rule } = journey;
  if (target instanceof FetchFault) {
    if (redirects === 0) throw target;
    if (target.failure === 'scheme') throw fault('redirect-scheme', `redirect: ${target.message}`);
    const failure = target.failure === 'malformed-url' ? 'redirect-target' : target.failure;
    throw fault(failure, `redirect: ${target.message}`);
  }
  if (redirects > rule.max) {
    throw fault('redirect-limit', `more than ${rule.max} redirects`);
  }
  refuseOthers(target, journey);
  return target;
}

function refuseOthers({ url }: Target, { only, redirects }: Journey): void {
  const prefix = redirects === 0 ? '' : 'redirect: ';
  if (only.onlyOrigins?.includes(url.origin) === false) {
    throw fault('blocked', `${prefix}the secret may not be sent to ${url.origin}`);
  }
  if (only.onlyHosts?.includes(url.hostname) === false) {
    throw fault('blocked', `${prefix}${url.hostname} is none of the hosts that may be asked`);
  }
}

type Answered = Extract<Exchange, { kind: 'response' }>;

/** Looks up, checks and connects within the connect time, trying the addresses in turn. */
async function connect(hop: Hop, target: Target, deps: Deps, journey: Journey): Promise<Answered> {
  const { clock, limits } = deps;
  const endMs = clock.monotonicMs() + limits.connectTimeoutMs;
  const found = foundOf(target, deps) ?? (await lookUp(target, deps, journey.deadline));
  const addresses = orThrow(checkAddresses(target, found, deps.allow));
  const tries = Math.min(addresses.length, limits.maxConnectAttempts);
  let last: FetchFault | null = null;
  for (let index = 0; index < tries; index += 1) {
    const connectTimeoutMs = (endMs - clock.monotonicMs()) / (tries - index);
    if (connectTimeoutMs <= 0) break;
    const address = addresses[index] ?? '';
    const result = await exchange(requestOf(hop, target, address, connectTimeoutMs, journey), deps);
    if (result.sent) journey.sent = true;
    if (result.kind === 'response') return result;
    last = result.fault;
    if (result.connected || last.failure !== 'connect') throw last;
  }
  deps.dns.forget(target.host);
  throw last ?? fault('connect', `no connection to ${target.host} in time`);
}

/** Spelled out: objects that are put together of others cost more than all else here. */
function requestOf(
  { method, headers, body }: Hop,
  target: Target,
  address: string,
  connectTimeoutMs: number,
  { deadline, wantsBody }: Journey,
): ExchangeRequest {
  return {
    target,
    address,
    connectTimeoutMs,
    deadline,
    method,
    headers,
    body,
    // A source that leaves a body unread would take it for the request of whoever comes next.
    fresh: body !== null || !isIdempotent(method),
    wantsBody,
  };
}

/** The addresses of a target that nobody has to be asked for. */
const foundOf = (target: Target, { dns }: Deps): readonly string[] | null =>
  target.isAddress ? [target.host] : (dns.known(target.host)?.addresses ?? null);

async function lookUp(
  { host }: Target,
  { watch, limits, dns }: Deps,
  deadline: Deadline,
): Promise<readonly string[]> {
  const time = startDeadline(watch, limits.connectTimeoutMs, deadline.signal);
  const found = await untilAborted(dns.resolve(host), time.signal);
  time.stop();
  if (found !== null) return orThrow(found).addresses;
  throw fault('dns', `the name ${host} was not found within ${limits.connectTimeoutMs} ms`);
}

function orThrow<T>(value: T | FetchFault): T {
  if (value instanceof FetchFault) throw value;
  return value;
}
