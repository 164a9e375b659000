import type { Datoshi } from '../base/datoshi.js';
import { type AnswerItem, describeWay, type ReadyAnswer } from './answer.js';
import { type AnswerEffect, predictCharge, systemFeeFor, wasClamped } from './answer-fees.js';
import type { Preflight, TransactionTerms } from './chain-port.js';
import type { PlannedTransaction, Planning } from './planning.js';
import { plainCharge, recentPlainCharge, withPlainMargin } from './rehearse-answer.js';
import { whyNotDelivered } from './why-not-delivered.js';

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
  /** What the plainest answer that he can have is charged, near enough. */
  readonly plain: Datoshi;
}

/** Rounds find who fits, what gas it takes and whose callback refuses; the last one proves it. */
const MAX_ROUNDS = 5;
const FEWEST = 2;

/**
 * Puts several answers into one transaction where that is safe: its preflight is clean and nobody's
 * charge comes near his maxFee. An answer that its callback would not take is kept at the gateway.
 * Whoever stands out is left to be planned alone, so that he costs the others nothing. When there
 * are more than a transaction may hold, or one of them brings it down, the last of them are left
 * for another transaction: they are in neither list.
 */
export async function planTogether(
  ready: readonly ReadyAnswer[],
  planning: Planning,
  terms: { readonly nonce: number; readonly validUntilBlock: number },
): Promise<TogetherPlan> {
  const { limits } = planning;
  const first = ready[0];
  let considered = ready;
  if (first === undefined || ready.length < FEWEST) return { transaction: null, alone: ready };
  const all = await membersOf(ready, planning, terms.validUntilBlock);
  let members: readonly Member[] = withinSystemFee(all, limits);
  if (members.length < FEWEST) return { transaction: null, alone: [first] };
  considered = members.map((member) => member.ready);
  const reasons = createReasons(planning);
  let seen = plainOf(members);
  let isGuess = true;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const trial = await tryTogether(members, seen, planning, terms);
    const fitting = howManyFit(members.length, trial.preflight, limits);
    if (fitting < FEWEST) break;
    if (fitting < members.length) {
      const left = new Set(members.slice(fitting).map((member) => member.ready));
      considered = considered.filter((one) => !left.has(one));
      members = members.slice(0, fitting);
      seen = plainOf(members);
      isGuess = true;
      continue;
    }
    if (trial.preflight.state === 'FAULT' || !trial.preflight.contained) break;
    if (trial.terms.networkFee > limits.maxNetworkFee) break;
    const { gasConsumed, effects } = trial.preflight;
    const systemFee = systemFeeFor(gasConsumed, limits.margin);
    const fits = ({ ready: { requestId, maxFee, kind }, plain }: Member): boolean => {
      const effect = effects.get(requestId);
      if (effect === undefined) return false;
      if (wasClamped(effect, maxFee)) return isGuess;
      const charge = predictCharge(effect, members.length, seen, systemFee);
      return charge + withPlainMargin(kind, plain) <= maxFee;
    };
    const next = members.filter(fits).map((member) => {
      const { requestId } = member.ready;
      const isTaken = effects.get(requestId)?.delivered === true;
      if (member.deliver && !isTaken) reasons.ask(requestId);
      return { ...member, deliver: member.deliver && isTaken };
    });
    const settled =
      seen >= gasConsumed + limits.margin.minimum / 2n &&
      next.length === members.length &&
      next.every(({ deliver }, place) => deliver === members[place]?.deliver);
    if (settled && !isGuess) {
      const inside = new Set(members.map((member) => member.ready));
      const alone = considered.filter((one) => !inside.has(one));
      const transaction = plannedOf(trial, effects, members, await reasons.told());
      return losesMoney(transaction, members, limits)
        ? { transaction: null, alone: considered }
        : { transaction, alone };
    }
    if (next.length < FEWEST) break;
    members = next;
    seen = systemFee;
    isGuess = false;
  }
  return { transaction: null, alone: considered };
}

async function membersOf(
  ready: readonly ReadyAnswer[],
  planning: Planning,
  validUntilBlock: number,
): Promise<readonly Member[]> {
  const members: Member[] = [];
  for (const one of ready) {
    const plain =
      recentPlainCharge(planning, one.kind, validUntilBlock) ??
      (await plainCharge(one, planning, validUntilBlock));
    members.push({ ready: one, deliver: one.inboxOnly === null, plain });
  }
  return members;
}

const plainOf = (members: readonly Member[]): Datoshi =>
  members.reduce((sum, { plain }) => sum + plain, 0n);

/** As many as fit by what they cost at the least: with dear ones, it would take rounds to see. */
function withinSystemFee(
  members: readonly Member[],
  { maxSystemFee }: Planning['limits'],
): readonly Member[] {
  let sum = 0n;
  const beyond = members.findIndex(({ plain }) => {
    sum += plain;
    return sum > maxSystemFee;
  });
  return beyond < 0 ? members : members.slice(0, beyond);
}

/** How many of them, from the first on, to try next: all where nothing stands in the way. */
function howManyFit(members: number, preflight: Preflight, limits: Planning['limits']): number {
  if (preflight.state === 'FAULT') {
    // Each further look at a callback that is slow would take as long.
    return preflight.limit === 'time' ? 0 : Math.floor(members / 2);
  }
  const systemFee = systemFeeFor(preflight.gasConsumed, limits.margin);
  if (systemFee <= limits.maxSystemFee) return members;
  return Number((BigInt(members) * limits.maxSystemFee) / systemFee);
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
  const fees = members.reduce((sum, { ready }) => sum + ready.maxFee, 0n);
  const maxGas = fees < limits.maxSystemFee ? fees : limits.maxSystemFee;
  const preflight = await chain.preflight(script, terms, maxGas);
  return { items, script, terms, preflight };
}

function plannedOf(
  { items, script, terms }: Trial,
  effects: ReadonlyMap<bigint, AnswerEffect>,
  members: readonly Member[],
  keptBecause: ReadonlyMap<bigint, string>,
): PlannedTransaction {
  const shares = `shares its transaction with ${items.length - 1} other answers`;
  const why = new Map(
    members.map(({ ready: { requestId, inboxOnly } }, at) => {
      const way = describeWay(items[at] as AnswerItem);
      const kept = inboxOnly ?? keptBecause.get(requestId);
      return [requestId, [way, kept, shares].filter((part) => part !== undefined).join('; ')];
    }),
  );
  // The transaction pays what its last trial saw, so that this tells each charge to the datoshi.
  const predictions = items.map(({ requestId, deliver }) => {
    const effect = effects.get(requestId);
    if (effect === undefined) throw new Error(`bug: no effect is known on request ${requestId}`);
    const { fee, lost, premium } = effect;
    return { requestId, delivered: deliver, fee, lost, premium, uncutFee: fee };
  });
  return { kind: 'send', items, script, terms, predictions, why };
}

/** True where the transaction costs more than its answers bring, and not all may do that. */
function losesMoney(
  { terms, predictions }: PlannedTransaction,
  members: readonly Member[],
  { allowLoss }: Planning['limits'],
): boolean {
  const brought = predictions.reduce((sum, { fee, premium }) => sum + fee + premium, 0n);
  if (brought >= terms.systemFee + terms.networkFee) return false;
  return members.some(({ ready: { kind } }) => !allowLoss.has(kind));
}

/** Why callbacks did not take their answer on trial; asked while the next trial runs. */
function createReasons({ chain }: Planning) {
  const asked = new Map<bigint, Promise<string | null>>();
  return {
    ask(requestId: bigint): void {
      // It explains, and decides nothing: without it the answer goes out as well.
      const reason = whyNotDelivered(requestId, chain).then(
        (why) => why.reason,
        () => null,
      );
      asked.set(requestId, reason);
    },
    async told(): Promise<ReadonlyMap<bigint, string>> {
      const told = new Map<bigint, string>();
      for (const [requestId, reason] of asked) {
        told.set(requestId, (await reason) ?? 'its callback did not take it on trial');
      }
      return told;
    },
  };
}
