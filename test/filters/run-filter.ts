import { createFilterEvaluator } from '../../src/filters/evaluate-filter.js';
import type { Dialect, NativeProfile } from '../../src/filters/filter-outcome.js';

const evaluate = createFilterEvaluator();
const MAX_RESULT_BYTES = 1_000_000;

export interface FilterRun {
  readonly kind: string;
  /** The result as text; empty unless matched. */
  readonly text: string;
  /** Why not; empty when matched. */
  readonly reason: string;
}

/** Evaluates in this thread, without a pool. */
export function runFilter(
  dialect: Dialect,
  path: string,
  body: string | Buffer,
  options: { profile?: NativeProfile; maxResultBytes?: number } = {},
): FilterRun {
  const reply = evaluate({
    dialect,
    profile: options.profile ?? 'csharp',
    path,
    body: typeof body === 'string' ? Buffer.from(body) : body,
    maxResultBytes: options.maxResultBytes ?? MAX_RESULT_BYTES,
  });
  return reply.kind === 'matched'
    ? { kind: reply.kind, text: Buffer.from(reply.json).toString(), reason: '' }
    : { kind: reply.kind, text: '', reason: reply.reason };
}
