import type { FetchFailure, FetchResult } from '../../src/net/fetch-result.js';
import type { GuardedFetch } from '../../src/net/guarded-fetch.js';
import type { FetchRequest } from '../../src/net/request.js';
import type { Faults } from './faults.js';
import type { History } from './history.js';
import { type Life, outward } from './life.js';
import type { PriceWalk } from './price-walk.js';
import type { SeededRandom } from './seeded-random.js';
import type { VirtualTime } from './virtual-time.js';

/** How a source behaves: the first step of its path. */
export const SOURCE_MOODS = [
  'ok',
  'slow',
  'moody',
  'dead',
  'missing',
  'text',
  'large',
  // Tells what it was sent, secrets and all.
  'echo',
] as const;
export type SourceMood = (typeof SOURCE_MOODS)[number];

export const sourceUrl = (mood: SourceMood, value: number): string =>
  `https://source-${value % 7}.test/${mood}/${value}`;

/** Where secrets may be sent. */
export const SOURCE_HOSTS = Array.from({ length: 7 }, (_, at) => `https://source-${at}.test`);

export const priceUrl = (pair: string, source: number): string =>
  `https://venue-${source}.test/price/${pair}/${source}`;

/** As the guard's own limit of a whole fetch. */
const TOTAL_TIMEOUT_MS = 10_000;
const LARGE_BYTES = 70 * 1024;

export interface WebParts {
  readonly time: VirtualTime;
  readonly faults: Faults;
  readonly random: SeededRandom;
  readonly history: History;
  readonly prices: PriceWalk;
  /** Milliseconds since 1970 as honest clocks have them. */
  readonly trueMs: () => number;
}

interface Planned {
  readonly afterMs: number;
  readonly result: FetchResult;
}

/** The web as one process sees it, in the place of the guarded fetch. */
export function createSimulatedWeb(parts: WebParts, life: Life, name: string): GuardedFetch {
  const { time, faults, random, history } = parts;

  function trouble(): Planned {
    const failure = random.pick<FetchFailure>(['dns', 'connect', 'tls', 'timeout', 'interrupted']);
    const afterMs = failure === 'timeout' ? TOTAL_TIMEOUT_MS : random.between(5, 2_000);
    return { afterMs, result: failed(failure) };
  }

  function priceOf(pair: string, source: number): Planned {
    const honest = parts.prices.at(pair, parts.trueMs());
    const skewed = (honest * BigInt(9_990 + random.below(21))) / 10_000n;
    const lie = faults.strikes('price source lies');
    const price = lie ? (honest * BigInt(random.between(1, 60))) / 10n : skewed;
    const ageMs = faults.strikes('price source lies') ? random.between(0, 400_000) : 0;
    const text = JSON.stringify({
      price: `${price / 10n ** 8n}.${String(price % 10n ** 8n).padStart(8, '0')}`,
      time: Math.floor(parts.trueMs() - ageMs),
      source,
    });
    return { afterMs: random.between(5, 300), result: answered(200, text) };
  }

  function plan({ url, headers }: FetchRequest): Planned {
    if (faults.strikes('web trouble')) return trouble();
    const [, mood = '', ...rest] = new URL(url).pathname.split('/');
    const value = Number(rest.at(-1));
    const afterMs = random.between(5, 400);
    const body = JSON.stringify({ value, list: [value, value + 1], text: `it is ${value}` });
    switch (mood as SourceMood | 'price') {
      case 'price':
        return priceOf(decodeURIComponent(rest.slice(0, -1).join('/')), value);
      case 'ok':
        return { afterMs, result: answered(200, body) };
      case 'slow':
        return { afterMs: random.between(3_000, 9_500), result: answered(200, body) };
      case 'moody':
        return random.chance(0.5)
          ? { afterMs, result: answered(503, '{"error":"busy"}') }
          : { afterMs, result: answered(200, body) };
      case 'dead':
        return { afterMs: TOTAL_TIMEOUT_MS, result: failed('timeout') };
      case 'echo':
        return { afterMs, result: answered(200, JSON.stringify({ value, headers })) };
      case 'text':
        return { afterMs, result: answered(200, 'this is no JSON') };
      case 'large':
        return {
          afterMs,
          result: answered(200, JSON.stringify({ value: 'x'.repeat(LARGE_BYTES) })),
        };
      default:
        return { afterMs, result: answered(404, '{"error":"not here"}') };
    }
  }

  function exchange(request: FetchRequest, signal: AbortSignal | undefined): Promise<FetchResult> {
    return new Promise((resolve) => {
      if (signal?.aborted) return resolve(failed('aborted'));
      const { afterMs, result } = plan(request);
      const onAbort = (): void => {
        arrival.callOff();
        resolve(failed('aborted'));
      };
      const arrival = time.after(afterMs, () => {
        signal?.removeEventListener('abort', onAbort);
        const what = result.kind === 'response' ? `${result.status}` : result.failure;
        history.note(`${name} fetched ${request.url}: ${what}`, bodyOf(result));
        resolve(result);
      });
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  return {
    fetch: (request, signal) => outward(life, 'fetch', () => exchange(request, signal)),
    idleConnections: () => 0,
    close: () => {},
  };
}

const bodyOf = (result: FetchResult): string =>
  result.kind === 'response' ? result.body.toString() : result.reason;

const answered = (status: number, text: string): FetchResult => ({
  kind: 'response',
  status,
  headers: { 'content-type': 'application/json' },
  body: Buffer.from(text),
  url: 'https://source.test/',
  redirects: 0,
  address: '192.0.2.1',
  reused: false,
});

const failed = (failure: FetchFailure): FetchResult => ({
  kind: 'failed',
  failure,
  reason: `the simulated web: ${failure}`,
  sent: failure === 'timeout' || failure === 'interrupted',
  redirects: 0,
});
