import type { AppliedTransaction, SendOptions } from '../../scripts/devnet/private-chain.js';
import type { PriceRound } from '../../src/chain/gateway-calls.js';
import type { KnownGatewayEvent } from '../../src/chain/gateway-events.js';
import { eventsOf, type Step } from './gateway-world.js';
import type { AnyWorld } from './requests.js';

/** Methods with a parameter that is a pair. */
export const PAIR_READERS = [
  'sponsorFeed',
  'chooseFeedSponsor',
  'feedSponsorOf',
  'feedSponsorshipOf',
  'latestPrice',
  'priceAt',
  'twap',
] as const;

/** A round; the defaults are enough where it does not matter. */
export const priceOf = (
  pair: string,
  timestamp: number,
  given: Partial<Omit<PriceRound, 'pair' | 'timestamp'>> = {},
): PriceRound => ({ pair, price: 450_000_000n, timestamp, confidenceBps: 12, ...given });

/** A step in which the node account publishes. */
export const published = (
  world: AnyWorld,
  rounds: readonly PriceRound[],
  options?: SendOptions,
): Step => [world.node, world.calls.submitPrices(rounds), options];

/** The `PriceUpdated` events of a transaction, in order. */
export const pricesIn = (
  world: AnyWorld,
  applied: AppliedTransaction,
): Extract<KnownGatewayEvent, { name: 'PriceUpdated' }>[] =>
  eventsOf(world, applied).filter((event) => event.name === 'PriceUpdated');

/** Time of a block in ms; by default of the latest. */
export async function timeOf({ network }: AnyWorld, index?: number): Promise<number> {
  const block = index ?? (await network.height());
  const { time } = await network.rpc.call<{ time: number }>('getblockheader', [block, 1]);
  return time;
}
