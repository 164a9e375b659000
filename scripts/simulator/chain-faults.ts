import type { NodeConfig } from '../../src/config/node-config.js';
import type { Cast } from './actors.js';
import type {
  SimulatedChain,
  SimulatedTransaction,
  TransactionFate,
} from './chain/simulated-chain.js';
import { createEventLie, createLikelyLie } from './event-lie.js';
import type { Faults } from './faults.js';
import type { History } from './history.js';
import type { SeededRandom } from './seeded-random.js';

const MAX_LAG_BLOCKS = 8;
const MAX_LATE_BLOCKS = 12;

/** What becomes of a transaction of the node's; null: what its fees deserve. */
export function fateOf(
  { hash }: SimulatedTransaction,
  height: number,
  faults: Faults,
  random: SeededRandom,
  history: History,
): TransactionFate | null {
  const fate = drawFate(height, faults, random);
  history.note(`a transaction of the node comes in: ${fate?.kind ?? 'it goes its way'}`, hash);
  return fate;
}

function drawFate(height: number, faults: Faults, random: SeededRandom): TransactionFate | null {
  if (faults.strikes('transaction dropped')) return { kind: 'dropped' };
  if (faults.strikes('transaction never')) return { kind: 'never' };
  if (faults.strikes('transaction faulted')) {
    return { kind: 'faulted', exception: 'the chain is not what it was' };
  }
  if (!faults.strikes('transaction late')) return null;
  return { kind: 'held', untilIndex: height + random.between(2, MAX_LATE_BLOCKS) };
}

export interface Disturbed {
  readonly chain: SimulatedChain;
  readonly cast: Pick<Cast, 'gateway'>;
  readonly config: Pick<NodeConfig, 'network'>;
  readonly faults: Faults;
  readonly random: SeededRandom;
}

/** What endpoints do wrong until the next block. */
export function disturbEndpoints({ chain, cast, config, faults, random }: Disturbed): void {
  const { rpcUrls, quorum } = config.network;
  const count = rpcUrls.length;
  const parts = { chain, gateway: cast.gateway, faults, random };
  // What could be true is believed by a node that asks nobody else.
  const lieOfFirst = quorum > 1 ? createLikelyLie(parts) : count > 1 ? createEventLie(parts) : null;
  for (let at = 0; at < count; at++) {
    const endpoint = chain.faultsOf(at);
    endpoint.lagBlocks = faults.strikes('endpoint lags') ? random.between(1, MAX_LAG_BLOCKS) : 0;
    const lies = faults.strikes('endpoint lies about its height');
    endpoint.heightLie = lies ? random.pick([-20, -3, -1, 1, 3]) : 0;
    const loses = faults.strikes('endpoint loses transactions');
    const lie = at === 0 ? lieOfFirst : null;
    endpoint.intercept = (method, params) =>
      loses && method === 'sendrawtransaction'
        ? { result: { hash: `0x${'00'.repeat(32)}` } }
        : (lie?.(method, params) ?? null);
  }
}

export function healEndpoints(chain: SimulatedChain, count: number): void {
  for (let at = 0; at < count; at++) {
    const endpoint = chain.faultsOf(at);
    endpoint.lagBlocks = 0;
    endpoint.heightLie = 0;
    endpoint.intercept = null;
  }
}
