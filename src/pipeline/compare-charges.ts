import type { Hash256 } from '../base/hash.js';
import type { GatewayEvent } from '../chain/gateway-events.js';
import { chargeDifference, type DifferenceReason } from '../gasbank/charge-difference.js';
import type { PredictionStore } from '../gasbank/prediction-store.js';
import type { RequestStore } from '../requests/request-store.js';

/** A charge that is not the predicted one. */
export interface FoundDifference {
  readonly requestId: bigint;
  readonly reason: DifferenceReason;
}

/**
 * Holds what a transaction of the node was charged for its answers against what was predicted
 * before it was signed; what differs is told in its request's history. Joins the caller's
 * transaction.
 */
export function compareCharges(
  { requests, predictions }: { requests: RequestStore; predictions: PredictionStore },
  events: readonly GatewayEvent[],
  at: { readonly tx: Hash256; readonly block: number; readonly atMs: number },
): FoundDifference[] {
  const charged = new Map(
    events.flatMap((event) => (event.name === 'Response' ? [[event.id, event] as const] : [])),
  );
  if (charged.size === 0) return [];
  const predicted = predictions.of(at.tx);
  const skipped = predicted.filter(({ requestId }) => !charged.has(requestId)).length;
  return predicted.flatMap((prediction) => {
    const { requestId } = prediction;
    const event = charged.get(requestId);
    const maxFee = requests.brief(requestId)?.maxFee;
    if (event === undefined || maxFee === undefined) return [];
    const difference = chargeDifference(prediction, event, { skipped, maxFee });
    if (difference === null) return [];
    const { reason, text } = difference;
    requests.note(requestId, { ...at, what: 'charged otherwise than predicted', why: text });
    return [{ requestId, reason }];
  });
}
