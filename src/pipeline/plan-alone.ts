import type { HoldCause } from '../gasbank/held-spending.js';
import {
  type AnswerItem,
  describeWay,
  nextWay,
  type Obstacle,
  type ReadyAnswer,
} from './answer.js';
import { judge, type Verdict } from './judge-answer.js';
import type { PlannedTransaction, Planning } from './planning.js';
import { createPlainAfter, predictAlone, type Rehearsal, rehearse } from './rehearse-answer.js';
import { whyNotDelivered } from './why-not-delivered.js';

export { nonceOf } from './planning.js';

export type AlonePlan =
  /** `isCulprit`: the callback would have brought the transaction down. */
  | (PlannedTransaction & { readonly isCulprit: boolean })
  /** Nothing that maxFee pays for is left. */
  | { readonly kind: 'giveUp'; readonly reason: string }
  /** Not this request's fault: try again later. */
  | { readonly kind: 'hold'; readonly reason: string; readonly cause?: HoldCause };

const MAX_WAYS = 4;

/** A way of answering that was tried, and what is thought of it. */
interface Trial {
  readonly way: AnswerItem;
  readonly rehearsal: Rehearsal;
  readonly verdict: Verdict;
  /** What stood in the way of the way that was asked for. */
  readonly obstacle: Obstacle | null;
}

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
  const tryWay = createTrial(ready, planning, validUntilBlock);
  let isCulprit = false;
  for (let tried = 0; tried < MAX_WAYS; tried++) {
    const asked = nextWay(ready, obstacles);
    if (asked === null) break;
    const { way, rehearsal, verdict, obstacle } = await tryWay(asked);
    if (obstacle !== null) obstacles.push(obstacle);
    if (verdict.kind === 'hold') return verdict;
    if (verdict.kind === 'obstacle') {
      isCulprit ||= rehearsal.preflight.state === 'FAULT';
      if (verdict.obstacle !== obstacle) obstacles.push(verdict.obstacle);
      continue;
    }
    planning.slow.delete(ready.requestId);
    return {
      ...planned(way, rehearsal, ready, [...reasonsOf(obstacles), verdict.note]),
      isCulprit,
    };
  }
  planning.slow.delete(ready.requestId);
  return {
    kind: 'giveUp',
    reason: `maxFee pays for no answer: ${reasonsOf(obstacles).join('; ')}`,
  };
}

const reasonsOf = (obstacles: readonly Obstacle[]): string[] =>
  obstacles.map(({ reason }) => reason);

function createTrial(ready: ReadyAnswer, planning: Planning, validUntilBlock: number) {
  const plain = createPlainAfter(ready, planning, validUntilBlock);

  return async (way: AnswerItem): Promise<Trial> => {
    // A delivery that FAULTs in the block must leave enough for a plain answer.
    const [rehearsal, after] = await Promise.all([
      rehearse(way, ready, planning, validUntilBlock),
      way.deliver ? plain.estimate() : 0n,
    ]);
    if (wasKept(way, rehearsal)) return tryKept(way, rehearsal);
    let verdict = judge(way, rehearsal, after, ready, planning);
    if (way.deliver && isTooDear(verdict, rehearsal) && plain.isGuess()) {
      verdict = judge(way, rehearsal, await plain.measure(), ready, planning);
    }
    return { way, rehearsal, verdict, obstacle: null };
  };

  /** Where no callback is named, what was rehearsed is the answer that is kept. */
  async function tryKept(way: AnswerItem, rehearsal: Rehearsal): Promise<Trial> {
    const { isUnnamed, reason } = await whyNotDelivered(way.requestId, planning.chain);
    const obstacle: Obstacle = { way, kind: 'callbackFails', reason };
    if (!isUnnamed) return { way, rehearsal, verdict: { kind: 'obstacle', obstacle }, obstacle };
    const kept = { ...way, deliver: false };
    const same = { ...rehearsal, script: planning.chain.respondScript([kept]) };
    return {
      way: kept,
      rehearsal: same,
      verdict: judge(kept, same, 0n, ready, planning),
      obstacle,
    };
  }
}

const wasKept = ({ deliver, requestId }: AnswerItem, { preflight }: Rehearsal): boolean =>
  deliver && preflight.state === 'HALT' && preflight.effects.get(requestId)?.delivered === false;

const isTooDear = (verdict: Verdict, { preflight }: Rehearsal): boolean =>
  preflight.state === 'HALT' && verdict.kind === 'obstacle' && verdict.obstacle.kind === 'tooDear';

function planned(
  way: AnswerItem,
  { script, terms, due }: Rehearsal,
  { inboxOnly, maxFee }: ReadyAnswer,
  notes: readonly (string | null)[],
): PlannedTransaction {
  if (due === null) throw new Error(`bug: no charge is known of the answer to ${way.requestId}`);
  const why = [describeWay(way), inboxOnly, ...notes].filter((note) => note !== null).join('; ');
  return {
    kind: 'send',
    items: [way],
    script,
    terms,
    predictions: [predictAlone(way, due, maxFee)],
    why: new Map([[way.requestId, why]]),
  };
}
