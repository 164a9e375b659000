import { readFileSync } from 'node:fs';
import type { Clock } from '../base/clock.js';
import type { ResponseCode } from '../base/outcome.js';
import type { NodeConfig } from '../config/node-config.js';
import type { HttpWork } from '../resolvers/http.js';

/** What a node of this configuration would answer now. */
export interface FoundAnswer {
  readonly code: ResponseCode;
  readonly result: Buffer;
  readonly reason: string;
  /** True for trouble that may pass: the node would try again before it answers so. */
  readonly mayPass: boolean;
}

/** Fetches once, through the guard and the filters of a node. */
export async function fetchAnswer(
  { http, filters: filterLimits }: Pick<NodeConfig, 'http' | 'filters'>,
  clock: Clock,
  work: HttpWork,
): Promise<FoundAnswer> {
  const { createGuardedFetch } = await import('../net/guarded-fetch.js');
  const { DEFAULT_HTTP_LIMITS } = await import('../net/http-limits.js');
  const { createFilterPool } = await import('../filters/filter-pool.js');
  const { createHttpResolver } = await import('../resolvers/http.js');
  const { totalTimeoutMs, connectTimeoutMs, maxBodyBytes, maxRedirects, allow, profile } = http;
  const given = { totalTimeoutMs, connectTimeoutMs, maxBodyBytes, maxRedirects };
  const limits = { ...DEFAULT_HTTP_LIMITS, ...given };
  const ca = http.caFile === null ? undefined : readFileSync(http.caFile, 'utf8');
  const fetch = createGuardedFetch({ limits, allow, clock, ca });
  const { timeoutMs } = filterLimits;
  const filters = createFilterPool({ workers: 1, timeoutMs, maxBodyBytes, profile, clock });
  try {
    const resolve = createHttpResolver({ fetch, filters, profile });
    const outcome = await resolve(work, new AbortController().signal);
    if (outcome.kind === 'fatal') throw new Error(`bug: ${outcome.reason}`);
    if (outcome.kind === 'answer') return { ...outcome, mayPass: false };
    return { ...outcome.otherwise, result: Buffer.alloc(0), mayPass: true };
  } finally {
    await filters.close();
    fetch.close();
  }
}
