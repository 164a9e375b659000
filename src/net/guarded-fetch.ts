import type { Clock } from '../base/clock.js';
import { type AllowList, createAllowList, type HttpAllow } from './allow-list.js';
import type { WantsBody } from './answer-reader.js';
import { decodeBody } from './body-coding.js';
import { type ConnectionPool, createConnectionPool } from './connection-pool.js';
import { type Deadline, startDeadline, untilAborted, type Watch, watchOver } from './deadline.js';
import { createDnsCache, type DnsCache } from './dns-cache.js';
import { type Exchange, type ExchangeRequest, exchange } from './exchange.js';
import { FetchFault, type FetchResult, fault } from './fetch-result.js';
import { findAddresses } from './find-addresses.js';
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

type Answered = Pick<Extract<Exchange, { kind: 'response' }>, 'answer' | 'reused'> & {
  readonly address: string;
};

/** Looks up, checks and connects within the connect time, trying the addresses in turn. */
async function connect(hop: Hop, target: Target, deps: Deps, journey: Journey): Promise<Answered> {
  const { clock, limits } = deps;
  const { method, headers, body } = hop;
  const { deadline, wantsBody } = journey;
  // A source that leaves a body unread would take it for the request of whoever comes next.
  const fresh = body !== null || !isIdempotent(method);
  const endMs = clock.monotonicMs() + limits.connectTimeoutMs;
  const addresses = await addressesOf(target, deps, journey.deadline);
  const tries = Math.min(addresses.length, limits.maxConnectAttempts);
  let last: FetchFault | null = null;
  for (let index = 0; index < tries; index += 1) {
    const connectTimeoutMs = (endMs - clock.monotonicMs()) / (tries - index);
    if (connectTimeoutMs <= 0) break;
    const address = addresses[index] ?? '';
    const way = { target, address, connectTimeoutMs, deadline, fresh };
    const result = await exchangeTwice({ ...way, method, headers, body, wantsBody }, deps, journey);
    if (result.kind === 'response')
      return { answer: result.answer, reused: result.reused, address };
    last = result.fault;
    if (result.connected || last.failure !== 'connect') throw last;
  }
  deps.dns.forget(target.host);
  throw last ?? fault('connect', `no connection to ${target.host} in time`);
}

async function addressesOf(
  target: Target,
  deps: Deps,
  deadline: Deadline,
): Promise<readonly string[]> {
  const { watch, limits, allow, dns } = deps;
  const finding = findAddresses(target, { resolve: dns.resolve, allow });
  if (target.isAddress) return orThrow(await finding);
  const lookUp = startDeadline(watch, limits.connectTimeoutMs, deadline.signal);
  const found = await untilAborted(finding, lookUp.signal);
  lookUp.stop();
  if (found !== null) return orThrow(found);
  const { host } = target;
  throw fault('dns', `the name ${host} was not found within ${limits.connectTimeoutMs} ms`);
}

function orThrow<T>(value: T | FetchFault): T {
  if (value instanceof FetchFault) throw value;
  return value;
}

/**
 * One exchange, and a second one where a kept connection turned out to be dead: its end may close
 * it at the very moment that it is used again. What isn't idempotent gets a connection of its own.
 */
async function exchangeTwice(
  request: ExchangeRequest,
  deps: Deps,
  journey: Journey,
): Promise<Exchange> {
  const first = await exchange(request, deps);
  const again = first.kind === 'failed' && first.retryFresh && !journey.deadline.ended();
  if (first.kind === 'response' || first.connected) journey.sent = true;
  return again ? exchange({ ...request, fresh: true }, deps) : first;
}
