import type { Datoshi } from '../base/datoshi.js';
import { ResponseCode } from '../base/outcome.js';
import type { SpendKind } from '../base/spend-kind.js';
import { type AnswerItem, isSuccessOnly, type ReadyAnswer } from './answer.js';
import {
  type Charge,
  chargeWithin,
  networkFeeBorne,
  type PredictedCharge,
  systemFeeFor,
} from './answer-fees.js';
import type { PendingTerms, Preflight, TransactionTerms } from './chain-port.js';
import { nonceOf, type Planning } from './planning.js';

/** How an answer alone in its transaction would end, and what it would be charged. */
export interface Rehearsal {
  readonly script: Buffer;
  /** Of the transaction that would be sent. */
  readonly terms: TransactionTerms;
  readonly preflight: Preflight;
  /** What the contract asks, whatever maxFee reaches; null where it does not answer. */
  readonly due: Charge | null;
}

/** Preflights an answer inside a transaction like the one that would be sent. */
export async function rehearse(
  way: AnswerItem,
  ready: ReadyAnswer,
  planning: Planning,
  validUntilBlock: number,
): Promise<Rehearsal> {
  const { chain, limits } = planning;
  const script = chain.respondScript([way]);
  const networkFee = chain.networkFee(script);
  const nonce = nonceOf(way.requestId);
  // A callback sees what its transaction pays: something like the real one, but below maxFee, so
  // that the charge in the event is not cut and tells its parts. Nobody sees it of other answers.
  const seen = way.deliver ? least(ready.maxFee / 2n, limits.maxSystemFee) : 0n;
  const first = { systemFee: seen, networkFee, nonce, validUntilBlock };
  const maxGas = way.deliver ? least(ready.maxFee, limits.maxSystemFee) : null;
  // Where it will be needed it is asked for at once, since the answer waits.
  const early = planning.bare.seen ? chain.pendingTerms(way.requestId) : null;
  const [preflight, pending] = await Promise.all([chain.preflight(script, first, maxGas), early]);
  if (preflight.state === 'FAULT') return { script, terms: first, preflight, due: null };
  const terms = { ...first, systemFee: systemFeeFor(preflight.gasConsumed, limits.margin) };
  planning.bare.seen = !preflight.contained;
  const due = await dueOf(preflight, way, { seen, paid: terms, pending }, ready, planning);
  return { script, terms, preflight, due };
}

async function dueOf(
  preflight: Extract<Preflight, { state: 'HALT' }>,
  { requestId }: AnswerItem,
  { seen, paid, pending }: { seen: Datoshi; paid: TransactionTerms; pending: PendingTerms | null },
  { maxFee }: ReadyAnswer,
  { chain }: Planning,
): Promise<Charge | null> {
  const effect = preflight.effects.get(requestId);
  if (effect === undefined) return null;
  const { lost } = effect;
  const borne = preflight.contained ? networkFeeBorne(effect, seen, maxFee) : null;
  if (borne !== null) return { fee: paid.systemFee + borne, lost, premium: effect.premium };
  const asked = pending ?? (await chain.pendingTerms(requestId));
  if (asked === null) return null;
  const { premium, networkFeeCeiling } = asked;
  return { fee: paid.systemFee + least(paid.networkFee, networkFeeCeiling), lost, premium };
}

const least = (a: Datoshi, b: Datoshi): Datoshi => (a < b ? a : b);

/** The charge of an answer alone in its transaction, exactly as its event will tell it. */
export function predictAlone(
  { requestId, deliver }: AnswerItem,
  due: Charge,
  maxFee: Datoshi,
): PredictedCharge {
  return { requestId, delivered: deliver, uncutFee: due.fee, ...chargeWithin(maxFee, due) };
}

/**
 * Measures the charge of the plainest answer that a request can have: without result and delivery,
 * or of a random one the proof without delivery; 0 where the gateway gives none.
 */
export async function plainCharge(
  ready: ReadyAnswer,
  planning: Planning,
  validUntilBlock: number,
): Promise<Datoshi> {
  const { requestId, code, result, kind } = ready;
  const answer = isSuccessOnly(kind)
    ? { code, result }
    : { code: ResponseCode.InsufficientFunds, result: Buffer.alloc(0) };
  const plain: AnswerItem = { requestId, ...answer, deliver: false, lostTx: null };
  const { due } = await rehearse(plain, ready, planning, validUntilBlock);
  if (due === null) return 0n;
  const charge = due.fee + due.premium;
  planning.plain[slotOf(kind)] = { charge, validUntilBlock };
  return charge;
}

/** A measured charge serves for so many blocks: the network's prices may change. */
const PLAIN_SERVES_BLOCKS = 100;
/** Proofs take the same to verify, whatever is proved: a tenth is room for all else. */
const DRAW_MARGIN_DIVISOR = 10n;

const slotOf = (kind: SpendKind): 'last' | 'lastDraw' =>
  isSuccessOnly(kind) ? 'lastDraw' : 'last';

/**
 * What is left for a plain answer whose charge was measured for another request of the kind. Plain
 * answers differ little: by a claim of lost fees, a premium, a longer number.
 */
export const withPlainMargin = (kind: SpendKind, charge: Datoshi): Datoshi =>
  isSuccessOnly(kind) ? charge + charge / DRAW_MARGIN_DIVISOR : 2n * charge;

/** The charge of a plain answer as last measured; null when that is too long ago. */
export function recentPlainCharge(
  { plain }: Planning,
  kind: SpendKind,
  validUntilBlock: number,
): Datoshi | null {
  const last = plain[slotOf(kind)] ?? null;
  const isOld = last !== null && validUntilBlock - last.validUntilBlock > PLAIN_SERVES_BLOCKS;
  return isOld ? null : (last?.charge ?? null);
}

/**
 * What a plain answer after a delivery may cost: as last measured for another request, with a
 * margin, since the answer waits for each look; measured only where there is no such figure, or
 * where maxFee is too small for the margin.
 */
export function createPlainAfter(ready: ReadyAnswer, planning: Planning, validUntilBlock: number) {
  let measured: Promise<Datoshi> | null = null;
  const measure = (): Promise<Datoshi> => {
    measured ??= plainCharge(ready, planning, validUntilBlock);
    return measured;
  };
  return {
    measure,
    isGuess: () => measured === null,
    estimate(): Datoshi | Promise<Datoshi> {
      const last = recentPlainCharge(planning, ready.kind, validUntilBlock);
      const isNeeded = last === null || measured !== null;
      return isNeeded ? measure() : withPlainMargin(ready.kind, last);
    },
  };
}
