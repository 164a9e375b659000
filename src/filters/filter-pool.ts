import { type Clock, systemClock } from '../base/clock.js';
import { evaluateInstantly } from './evaluate-instantly.js';
import type { Dialect, FilterOutcome, NativeProfile } from './filter-outcome.js';
import { ThreadPool } from './thread-pool.js';

export interface FilterPoolOptions {
  /** Evaluations that run at once, each in a thread of its own; one more thread is kept warm. */
  readonly workers?: number;
  /** How long one evaluation may run, from when it starts to run, not from when it is asked for. */
  readonly timeoutMs?: number;
  /** Evaluations that may wait for a thread. */
  readonly maxQueue?: number;
  /** Bytes of the bodies that may wait for a thread. */
  readonly maxQueueBytes?: number;
  /** Bytes of one body. */
  readonly maxBodyBytes?: number;
  /** Bytes of one result. */
  readonly maxResultBytes?: number;
  /** Heap of one thread. */
  readonly maxHeapMb?: number;
  /** Whose native oracle the native dialect follows where they differ. */
  readonly profile?: NativeProfile;
  readonly clock?: Clock;
  /** The program of the threads; for tests. */
  readonly workerFile?: URL;
}

export const FILTER_POOL_DEFAULTS = {
  workers: 4,
  timeoutMs: 250,
  maxQueue: 1_024,
  maxQueueBytes: 64 * 1024 * 1024,
  maxBodyBytes: 2 * 1024 * 1024,
  maxResultBytes: 60 * 1024,
  maxHeapMb: 128,
  profile: 'csharp',
} as const;

export interface FilterPool {
  /**
   * Evaluates a path on a body of JSON, off this thread unless it is instant. The body is neither
   * changed nor kept, and must not be changed until the outcome is there. Rejects with a NodeError
   * FILTER_WORKER_START when no thread can be started, which is the environment's trouble and no
   * outcome.
   */
  evaluate(
    dialect: Dialect,
    path: string,
    body: Buffer,
    signal?: AbortSignal,
  ): Promise<FilterOutcome>;
  /** Resolves when all threads are warm; rejects with FILTER_WORKER_START when none can start. */
  ready(): Promise<void>;
  /** What the pool is doing now, for metrics. */
  status(): FilterPoolStatus;
  /** Answers `cancelled` to all that is open, and resolves when no thread is left. */
  close(): Promise<void>;
}

export interface FilterPoolStatus {
  readonly threads: number;
  readonly running: number;
  readonly queued: number;
  readonly queuedBytes: number;
}

/**
 * Starts a pool of threads that evaluate JSONPath filters; see FilterOutcome for the answers. What
 * takes no time for certain (`isInstantFilter`) is evaluated where it is asked for.
 */
export function createFilterPool(options: FilterPoolOptions = {}): FilterPool {
  const all = {
    ...FILTER_POOL_DEFAULTS,
    clock: systemClock,
    workerFile: new URL(
      import.meta.url.endsWith('.ts') ? './filter-worker.ts' : './filter-worker.js',
      import.meta.url,
    ),
    ...options,
  };
  const pool = new ThreadPool(all);
  // Another program of the threads evaluates in its own way.
  if (options.workerFile !== undefined) return pool;
  const load = async () => (await import('./evaluate-filter.js')).createFilterEvaluator();
  return evaluateInstantly(pool, { ...all, load });
}
