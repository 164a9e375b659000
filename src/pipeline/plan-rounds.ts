import { type Datoshi, formatGas } from '../base/datoshi.js';
import type { PriceRound } from '../chain/gateway-calls.js';
import type { SpendShare } from '../gasbank/budgets.js';
import type { RoundPrediction } from '../gasbank/round-prediction-store.js';
import type { DueRound } from '../prices/due-rounds.js';
import { systemFeeFor } from './answer-fees.js';
import type { ChainPort, RoundEffect, TransactionTerms } from './chain-port.js';
import type { PlanLimits } from './planning.js';

/** Rounds in one `submitPrices`; the gateway refuses more (contracts/gateway/limits.go). */
export const MAX_ROUNDS = 64;
/** The first finds the gas, the second the charges; others are with fewer rounds. */
const MAX_TRIALS = 16;

/** A round as it goes out, with what it came of. */
export interface Outgoing {
  readonly due: DueRound;
  readonly round: PriceRound;
}

export interface PlannedRounds {
  readonly kind: 'send';
  readonly outgoing: readonly Outgoing[];
  readonly script: Buffer;
  readonly terms: TransactionTerms;
  /** Of each round whose charge is known: of all, where a preflight shows the charges. */
  readonly predictions: readonly RoundPrediction[];
  /** Of each round, in their order: who is expected to pay for it, null where only the node. */
  readonly effects: readonly RoundEffect[];
}

export type RoundsPlan =
  | PlannedRounds
  /** Others published all of them meanwhile. */
  | { readonly kind: 'none' }
  /** To be tried again later. */
  | { readonly kind: 'refused'; readonly reason: string };

export interface RoundPlanning {
  readonly chain: Pick<ChainPort, 'pricesScript' | 'networkFee' | 'preflight'>;
  readonly planLimits: PlanLimits;
}

/**
 * Puts rounds into one transaction by preflight; fewer of them where the gateway skips some, or all
 * would cost too much. Where sponsors pay, what is sent is what its last preflight saw, fees and
 * all, so that each charge is known to the datoshi.
 */
export async function planRounds(
  all: readonly Outgoing[],
  { chain, planLimits }: RoundPlanning,
  placed: Pick<TransactionTerms, 'nonce' | 'validUntilBlock'>,
): Promise<RoundsPlan> {
  const { margin, maxSystemFee, maxNetworkFee } = planLimits;
  let tried = all.slice(0, MAX_ROUNDS);
  let paid: Datoshi = 0n;
  for (let trial = 0; trial < MAX_TRIALS && tried.length > 0; trial++) {
    const script = chain.pricesScript(tried.map(({ round }) => round));
    const networkFee = chain.networkFee(script);
    const terms = { systemFee: paid, networkFee, ...placed };
    const preflight = await chain.preflight(script, terms, null);
    if (preflight.state === 'FAULT') {
      return { kind: 'refused', reason: `the gateway refuses them: ${preflight.exception}` };
    }
    const { priced, gasConsumed, contained } = preflight;
    const taken = tried.filter(({ round }) => priced?.has(round.pair));
    const systemFee = systemFeeFor(gasConsumed, margin);
    const isDear = systemFee > maxSystemFee || networkFee > maxNetworkFee;
    if (isDear && tried.length === 1) {
      const fees = `${formatGas(systemFee)} and ${formatGas(networkFee)} GAS`;
      const reason = `one round would cost ${fees} of system and network fee`;
      return { kind: 'refused', reason };
    }
    if (taken.length < tried.length || isDear) {
      tried = taken.length < tried.length ? taken : tried.slice(0, tried.length >> 1);
      paid = 0n;
      continue;
    }
    const effects = effectsOf(tried, priced);
    const isSeen = contained && paid >= gasConsumed + margin.minimum / 2n;
    const planned = { kind: 'send' as const, outgoing: tried, script, effects };
    if (isSeen || !contained || effects.every(({ payer }) => payer === null)) {
      const predictions = predictionsOf(tried, effects, isSeen);
      return { ...planned, terms: isSeen ? terms : { ...terms, systemFee }, predictions };
    }
    paid = systemFee;
  }
  if (tried.length === 0) return { kind: 'none' };
  return { kind: 'refused', reason: `${MAX_TRIALS} trials of them saw no two alike` };
}

const effectsOf = (
  outgoing: readonly Outgoing[],
  priced: ReadonlyMap<string, RoundEffect> | undefined,
): RoundEffect[] =>
  outgoing.map(({ round }) => priced?.get(round.pair) ?? { payer: null, fee: 0n });

/** A sponsor's fee is known only from a trial that paid what is sent; without one it is 0. */
const predictionsOf = (
  outgoing: readonly Outgoing[],
  effects: readonly RoundEffect[],
  isSeen: boolean,
): RoundPrediction[] =>
  outgoing.flatMap(({ round: { pair } }, at) => {
    const effect = effects[at];
    if (effect === undefined || (effect.payer !== null && !isSeen)) return [];
    return [{ pair, payer: effect.payer, fee: effect.fee }];
  });

/**
 * What the transaction costs, round by round in equal parts, the odd datoshi to the first: a
 * sponsor asked for the rounds of his feed, as a requester asks for answers. Whatever he does not
 * pay of it, his limits being what they are, is spent for him as well.
 */
export function sharesOfRounds({ effects, terms }: PlannedRounds): SpendShare[] {
  const fees = terms.systemFee + terms.networkFee;
  const each = fees / BigInt(effects.length);
  const odd = fees - each * BigInt(effects.length);
  return effects.map(({ payer }, at) => ({
    requestId: null,
    kind: 'price',
    requester: payer,
    amount: at === 0 ? each + odd : each,
  }));
}
