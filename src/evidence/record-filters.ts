import type { Dialect, FilterFailure, FilterOutcome } from '../filters/filter-outcome.js';
import type { FilterPool } from '../filters/filter-pool.js';

/** What evaluates filters; the pool, or something around it. */
export type Filtering = Pick<FilterPool, 'evaluate'>;

export interface FilterRecord {
  readonly dialect: Dialect;
  readonly path: string;
  readonly body: Buffer;
  readonly outcome: FilterOutcome;
}

export interface FilterRecorder extends Filtering {
  /** In the order in which they ended. */
  readonly records: readonly FilterRecord[];
}

/** How a filter ends by the machine it runs on and what else that does, not by its input alone. */
const BY_MACHINE: ReadonlySet<FilterOutcome['kind']> = new Set<FilterFailure>([
  'timeout',
  'out-of-memory',
  'crashed',
  'busy',
  'cancelled',
]);

/** True where running the filter again proves nothing about how it ended. */
export const endedByMachine = (kind: FilterOutcome['kind']): boolean => BY_MACHINE.has(kind);

/** Remembers each filter with how it ended, for one piece of work. */
export function recordFilters(filtering: Filtering): FilterRecorder {
  const records: FilterRecord[] = [];
  return {
    records,
    async evaluate(dialect, path, body, signal) {
      const outcome = await filtering.evaluate(dialect, path, body, signal);
      records.push({ dialect, path, body, outcome });
      return outcome;
    },
  };
}
