import type { UpkeepStore } from '../automation/upkeep-store.js';
import type { Hash256 } from '../base/hash.js';
import type { GatewayEvent } from '../chain/gateway-events.js';
import { chargeDifference, type DifferenceReason } from '../gasbank/charge-difference.js';
import type { PredictionStore } from '../gasbank/prediction-store.js';
import type { RequestStore } from '../requests/request-store.js';

/** A charge that is not the predicted one. */
export interface FoundDifference {
  /** Or the upkeep's. */
  readonly requestId: bigint;
  readonly reason: DifferenceReason;
}

export interface ComparedStores {
  readonly requests: RequestStore;
  readonly upkeeps: UpkeepStore;
  readonly predictions: PredictionStore;
}

/**
 * Holds what a transaction of the node was charged for its answers or runs against what was
 * predicted before it was signed; what differs is told in the request's history, or with the
 * upkeep's last run. Joins the caller's transaction, in which the events were taken in.
 */
export function compareCharges(
  { requests, upkeeps, predictions }: ComparedStores,
  events: readonly GatewayEvent[],
  at: { readonly tx: Hash256; readonly block: number; readonly atMs: number },
): FoundDifference[] {
  const charged = new Map(
    events.flatMap((event) =>
      event.name === 'Response' || event.name === 'UpkeepPerformed'
        ? [[event.id, event] as const]
        : [],
    ),
  );
  if (charged.size === 0) return [];
  const predicted = predictions.of(at.tx);
  const skipped = predicted.filter(({ requestId }) => !charged.has(requestId)).length;
  return predicted.flatMap((prediction) => {
    const { requestId } = prediction;
    const event = charged.get(requestId);
    const isRun = event?.name === 'UpkeepPerformed';
    const upkeep = isRun ? upkeeps.get(requestId) : null;
    const maxFee = upkeep?.maxFee ?? requests.brief(requestId)?.maxFee;
    if (event === undefined || maxFee === undefined) return [];
    const difference = chargeDifference(prediction, event, { skipped, maxFee, isRun });
    if (difference === null) return [];
    const { reason, text } = difference;
    const what = 'charged otherwise than predicted';
    if (upkeep === null) requests.note(requestId, { ...at, what, why: text });
    else upkeeps.note(requestId, { reason: `${upkeep.reason}; ${what}: ${text}` });
    return [{ requestId, reason }];
  });
}
