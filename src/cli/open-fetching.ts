import { readFileSync } from 'node:fs';
import type { Clock } from '../base/clock.js';
import type { NodeConfig } from '../config/node-config.js';
import type { Fetching } from '../evidence/record-fetch.js';
import { readGivenFile } from './read-function.js';

/** What a function fetches by: the guarded fetch of a node like this, or a fixture. */
export async function openFetching(
  { http }: Pick<NodeConfig, 'http'>,
  clock: Clock,
  fixture: string | undefined,
): Promise<{ readonly fetch: Fetching; close(): void }> {
  if (fixture !== undefined) {
    const { readFixture, fixtureFetching } = await import('../operations/function-fixture.js');
    const text = readGivenFile('the fixture', fixture).toString();
    return { fetch: fixtureFetching(readFixture(text)), close: () => {} };
  }
  const { createGuardedFetch } = await import('../net/guarded-fetch.js');
  const { DEFAULT_HTTP_LIMITS } = await import('../net/http-limits.js');
  const { totalTimeoutMs, connectTimeoutMs, maxBodyBytes, maxRedirects, allow } = http;
  const given = { totalTimeoutMs, connectTimeoutMs, maxBodyBytes, maxRedirects };
  const ca = http.caFile === null ? undefined : readFileSync(http.caFile, 'utf8');
  const limits = { ...DEFAULT_HTTP_LIMITS, ...given };
  const fetch = createGuardedFetch({ limits, allow, clock, ca });
  return { fetch, close: () => fetch.close() };
}
