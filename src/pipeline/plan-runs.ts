import { type Datoshi, formatGas } from '../base/datoshi.js';
import type { Hash160, Hash256 } from '../base/hash.js';
import type { HoldCause } from '../gasbank/held-spending.js';
import type { Prediction } from '../gasbank/prediction-store.js';
import { type AnswerEffect, chargeWithin, systemFeeFor, wasClamped } from './answer-fees.js';
import type { Preflight, TransactionTerms } from './chain-port.js';
import type { MeasuredCharge, PlanLimits } from './planning.js';
import type { UpkeepPort } from './upkeep-port.js';

/** A run of an upkeep that is to be made now. */
export interface ReadyRun {
  readonly upkeepId: bigint;
  readonly owner: Hash160;
  readonly maxFee: Datoshi;
  /** Milliseconds for cron, else a block. */
  readonly due: number;
  /** False where only what an earlier transaction lost is claimed. */
  readonly deliver: boolean;
  readonly lostTx: Hash256 | null;
}

/** A run that would fail, and why. */
export interface FailingRun {
  readonly run: ReadyRun;
  readonly reason: string;
}

export interface PlannedRuns {
  readonly kind: 'send';
  readonly runs: readonly ReadyRun[];
  readonly script: Buffer;
  readonly terms: TransactionTerms;
  /** Of each run, in their order. */
  readonly predictions: readonly Prediction[];
  /** What the operator pays of it himself; null where others pay all. */
  readonly note: string | null;
}

export type RunsPlan = (
  | PlannedRuns
  /** None of them can be run. */
  | { readonly kind: 'none' }
  /** Together they can't: each half may. */
  | { readonly kind: 'split' }
  /** Not their fault: try again later. */
  | { readonly kind: 'hold'; readonly reason: string; readonly cause: HoldCause | null }
) & { readonly failing: readonly FailingRun[] };

/** What planning works with, and what it has learnt. */
export interface RunPlanning {
  readonly chain: UpkeepPort;
  readonly limits: PlanLimits;
  /** The charge of a run without a call, as last measured, or null. */
  readonly plain: { last: MeasuredCharge | null };
}

interface Trial {
  readonly script: Buffer;
  readonly terms: TransactionTerms;
  readonly preflight: Preflight;
}

type Placed = Pick<TransactionTerms, 'nonce' | 'validUntilBlock'>;

/** The first finds the gas, the second the charges; each later one is without somebody. */
const MAX_ROUNDS = 5;
/** A measured charge serves for so many blocks: the network's prices may change. */
const PLAIN_SERVES_BLOCKS = 100;

/**
 * Puts runs into one transaction by preflight. Whoever fails there is left out with the reason, so
 * that he costs the others nothing but a look. What is sent is what its last preflight saw, fees
 * and all, so that each charge is known to the datoshi.
 */
export async function planRuns(
  ready: readonly ReadyRun[],
  planning: RunPlanning,
  placed: Placed,
): Promise<RunsPlan> {
  const { limits } = planning;
  const after = await plainCharge(ready, planning, placed);
  const failing: FailingRun[] = [];
  const plan = <T extends object>(what: T): T & { failing: readonly FailingRun[] } => ({
    ...what,
    failing,
  });
  let members = ready;
  let seen: Datoshi = after * BigInt(members.length);
  let isGuess = true;
  for (let round = 0; round < MAX_ROUNDS && members.length > 0; round++) {
    const [only] = members;
    const isLone = members.length === 1;
    const trial = await tryRuns(members, seen, planning, placed);
    const { preflight, terms } = trial;
    if (preflight.state === 'FAULT') {
      if (!isLone) return plan({ kind: 'split' as const });
      failing.push({ run: only as ReadyRun, reason: `preflight FAULTed: ${preflight.exception}` });
      return plan({ kind: 'none' as const });
    }
    const systemFee = systemFeeFor(preflight.gasConsumed, limits.margin);
    if (systemFee > limits.maxSystemFee && !isLone) return plan({ kind: 'split' as const });
    if (systemFee > limits.maxSystemFee) {
      const needed = `it needs ${formatGas(systemFee)} GAS of system fee`;
      const limit = `the limit of one transaction is ${formatGas(limits.maxSystemFee)}`;
      failing.push({ run: only as ReadyRun, reason: `${needed}, ${limit}` });
      return plan({ kind: 'none' as const });
    }
    if (terms.networkFee > limits.maxNetworkFee) {
      const asks = `the network asks ${formatGas(terms.networkFee)} GAS`;
      const limit = `pipeline.maxNetworkFee is ${formatGas(limits.maxNetworkFee)}`;
      return plan({ kind: 'hold' as const, reason: `${asks}, ${limit}`, cause: null });
    }
    if (!preflight.contained) {
      if (!isLone) return plan({ kind: 'split' as const });
      return planBare(only as ReadyRun, { ...trial, preflight }, { systemFee, after }, planning);
    }
    const { effects } = preflight;
    const reasons = members.map((run) =>
      whyNot(run, effects.get(run.upkeepId), { isGuess, isLone, after }),
    );
    members.forEach((run, at) => {
      const reason = reasons[at];
      if (reason !== null && reason !== undefined) failing.push({ run, reason });
    });
    const next = members.filter((_, at) => reasons[at] === null);
    const covers = seen >= preflight.gasConsumed + limits.margin.minimum / 2n;
    if (!isGuess && covers && next.length === members.length) {
      return plan(plannedOf(members, trial, effects, limits));
    }
    members = next;
    seen = systemFee;
    isGuess = false;
  }
  if (members.length === 0) return plan({ kind: 'none' as const });
  if (members.length > 1) return plan({ kind: 'split' as const });
  const reason = 'what it uses differs from preflight to preflight';
  failing.push({ run: members[0] as ReadyRun, reason });
  return plan({ kind: 'none' as const });
}

async function tryRuns(
  members: readonly ReadyRun[],
  systemFee: Datoshi,
  { chain, limits }: RunPlanning,
  placed: Placed,
): Promise<Trial> {
  const script = chain.performScript(members);
  const terms = { systemFee, networkFee: chain.networkFee(script), ...placed };
  const fees = members.reduce((sum, { maxFee }) => sum + maxFee, 0n);
  const calls = members.some(({ deliver }) => deliver);
  const preflight = await chain.preflight(
    script,
    terms,
    calls ? least(fees, limits.maxSystemFee) : null,
  );
  return { script, terms, preflight };
}

/** Why a run of a preflight would better not be made; null where it may. */
function whyNot(
  run: ReadyRun,
  effect: AnswerEffect | undefined,
  { isGuess, isLone, after }: { isGuess: boolean; isLone: boolean; after: Datoshi },
): string | null {
  if (effect === undefined) return 'the gateway would skip this run';
  if (!run.deliver) return null;
  if (!effect.delivered) return NOT_CALLED;
  if (isGuess) return null;
  const charge = effect.fee + effect.lost + effect.premium;
  // Should it FAULT in the block, that and a run without a call must be paid. With others their
  // share may shift.
  const reserve = isLone ? after : 2n * after;
  if (charge + reserve <= run.maxFee && !wasClamped(effect, run.maxFee)) return null;
  return tooDear(charge, after, run.maxFee);
}

/** What the gateway's try says; `whyNotCalled` finds out more. */
export const NOT_CALLED = 'the gateway would not get through to its target';

/** How reasons begin that tell of fees: alone a run may do with less, its reserve is smaller. */
export const TOO_DEAR = 'it needs ';

const tooDear = (charge: Datoshi, after: Datoshi, maxFee: Datoshi): string =>
  `${TOO_DEAR}${formatGas(charge)} GAS and ${formatGas(after)} for a run without a call ` +
  `after it, maxFee is ${formatGas(maxFee)}`;

function plannedOf(
  runs: readonly ReadyRun[],
  { script, terms }: Trial,
  effects: ReadonlyMap<bigint, AnswerEffect>,
  limits: PlanLimits,
): PlannedRuns | { kind: 'hold'; reason: string; cause: HoldCause } {
  const predictions = runs.map(({ upkeepId, deliver }) => {
    const effect = effects.get(upkeepId);
    if (effect === undefined) throw new Error(`bug: no effect is known on upkeep ${upkeepId}`);
    const { fee, lost, premium } = effect;
    return { requestId: upkeepId, delivered: deliver, fee, lost, premium, uncutFee: fee };
  });
  return settled(runs, script, terms, predictions, limits);
}

/** Sends what pays; holds what does not, unless the operator allows it. */
function settled(
  runs: readonly ReadyRun[],
  script: Buffer,
  terms: TransactionTerms,
  predictions: readonly Prediction[],
  { allowLoss }: PlanLimits,
): PlannedRuns | { kind: 'hold'; reason: string; cause: HoldCause } {
  const cost = terms.systemFee + terms.networkFee;
  const brought = predictions.reduce(
    (sum, { fee, lost, premium }) => sum + fee + lost + premium,
    0n,
  );
  const planned = { kind: 'send' as const, runs, script, terms, predictions };
  if (brought >= cost) return { ...planned, note: null };
  const mayLose = allowLoss.has('upkeep');
  const loss = `${formatGas(cost - brought)} of its ${formatGas(cost)} GAS are charged to nobody`;
  const note = `${loss} (gasbank.allowLoss.upkeep is ${mayLose})`;
  return mayLose
    ? { ...planned, note }
    : { kind: 'hold', reason: `it would lose money: ${note}`, cause: 'loss' };
}

/** Where a preflight shows no fees: one run alone is charged all of them, up to the ceiling. */
async function planBare(
  run: ReadyRun,
  { script, terms: tried, preflight }: Trial & { preflight: Extract<Preflight, { state: 'HALT' }> },
  { systemFee, after }: { systemFee: Datoshi; after: Datoshi },
  { chain, limits }: RunPlanning,
): Promise<RunsPlan> {
  const none = (reason: string): RunsPlan => ({ kind: 'none', failing: [{ run, reason }] });
  const effect = preflight.effects.get(run.upkeepId);
  const upkeep = await chain.upkeepOf(run.upkeepId);
  if (effect === undefined || upkeep === null) return none('the gateway would skip this run');
  if (run.deliver && !effect.delivered) return none(NOT_CALLED);
  const terms = { ...tried, systemFee };
  const fee = systemFee + least(terms.networkFee, upkeep.networkFeeCeiling);
  const { lost } = effect;
  const { premium } = upkeep;
  if (run.deliver && fee + lost + premium + after > run.maxFee) {
    return none(tooDear(fee + lost + premium, after, run.maxFee));
  }
  const charged = chargeWithin(run.maxFee, { fee, lost, premium });
  const prediction = { requestId: run.upkeepId, delivered: run.deliver, ...charged, uncutFee: fee };
  return { ...settled([run], script, terms, [prediction], limits), failing: [] };
}

/** The charge of a run without a call; 0 where the gateway would skip even that. */
async function plainCharge(
  ready: readonly ReadyRun[],
  planning: RunPlanning,
  placed: Placed,
): Promise<Datoshi> {
  const { last } = planning.plain;
  const { validUntilBlock } = placed;
  const isFresh = last !== null && validUntilBlock - last.validUntilBlock <= PLAIN_SERVES_BLOCKS;
  if (isFresh) return last.charge;
  const [first] = ready;
  if (first === undefined) return 0n;
  const plain = { ...first, deliver: false, lostTx: null };
  const { preflight, terms } = await tryRuns([plain], 0n, planning, placed);
  if (preflight.state === 'FAULT' || !preflight.effects.has(first.upkeepId)) return 0n;
  const systemFee = systemFeeFor(preflight.gasConsumed, planning.limits.margin);
  const premium = preflight.effects.get(first.upkeepId)?.premium ?? 0n;
  const charge = systemFee + terms.networkFee + premium;
  planning.plain.last = { charge, validUntilBlock };
  return charge;
}

const least = (a: Datoshi, b: Datoshi): Datoshi => (a < b ? a : b);
