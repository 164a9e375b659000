import type { ChainCore } from './chain-core.js';
import type { ChainHistory } from './chain-history.js';
import { type FeedSponsorship, Key, type Pair, type Sponsorship } from './gateway/records.js';
import type { StorageKey } from './machine.js';
import type { ChargeShift } from './simulated-chain.js';

interface Stored {
  readonly value: unknown;
  readonly bytes: number;
}

/** Moves the amount from the payer's credit to the earnings, and off the sponsor's allowance. */
export function shiftCharge(core: ChainCore, history: ChainHistory, shift: ChargeShift): void {
  const { payer, earner, amount, requestId, pair } = shift;
  const change = <T>({ name }: StorageKey, apply: (value: T) => T): void => {
    const key = `${core.gateway}/${name}`;
    const stored = core.state.get(key) as Stored | undefined;
    if (stored === undefined) return;
    core.state.set(key, { ...stored, value: apply(stored.value as T) });
  };
  change<Pair>(Key.balance(payer), (each) => ({ ...each, low: each.low - amount }));
  change<Pair>(Key.earned(earner), (each) => ({ ...each, low: each.low + amount }));
  if (pair !== null) {
    change<FeedSponsorship>(Key.feedSponsorship(pair, payer), (each) => ({
      ...each,
      allowance: each.allowance - amount,
    }));
  }
  const request = requestId === null ? undefined : history.requests.get(requestId);
  if (request !== undefined && request.requester !== payer) {
    const generation = history.sponsored.get(requestId as bigint);
    change<Sponsorship>(Key.sponsorship(payer, request.requester), (each) =>
      each.generation === generation ? { ...each, allowance: each.allowance - amount } : each,
    );
  }
  core.state.amendBlock();
}
