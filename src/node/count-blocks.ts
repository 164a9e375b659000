import type { IntakeResult } from '../pipeline/intake.js';
import type { Metrics } from '../telemetry/metrics.js';

/**
 * Counts what blocks brought. `knowsOwn`: the database would know a transaction of the node's; one
 * that was made anew, and catches up, knows none of those before it.
 */
export function countBlocks(
  metrics: Metrics,
  result: IntakeResult,
  heights: { readonly height: number; readonly processed: number },
  knowsOwn: boolean,
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
  if (knowsOwn) for (const what of result.foreign) metrics.foreignTransaction(what);
}
