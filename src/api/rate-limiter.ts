import { isIPv6 } from 'node:net';
import type { Clock } from '../base/clock.js';

/** Callers that are remembered; the one that came longest ago is forgotten first. */
const MAX_REMEMBERED = 10_000;

export interface RateLimit {
  /** In the headers, such as `address`. */
  readonly name: string;
  readonly most: number;
  readonly windowMs: number;
}

/** How a caller stands to a limit. */
export interface RateStanding {
  readonly limit: RateLimit;
  readonly left: number;
  /** Until the window ends. */
  readonly resetMs: number;
  readonly isExceeded: boolean;
}

export interface RateLimiter {
  /** Counts one. */
  take(caller: string): RateStanding;
  /** Looks without counting. */
  look(caller: string): RateStanding;
}

/** Counts by fixed windows, in memory of a bounded size. */
export function createRateLimiter(limit: RateLimit, clock: Clock): RateLimiter {
  const windows = new Map<string, { startMs: number; taken: number }>();

  function windowOf(caller: string, nowMs: number) {
    const known = windows.get(caller);
    if (known !== undefined && nowMs - known.startMs < limit.windowMs) return known;
    return { startMs: nowMs, taken: 0 };
  }

  function standing(caller: string, count: 0 | 1): RateStanding {
    const nowMs = clock.monotonicMs();
    const window = windowOf(caller, nowMs);
    window.taken += count;
    if (count > 0) {
      windows.delete(caller);
      windows.set(caller, window);
      const [oldest] = windows.keys();
      if (windows.size > MAX_REMEMBERED && oldest !== undefined) windows.delete(oldest);
    }
    return {
      limit,
      left: Math.max(0, limit.most - window.taken),
      resetMs: Math.max(0, window.startMs + limit.windowMs - nowMs),
      isExceeded: window.taken > limit.most,
    };
  }

  return {
    take: (caller) => standing(caller, 1),
    look: (caller) => standing(caller, 0),
  };
}

/** Headers of draft-ietf-httpapi-ratelimit-headers-10, of the limit that is nearest. */
export function rateHeaders(standings: readonly RateStanding[]): Record<string, string> {
  const item = ({ limit, left, resetMs }: RateStanding): string =>
    `"${limit.name}";r=${left};t=${Math.ceil(resetMs / 1_000)}`;
  const policy = ({ limit: { name, most, windowMs } }: RateStanding): string =>
    `"${name}";q=${most};w=${windowMs / 1_000}`;
  return {
    'ratelimit-policy': standings.map(policy).join(', '),
    ratelimit: standings.map(item).join(', '),
  };
}

/** Whom a limit by address counts: an IPv6 network of 64 bits is one customer's. */
export function addressKey(ip: string): string {
  const plain = ip.replace(/^::ffff:(?=\d+\.)/, '');
  if (!isIPv6(plain)) return plain;
  const [head = '', tail = ''] = plain.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === '' ? [] : tail.split(':');
  const groups = plain.includes('::')
    ? [...left, ...Array(Math.max(0, 8 - left.length - right.length)).fill('0'), ...right]
    : left;
  return `${groups.slice(0, 4).join(':')}::/64`;
}
