import type { FilterPool } from '../filters/filter-pool.js';
import type { GuardedFetch } from '../net/guarded-fetch.js';
import type { FunctionRunner } from '../resolvers/function.js';
import type { NodeOptions } from './node-options.js';
import type { Running } from './open-parts.js';

/** Fetches, filters and functions, measured. */
export function measuredTools(
  { clock, metrics }: NodeOptions,
  parts: Pick<Running, 'fetch' | 'filters' | 'functions'>,
) {
  const measured = async <T>(
    work: Promise<T>,
    tell: (result: T, durationMs: number) => void,
  ): Promise<T> => {
    const startedMs = clock.monotonicMs();
    const result = await work;
    tell(result, clock.monotonicMs() - startedMs);
    return result;
  };
  const { fetch, filters, functions } = parts;
  return {
    fetch: {
      fetch: (...asked: Parameters<GuardedFetch['fetch']>) =>
        measured(fetch.fetch(...asked), (result, durationMs) => {
          metrics.fetch(result.kind === 'failed' ? result.failure : result.kind, durationMs);
        }),
    },
    filters: {
      evaluate: (...asked: Parameters<FilterPool['evaluate']>) =>
        measured(filters.evaluate(...asked), ({ kind }, durationMs) => {
          metrics.filter(kind, durationMs);
        }),
    },
    sandbox: {
      run: (...asked: Parameters<FunctionRunner['run']>) =>
        measured(functions.sandbox.run(...asked), ({ end, busyMs }) => {
          metrics.functionRun({ outcome: end.kind, busyMs });
        }),
    },
  };
}
