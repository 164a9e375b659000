import type { CanaryEnding } from '../pipeline/canary.js';
import type { NodeOptions } from './node-options.js';

/** Counts what becomes of the node's requests to itself, from the start on. */
export function createCanaryFigures({
  config,
  clock,
  metrics,
}: Pick<NodeOptions, 'config' | 'clock' | 'metrics'>): (ending: CanaryEnding) => void {
  const everyMs = config.canary?.everyMs ?? 0;
  let failuresInARow = 0;
  let lastSuccessAtMs = clock.nowMs();
  const tell = (): void => metrics.canary({ failuresInARow, lastSuccessAtMs, everyMs });
  if (config.canary !== null) tell();
  return (ending) => {
    metrics.canaryRun(ending);
    const isSuccess = ending.outcome === 'success';
    failuresInARow = isSuccess ? 0 : failuresInARow + 1;
    if (isSuccess) lastSuccessAtMs = clock.nowMs();
    tell();
  };
}
