import { type Datoshi, parseGas } from '../../src/base/datoshi.js';
import type { SignedTransaction } from '../../src/chain/transaction.js';
import { deployConsumer, depositCredit } from '../devnet/contracts.js';
import type { Devnet } from '../devnet/devnet.js';
import { httpAsk, MAX_FEE, OWNER_GAS_FOR_REQUEST, prepareBurst } from './burst.js';
import type { HttpsSource } from './https-source.js';

/** One who asks: the devnet with a consumer and its owner of his own. */
export interface Asker {
  readonly kind: 'greedy' | 'modest' | 'small';
  readonly devnet: Devnet;
}

/** Those who ask a sixth of all each. */
const MODEST = 3;
/** Deploying a consumer and more. */
const SPARE_GAS = parseGas('100');

/** One greedy asker, three modest ones and a small one, each with means for so many requests. */
export async function fundAskers(devnet: Devnet, requests: number): Promise<Asker[]> {
  const times = (amount: Datoshi): Datoshi => amount * BigInt(requests);
  await devnet.fund(devnet.owner.hash, times(OWNER_GAS_FOR_REQUEST));
  const others = await Promise.all(
    Array.from({ length: MODEST + 1 }, async (_, at): Promise<Asker> => {
      const owner = await devnet.newAccount(SPARE_GAS + times(OWNER_GAS_FOR_REQUEST));
      const consumer = await deployConsumer(devnet, owner, devnet.gateway);
      return { kind: at < MODEST ? 'modest' : 'small', devnet: { ...devnet, owner, consumer } };
    }),
  );
  const askers: Asker[] = [{ kind: 'greedy', devnet }, ...others];
  const { faucet, gateway } = devnet;
  await Promise.all(
    askers.map(({ devnet: { consumer } }) =>
      depositCredit(devnet, faucet, gateway, consumer, times(MAX_FEE)),
    ),
  );
  return askers;
}

/** Requests of one block: half of the greedy one's, one of the small one's. */
export function sharesOf(askers: readonly Asker[], requests: number): number[] {
  const greedy = Math.floor(requests / 2);
  const modest = Math.max(1, Math.floor((requests - greedy - 1) / MODEST));
  return askers.map(({ kind }) => ({ greedy, modest, small: 1 })[kind]);
}

/** The transactions of all askers for one block. */
export async function prepareBlock(
  askers: readonly Asker[],
  source: HttpsSource,
  requests: number,
): Promise<SignedTransaction[]> {
  const counts = sharesOf(askers, requests);
  const prepared = await Promise.all(
    askers.map(({ devnet }, at) => prepareBurst(devnet, httpAsk(devnet, source), counts[at] ?? 0)),
  );
  return prepared.flat();
}
