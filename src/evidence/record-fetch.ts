import type { Clock } from '../base/clock.js';
import type { FetchResult } from '../net/fetch-result.js';
import type { GuardedFetch } from '../net/guarded-fetch.js';
import type { FetchRequest } from '../net/request.js';

/** What goes out to the web; the guarded fetch, or something around it. */
export type Fetching = Pick<GuardedFetch, 'fetch'>;

/** One fetch as it was asked for and as it ended. Times are milliseconds since the work began. */
export interface FetchRecord {
  readonly request: FetchRequest;
  readonly askedMs: number;
  /** Null while nothing came back. */
  result: FetchResult | null;
  endedMs: number | null;
  /** Its place among those that ended, from 0. */
  ended: number | null;
}

export interface FetchRecorder extends Fetching {
  /** In the order in which they were asked for. */
  readonly records: readonly FetchRecord[];
}

/**
 * Remembers each fetch with what it brought, for one piece of work, whose caller bounds how many
 * they are. Bodies of answers are remembered, not copied: nobody may change them, or transfer them
 * to a thread.
 */
export function recordFetch(fetching: Fetching, clock: Pick<Clock, 'monotonicMs'>): FetchRecorder {
  const startedMs = clock.monotonicMs();
  const sinceStartMs = (): number => Math.round(clock.monotonicMs() - startedMs);
  const records: FetchRecord[] = [];
  let ends = 0;
  return {
    records,
    async fetch(request, signal) {
      const record: FetchRecord = {
        request: withSecretsCopied(request),
        askedMs: sinceStartMs(),
        result: null,
        endedMs: null,
        ended: null,
      };
      records.push(record);
      const result = await fetching.fetch(request, signal);
      record.result = result;
      record.endedMs = sinceStartMs();
      record.ended = ends++;
      return result;
    },
  };
}

/** Whoever sent secrets wipes them afterwards; what is to be taken out must be known for longer. */
function withSecretsCopied(request: FetchRequest): FetchRequest {
  const { secrets = [], body } = request;
  if (secrets.length === 0) return request;
  return {
    ...request,
    body: body === undefined ? undefined : Buffer.from(body),
    secrets: secrets.map(({ name, value }) => ({ name, value: Buffer.from(value) })),
  };
}
