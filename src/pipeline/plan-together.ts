import type { Datoshi } from '../base/datoshi.js';
import { type AnswerItem, describeWay, type ReadyAnswer } from './answer.js';
import { predictCharge, systemFeeFor, wasClamped } from './answer-fees.js';
import type { Preflight, TransactionTerms } from './chain-port.js';
import { type PlannedTransaction, type Planning, plainCharge } from './plan-alone.js';

export interface TogetherPlan {
  /** Null when no two of them can share a transaction. */
  readonly transaction: PlannedTransaction | null;
  /** Those that need a look, and perhaps a transaction, of their own. */
  readonly alone: readonly ReadyAnswer[];
}

/** Somebody in the transaction, and whether his callback is called. */
interface Member {
  readonly ready: ReadyAnswer;
  readonly deliver: boolean;
}

/** The first round finds gas and callbacks that won't take their answer; the last one proves it. */
const MAX_ROUNDS = 4;

/**
 * Puts several answers into one transaction where that is safe: its preflight is clean and nobody's
 * charge comes near his maxFee. An answer that its callback would not take is kept at the gateway.
 * Whoever stands out is left to be planned alone, so that he costs the others nothing.
 */
export async function planTogether(
  ready: readonly ReadyAnswer[],
  planning: Planning,
  terms: { readonly nonce: number; readonly validUntilBlock: number },
): Promise<TogetherPlan> {
  const nobody: TogetherPlan = { transaction: null, alone: ready };
  const { limits } = planning;
  const first = ready[0];
  if (first === undefined || ready.length < 2) return nobody;
  const plain = planning.plain.last ?? (await plainCharge(first, planning, terms.validUntilBlock));
  let seen: Datoshi = plain * BigInt(ready.length);
  let members: readonly Member[] = ready.map((one) => ({ ready: one, deliver: true }));
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const trial = await tryTogether(members, seen, planning, terms);
    if (trial.preflight.state === 'FAULT' || !trial.preflight.contained) return nobody;
    const { gasConsumed, effects } = trial.preflight;
    const systemFee = systemFeeFor(gasConsumed, limits.margin);
    if (systemFee > limits.maxSystemFee) return nobody;
    if (trial.terms.networkFee > limits.maxNetworkFee) return nobody;
    const fits = ({ ready: { requestId, maxFee } }: Member): boolean => {
      const effect = effects.get(requestId);
      if (effect === undefined) return false;
      if (wasClamped(effect, maxFee)) return round === 0;
      return predictCharge(effect, members.length, seen, systemFee) + 2n * plain <= maxFee;
    };
    const next = members.filter(fits).map(({ ready: one, deliver }) => {
      return { ready: one, deliver: deliver && effects.get(one.requestId)?.delivered === true };
    });
    const settled =
      seen >= gasConsumed + limits.margin.minimum / 2n &&
      next.length === members.length &&
      next.every(({ deliver }, place) => deliver === members[place]?.deliver);
    if (settled && round > 0) {
      const inside = new Set(members.map((member) => member.ready));
      const alone = ready.filter((one) => !inside.has(one));
      return { transaction: plannedOf(trial, members.length), alone };
    }
    if (next.length < 2) return nobody;
    members = next;
    seen = systemFee;
  }
  return nobody;
}

interface Trial {
  readonly items: readonly AnswerItem[];
  readonly script: Buffer;
  readonly terms: TransactionTerms;
  readonly preflight: Preflight;
}

async function tryTogether(
  members: readonly Member[],
  systemFee: Datoshi,
  { chain, limits }: Planning,
  { nonce, validUntilBlock }: { nonce: number; validUntilBlock: number },
): Promise<Trial> {
  const items = members.map(({ ready, deliver }) => {
    const { requestId, code, result, lostTx } = ready;
    return { requestId, code, result, lostTx, deliver };
  });
  const script = chain.respondScript(items);
  const networkFee = chain.networkFee(script);
  const terms = { systemFee, networkFee, nonce, validUntilBlock };
  const preflight = await chain.preflight(script, terms, limits.maxSystemFee);
  return { items, script, terms, preflight };
}

function plannedOf(trial: Trial, answers: number): PlannedTransaction {
  const shares = `shares its transaction with ${answers - 1} other answers`;
  const why = new Map(
    trial.items.map((item) => [item.requestId, `${describeWay(item)}; ${shares}`]),
  );
  const { items, script, terms } = trial;
  return { kind: 'send', items, script, terms, why };
}
