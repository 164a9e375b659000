import type { Datoshi } from '../base/datoshi.js';
import { type AnswerItem, describeWay, nextWay, type ReadyAnswer } from './answer.js';
import { predictCharge, systemFeeFor, wasClamped } from './answer-fees.js';
import type { ChainPort, Preflight, TransactionTerms } from './chain-port.js';
import { type PlannedTransaction, type Planning, plainCharge } from './plan-alone.js';

export interface TogetherPlan {
  /** Null when no two of them can share a transaction. */
  readonly transaction: PlannedTransaction | null;
  /** Those that need a look, and perhaps a transaction, of their own. */
  readonly alone: readonly ReadyAnswer[];
}

/**
 * Puts several answers into one transaction where that is safe: its preflight is clean, every
 * callback took its answer, and nobody's charge comes near his maxFee. Whoever stands out is left
 * to be planned alone, so that he costs the others nothing.
 */
export async function planTogether(
  ready: readonly ReadyAnswer[],
  planning: Planning,
  terms: { readonly nonce: number; readonly validUntilBlock: number },
): Promise<TogetherPlan> {
  const nobody: TogetherPlan = { transaction: null, alone: ready };
  const first = ready[0];
  if (first === undefined || ready.length < 2) return nobody;
  const { chain, limits } = planning;
  const plain = planning.plain.last ?? (await plainCharge(first, planning, terms.validUntilBlock));
  // One round finds the gas, the second proves the very transaction that would be sent.
  let seen: Datoshi = plain * BigInt(ready.length);
  let members = ready;
  const alone: ReadyAnswer[] = [];
  for (let round = 0; round < 3; round++) {
    const trial = await tryTogether(members, seen, chain, terms);
    if (trial.preflight.state === 'FAULT' || !trial.preflight.contained) return nobody;
    const systemFee = systemFeeFor(trial.preflight.gasConsumed, limits.margin);
    if (systemFee > limits.maxSystemFee) return nobody;
    const { effects } = trial.preflight;
    const fits = (member: ReadyAnswer): boolean => {
      const effect = effects.get(member.requestId);
      if (effect === undefined || !effect.delivered) return false;
      if (round > 0 && wasClamped(effect, member.maxFee)) return false;
      const charge = predictCharge(effect, members.length, seen, systemFee);
      return charge + 2n * plain <= member.maxFee;
    };
    const staying = members.filter(fits);
    const enough = seen >= trial.preflight.gasConsumed + limits.margin.minimum / 2n;
    const settled = round > 0 && staying.length === members.length && enough;
    if (settled) return { transaction: plannedOf(trial, members), alone };
    alone.push(...members.filter((member) => !staying.includes(member)));
    if (staying.length < 2) return nobody;
    members = staying;
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
  members: readonly ReadyAnswer[],
  systemFee: Datoshi,
  chain: ChainPort,
  { nonce, validUntilBlock }: { nonce: number; validUntilBlock: number },
): Promise<Trial> {
  const items = members.map((member) => nextWay(member, []) as AnswerItem);
  const script = chain.respondScript(items);
  const networkFee = chain.networkFee(script);
  const terms = { systemFee, networkFee, nonce, validUntilBlock };
  return { items, script, terms, preflight: await chain.preflight(script, terms) };
}

function plannedOf(trial: Trial, members: readonly ReadyAnswer[]): PlannedTransaction {
  const shared = members.length - 1;
  const why = new Map(
    trial.items.map((item) => [
      item.requestId,
      `${describeWay(item)}; shares its transaction with ${shared} other answers`,
    ]),
  );
  const { items, script, terms } = trial;
  return { kind: 'send', items, script, terms, why };
}
