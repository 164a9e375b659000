import type { IntakeResult } from '../pipeline/intake.js';
import type { Metrics } from '../telemetry/metrics.js';

/** What is an old story while a database that was made anew catches up. */
export interface Seen {
  /** The database would know a transaction of the node's. */
  readonly knowsOwn: boolean;
  /** The node was in step with the chain since its start. */
  readonly wasInStep: boolean;
}

/** Counts what blocks brought. */
export function countBlocks(
  metrics: Metrics,
  result: IntakeResult,
  heights: { readonly height: number; readonly processed: number },
  { knowsOwn, wasInStep }: Seen,
): void {
  metrics.chain(heights);
  for (const answered of result.answered) {
    metrics.response(answered);
    metrics.charged(answered.kind, answered.charged);
  }
  for (const run of result.performed) {
    metrics.upkeepRun(run);
    metrics.charged('upkeep', run.charged);
  }
  for (const { reason } of result.differences) metrics.chargeDifference(reason);
  for (const { kind, amount } of result.fees) metrics.feesPaid(kind, amount);
  if (wasInStep) for (const { kind } of result.expired) metrics.unanswered(kind);
  if (knowsOwn) for (const what of result.foreign) metrics.foreignTransaction(what);
}
