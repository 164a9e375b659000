import { type Datoshi, formatGas } from '../base/datoshi.js';
import type { HoldCause } from '../gasbank/held-spending.js';
import {
  type AnswerItem,
  describeWay,
  isCheapest,
  type Obstacle,
  type ReadyAnswer,
} from './answer.js';
import { chargeWithin } from './answer-fees.js';
import type { Preflight } from './chain-port.js';
import type { Planning } from './planning.js';
import type { Rehearsal } from './rehearse-answer.js';

export type Verdict =
  /** `note`: what the operator pays of it himself, or null. */
  | { readonly kind: 'fits'; readonly note: string | null }
  | { readonly kind: 'obstacle'; readonly obstacle: Obstacle }
  /** Not this request's fault: try again later. */
  | { readonly kind: 'hold'; readonly reason: string; readonly cause?: HoldCause };

/** Whether a rehearsed answer may be sent; `after`: what must be left of maxFee. */
export function judge(
  way: AnswerItem,
  rehearsal: Rehearsal,
  after: Datoshi,
  ready: ReadyAnswer,
  planning: Planning,
): Verdict {
  const { preflight, terms, due } = rehearsal;
  const { limits } = planning;
  if (preflight.state === 'FAULT') return judgeFault(way, preflight, ready, planning);
  if (due === null) {
    return { kind: 'hold', reason: 'the gateway holds this request pending no longer' };
  }
  if (terms.systemFee > limits.maxSystemFee) {
    const limit = formatGas(limits.maxSystemFee);
    const needed = `${describeWay(way)} needs ${formatGas(terms.systemFee)} GAS of system fee`;
    const reason = `${needed}, the limit of one transaction is ${limit}`;
    return { kind: 'obstacle', obstacle: { way, kind: 'tooMuchGas', reason } };
  }
  if (terms.networkFee > limits.maxNetworkFee) {
    const limit = `pipeline.maxNetworkFee is ${formatGas(limits.maxNetworkFee)}`;
    return {
      kind: 'hold',
      reason: `the network asks ${formatGas(terms.networkFee)} GAS, ${limit}`,
    };
  }
  const isLast = isCheapest(ready.kind, way);
  const mayLose = limits.allowLoss.has(ready.kind);
  // What was lost is lost: it is no reason to keep the last, cheapest answer back.
  const charge = isLast ? due.fee : due.fee + due.lost + due.premium;
  if (charge + after > ready.maxFee && !(isLast && mayLose)) {
    const extra = after === 0n ? '' : ` and ${formatGas(after)} for a plain answer after it`;
    const needed = `${describeWay(way)} needs ${formatGas(charge)} GAS${extra}`;
    const reason = `${needed}, maxFee is ${formatGas(ready.maxFee)}`;
    return { kind: 'obstacle', obstacle: { way, kind: 'tooDear', reason } };
  }
  return judgeLoss(way, rehearsal, { due, isLast, mayLose }, ready);
}

/** What the transaction costs the node, against what its answer will be charged. */
function judgeLoss(
  way: AnswerItem,
  { terms }: Rehearsal,
  known: { due: NonNullable<Rehearsal['due']>; isLast: boolean; mayLose: boolean },
  { maxFee, kind }: ReadyAnswer,
): Verdict {
  const { fee, premium } = chargeWithin(maxFee, known.due);
  const cost = terms.systemFee + terms.networkFee;
  const loss = cost - fee - premium;
  if (loss <= 0n) return { kind: 'fits', note: null };
  const lossText = `${formatGas(loss)} of its ${formatGas(cost)} GAS are charged to nobody`;
  const reason = `${lossText} (gasbank.allowLoss.${kind} is ${known.mayLose})`;
  if (known.mayLose) return { kind: 'fits', note: reason };
  const told = `${describeWay(way)} would lose money: ${reason}`;
  // The request bears network fees up to a ceiling: a smaller answer may be below it.
  return known.isLast
    ? { kind: 'hold', reason: told, cause: 'loss' }
    : { kind: 'obstacle', obstacle: { way, kind: 'tooMuchGas', reason: told } };
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
