import type { Clock } from '../base/clock.js';
import type { FetchFault } from './fetch-result.js';
import { FetchFault as Fault } from './fetch-result.js';
import type { ResolvedHost, ResolveHost } from './resolve-host.js';

/** A resolver that remembers. */
export interface DnsCache {
  readonly resolve: ResolveHost;
  /** What is remembered of a name; null where it has to be looked up. */
  known(host: string): ResolvedHost | null;
  /** Forgets a name, because none of its addresses could be reached. */
  forget(host: string): void;
}

interface Entry {
  readonly answer: Promise<ResolvedHost | FetchFault>;
  /** Null while the look-up is under way. */
  found: ResolvedHost | null;
  /** On the monotonic clock; infinite while the look-up is under way. */
  freshUntilMs: number;
}

/**
 * Keeps found addresses for as long as their zone allows, at most `maxAgeMs`, and lets look-ups of
 * one name share one question. Failures are never kept. It can't be used to slip an address past
 * the guard: what comes out is checked at each use, and the checked address is the one connected.
 */
export function createDnsCache(options: {
  resolve: ResolveHost;
  clock: Clock;
  maxAgeMs: number;
  maxNames: number;
}): DnsCache {
  const { clock, maxAgeMs, maxNames } = options;
  const entries = new Map<string, Entry>();

  const ask = async (host: string, entry: () => Entry): Promise<ResolvedHost | FetchFault> => {
    const answer = await options.resolve(host);
    if (answer instanceof Fault) {
      if (entries.get(host) === entry()) entries.delete(host);
    } else {
      entry().found = answer;
      entry().freshUntilMs = clock.monotonicMs() + Math.min(answer.ttlMs, maxAgeMs);
    }
    return answer;
  };

  return {
    known(host) {
      const entry = entries.get(host);
      return entry && entry.freshUntilMs > clock.monotonicMs() ? entry.found : null;
    },
    resolve(host) {
      const known = entries.get(host);
      if (known && known.freshUntilMs > clock.monotonicMs()) return known.answer;
      const entry: Entry = {
        answer: Promise.resolve().then(() => ask(host, () => entry)),
        found: null,
        freshUntilMs: Number.POSITIVE_INFINITY,
      };
      entries.delete(host);
      entries.set(host, entry);
      const oldest = entries.keys().next().value;
      if (entries.size > maxNames && oldest !== undefined) entries.delete(oldest);
      return entry.answer;
    },
    forget: (host) => {
      entries.delete(host);
    },
  };
}
