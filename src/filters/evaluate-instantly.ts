import type { FilterReply, FilterTask } from './evaluate-filter.js';
import type { FilterOutcome } from './filter-outcome.js';
import type { FilterPool } from './filter-pool.js';
import { isInstantFilter } from './quick-filter.js';

export interface EvaluateInstantlyOptions extends Pick<FilterTask, 'profile' | 'maxResultBytes'> {
  /** Of a larger body the pool says what is wrong with it. */
  readonly maxBodyBytes: number;
  /** Gets the evaluator that the threads have, too; called once somebody can use it. */
  readonly load: () => Promise<(task: FilterTask) => FilterReply>;
}

/**
 * A pool that evaluates instant filters on this thread, where the way to another one and back costs
 * ten times the evaluation. Whatever may depend on the thread (its stack, a fault of the
 * evaluator's) is left to one of the pool's, so outcomes are the same.
 */
export function evaluateInstantly(pool: FilterPool, options: EvaluateInstantlyOptions): FilterPool {
  const { profile, maxResultBytes, maxBodyBytes } = options;
  let evaluator: ((task: FilterTask) => FilterReply) | null = null;
  let isLoading = false;
  let isClosed = false;

  /** After the first filter that would have had use for it: nobody waits for it. */
  function load(): void {
    if (isLoading || isClosed) return;
    isLoading = true;
    options.load().then(
      (loaded) => {
        evaluator = loaded;
      },
      () => {}, // The pool goes on, and tells when its threads can't have it either.
    );
  }

  function replyTo(task: FilterTask): FilterReply | null {
    try {
      const reply = evaluator?.(task) ?? null;
      return reply?.kind === 'limit' ? null : reply;
    } catch {
      return null;
    }
  }

  return {
    async evaluate(dialect, path, body, signal): Promise<FilterOutcome> {
      const isInstant = body.length <= maxBodyBytes && isInstantFilter(path, body);
      const isOpen = !isClosed && signal?.aborted !== true;
      const task = { dialect, profile, path, body, maxResultBytes };
      const reply = isInstant && isOpen ? replyTo(task) : null;
      if (reply === null) {
        const outcome = await pool.evaluate(dialect, path, body, signal);
        if (isInstant) load();
        return outcome;
      }
      if (reply.kind !== 'matched') return reply;
      return { kind: 'matched', json: Buffer.from(reply.json.buffer) };
    },
    ready: () => pool.ready(),
    status: () => pool.status(),
    close: () => {
      isClosed = true;
      return pool.close();
    },
  };
}
