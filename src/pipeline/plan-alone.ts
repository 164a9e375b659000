import { type Datoshi, formatGas } from '../base/datoshi.js';
import { ResponseCode } from '../base/outcome.js';
import {
  type AnswerItem,
  describeWay,
  nextWay,
  type Obstacle,
  type ReadyAnswer,
} from './answer.js';
import { type FeeMargin, systemFeeFor } from './answer-fees.js';
import type { ChainPort, Preflight, TransactionTerms } from './chain-port.js';

export interface PlanLimits {
  readonly margin: FeeMargin;
  /** Of one transaction's system fee: the operator's, and at most the network's. */
  readonly maxSystemFee: Datoshi;
  /** Of one transaction's network fee. */
  readonly maxNetworkFee: Datoshi;
}

/** A charge, and the last block of the transaction that it was measured for. */
export interface MeasuredCharge {
  readonly charge: Datoshi;
  readonly validUntilBlock: number;
}

/** What planning works with. */
export interface Planning {
  readonly chain: ChainPort;
  readonly limits: PlanLimits;
  /** The charge of a plain answer as last measured, or null: near enough for most decisions. */
  readonly plain: { last: MeasuredCharge | null };
  /** Requests whose callback was once too slow: the next time that is its fault. */
  readonly slow: Set<bigint>;
}

/** A transaction that is worth signing, with what each of its answers is and why. */
export interface PlannedTransaction {
  readonly kind: 'send';
  readonly items: readonly AnswerItem[];
  readonly script: Buffer;
  readonly terms: TransactionTerms;
  /** By request: how it is answered, and what stood in the way of better. */
  readonly why: ReadonlyMap<bigint, string>;
}

export type AlonePlan =
  /** `isCulprit`: the callback would have brought the transaction down. */
  | (PlannedTransaction & { readonly isCulprit: boolean })
  /** Nothing that maxFee pays for is left. */
  | { readonly kind: 'giveUp'; readonly reason: string }
  /** Not this request's fault: try again later. */
  | { readonly kind: 'hold'; readonly reason: string };

/** The nonce by which a later answer can claim the fees of a transaction that FAULTed. */
export const nonceOf = (requestId: bigint): number => Number(requestId & 0xffffffffn);

const MAX_WAYS = 4;

/**
 * Finds the best answer that a request can have in a transaction of its own, by preflight of one
 * way after the other. Its whole fee is charged to the request.
 */
export async function planAlone(
  ready: ReadyAnswer,
  planning: Planning,
  validUntilBlock: number,
): Promise<AlonePlan> {
  const obstacles: Obstacle[] = [];
  const plain = createPlainAfter(ready, planning, validUntilBlock);
  let isCulprit = false;
  for (let tried = 0; tried < MAX_WAYS; tried++) {
    const way = nextWay(ready, obstacles);
    if (way === null) break;
    // A delivery that FAULTs in the block must leave enough for a plain answer.
    const [rehearsal, after] = await Promise.all([
      rehearse(way, ready, planning, validUntilBlock),
      way.deliver ? plain.estimate() : 0n,
    ]);
    let verdict = judge(way, rehearsal, after, ready, planning);
    if (way.deliver && isTooDear(verdict, rehearsal) && plain.isGuess()) {
      verdict = judge(way, rehearsal, await plain.measure(), ready, planning);
    }
    if (verdict.kind === 'hold') return verdict;
    if (verdict.kind === 'obstacle') {
      isCulprit ||= rehearsal.preflight.state === 'FAULT';
      obstacles.push(verdict.obstacle);
      continue;
    }
    const { script, terms } = rehearsal;
    const why = [describeWay(way), ...obstacles.map(({ reason }) => reason)].join('; ');
    const told = { items: [way], why: new Map([[way.requestId, why]]) };
    return { kind: 'send', script, terms, ...told, isCulprit };
  }
  const reasons = obstacles.map(({ reason }) => reason).join('; ');
  return { kind: 'giveUp', reason: `maxFee pays for no answer: ${reasons}` };
}

/** A measured charge serves for so many blocks: the network's prices may change. */
const PLAIN_SERVES_BLOCKS = 100;
/** Plain answers differ little: by a claim of lost fees, a premium, a longer number. */
const PLAIN_MARGIN = 2n;

/**
 * What a plain answer after a delivery may cost: as last measured for another request, with a
 * margin, since the answer waits for each look; measured only where there is no such figure, or
 * where maxFee is too small for the margin.
 */
function createPlainAfter(ready: ReadyAnswer, planning: Planning, validUntilBlock: number) {
  let measured: Promise<Datoshi> | null = null;
  const measure = (): Promise<Datoshi> => {
    measured ??= plainCharge(ready, planning, validUntilBlock);
    return measured;
  };
  return {
    measure,
    isGuess: () => measured === null,
    estimate(): Datoshi | Promise<Datoshi> {
      const last = recentPlainCharge(planning, validUntilBlock);
      return last === null || measured !== null ? measure() : PLAIN_MARGIN * last;
    },
  };
}

/** The charge of a plain answer as last measured; null when that is too long ago. */
export function recentPlainCharge(
  { plain: { last } }: Planning,
  validUntilBlock: number,
): Datoshi | null {
  const isOld = last !== null && validUntilBlock - last.validUntilBlock > PLAIN_SERVES_BLOCKS;
  return isOld ? null : (last?.charge ?? null);
}

const isTooDear = (verdict: Verdict, { preflight }: Rehearsal): boolean =>
  preflight.state === 'HALT' && verdict.kind === 'obstacle' && verdict.obstacle.kind === 'tooDear';

interface Rehearsal {
  readonly script: Buffer;
  readonly terms: TransactionTerms;
  readonly preflight: Preflight;
}

/**
 * Preflights inside a transaction like the one that would be sent. The fees that its script sees
 * are below maxFee, so that the charge in its event is not cut and tells its parts.
 */
async function rehearse(
  way: AnswerItem,
  ready: ReadyAnswer,
  { chain, limits }: Planning,
  validUntilBlock: number,
): Promise<Rehearsal> {
  const script = chain.respondScript([way]);
  const networkFee = chain.networkFee(script);
  const nonce = nonceOf(way.requestId);
  const half = ready.maxFee / 2n;
  const seen = least(half, limits.maxSystemFee);
  const first = { systemFee: seen, networkFee, nonce, validUntilBlock };
  const maxGas = way.deliver ? least(ready.maxFee, limits.maxSystemFee) : null;
  const preflight = await chain.preflight(script, first, maxGas);
  if (preflight.state === 'FAULT') return { script, terms: first, preflight };
  const systemFee = systemFeeFor(preflight.gasConsumed, limits.margin);
  return { script, terms: { ...first, systemFee }, preflight };
}

const least = (a: Datoshi, b: Datoshi): Datoshi => (a < b ? a : b);

type Verdict =
  | { readonly kind: 'fits' }
  | { readonly kind: 'obstacle'; readonly obstacle: Obstacle }
  | { readonly kind: 'hold'; readonly reason: string };

/** `after`: what must be left of maxFee. */
function judge(
  way: AnswerItem,
  { preflight, terms }: Rehearsal,
  after: Datoshi,
  ready: ReadyAnswer,
  planning: Planning,
): Verdict {
  const { limits } = planning;
  const obstacle = (kind: Obstacle['kind'], reason: string): Verdict => ({
    kind: 'obstacle',
    obstacle: { way, kind, reason },
  });
  if (preflight.state === 'FAULT') return judgeFault(way, preflight, ready, planning);
  const effect = preflight.effects.get(way.requestId);
  if (effect === undefined) {
    return { kind: 'hold', reason: 'the gateway holds this request pending no longer' };
  }
  if (way.deliver && !effect.delivered) {
    return obstacle(
      'callbackFails',
      'the contract named no callback, or the one it named is missing or throws',
    );
  }
  if (terms.systemFee > limits.maxSystemFee) {
    const limit = formatGas(limits.maxSystemFee);
    const needed = `${describeWay(way)} needs ${formatGas(terms.systemFee)} GAS of system fee`;
    return obstacle('tooMuchGas', `${needed}, the limit of one transaction is ${limit}`);
  }
  if (terms.networkFee > limits.maxNetworkFee) {
    const limit = `pipeline.maxNetworkFee is ${formatGas(limits.maxNetworkFee)}`;
    return {
      kind: 'hold',
      reason: `the network asks ${formatGas(terms.networkFee)} GAS, ${limit}`,
    };
  }
  // What was lost is lost: it is no reason to keep the last, cheapest answer back.
  const lost = way.result.length === 0 && !way.deliver ? 0n : effect.lost;
  const charge = terms.systemFee + terms.networkFee + lost + effect.premium;
  if (charge + after > ready.maxFee) {
    const extra = after === 0n ? '' : ` and ${formatGas(after)} for a plain answer after it`;
    const needed = `${describeWay(way)} needs ${formatGas(charge)} GAS${extra}`;
    return obstacle('tooDear', `${needed}, maxFee is ${formatGas(ready.maxFee)}`);
  }
  return { kind: 'fits' };
}

function judgeFault(
  way: AnswerItem,
  { exception, limit }: Extract<Preflight, { state: 'FAULT' }>,
  { maxFee }: ReadyAnswer,
  { limits, slow }: Planning,
): Verdict {
  const reason = `preflight FAULTed: ${exception}`;
  if (!way.deliver && way.lostTx !== null) {
    const told = `the gateway refuses the answer with its claim of lost fees (${reason})`;
    return { kind: 'obstacle', obstacle: { way, kind: 'refused', reason: told } };
  }
  if (!way.deliver) {
    return { kind: 'hold', reason: `the gateway refuses the answer (${reason})` };
  }
  if (limit === 'time' && !slow.has(way.requestId)) {
    // An endpoint that stalls looks the same: one more try tells.
    slow.add(way.requestId);
    return { kind: 'hold', reason: `the preflight of the callback was slow: ${exception}` };
  }
  if (limit !== 'gas') {
    const kind = 'callbackFails';
    return { kind: 'obstacle', obstacle: { way, kind, reason: `the callback fails (${reason})` } };
  }
  const isTooDear = maxFee <= limits.maxSystemFee;
  const bound = isTooDear
    ? `maxFee is ${formatGas(maxFee)}`
    : `the limit of one transaction is ${formatGas(limits.maxSystemFee)}`;
  const told = `${describeWay(way)} needs more GAS than there is (${reason}), ${bound}`;
  const kind = isTooDear ? 'tooDear' : 'tooMuchGas';
  return { kind: 'obstacle', obstacle: { way, kind, reason: told } };
}

/** Measures the charge of an answer without result and delivery; 0 where the gateway refuses it. */
export async function plainCharge(
  ready: ReadyAnswer,
  planning: Planning,
  validUntilBlock: number,
): Promise<Datoshi> {
  const plain: AnswerItem = {
    requestId: ready.requestId,
    code: ResponseCode.InsufficientFunds,
    result: Buffer.alloc(0),
    deliver: false,
    lostTx: null,
  };
  const { preflight, terms } = await rehearse(plain, ready, planning, validUntilBlock);
  if (preflight.state === 'FAULT') return 0n;
  const premium = preflight.effects.get(ready.requestId)?.premium ?? 0n;
  const charge = terms.systemFee + terms.networkFee + premium;
  planning.plain.last = { charge, validUntilBlock };
  return charge;
}
