import type { Hash256 } from '../base/hash.js';
import type { GatewayEvent } from '../chain/gateway-events.js';
import { type RoundDifferenceReason, roundDifference } from '../gasbank/round-difference.js';
import type { RoundPredictionStore } from '../gasbank/round-prediction-store.js';
import type { RoundStore } from '../prices/round-store.js';

/** A round that was charged otherwise than predicted. */
export interface FoundRoundDifference {
  readonly pair: string;
  readonly reason: RoundDifferenceReason;
}

/**
 * Holds what the rounds of a transaction of the node were charged against what was predicted
 * before it was signed; what differs is told with the round. Joins the caller's transaction, in
 * which the rounds were taken in.
 */
export function compareRounds(
  { rounds, predictions }: { rounds: RoundStore; predictions: RoundPredictionStore },
  events: readonly GatewayEvent[],
  tx: Hash256,
): FoundRoundDifference[] {
  const updates = events.flatMap((event) => (event.name === 'PriceUpdated' ? [event] : []));
  if (updates.length === 0) return [];
  const charged = new Map(updates.map((event) => [event.pair, event]));
  const predicted = predictions.of(tx);
  const skipped = predicted.filter(({ pair }) => !charged.has(pair)).length;
  const beside = { rounds: predicted.length, skipped };
  return predicted.flatMap((prediction) => {
    const { pair } = prediction;
    const event = charged.get(pair);
    if (event === undefined) return [];
    const difference = roundDifference(prediction, event, beside);
    if (difference === null) return [];
    rounds.noteCharge(pair, event.round, difference.text);
    return [{ pair, reason: difference.reason }];
  });
}
