import { type ChainMoment, dueRun } from '../automation/occurrences.js';
import { readTrigger } from '../automation/trigger.js';
import { type Datoshi, formatGas } from '../base/datoshi.js';
import { NodeError } from '../base/node-error.js';
import type { RegisteredUpkeep } from '../chain/gateway-reads.js';
import { systemFeeFor } from './answer-fees.js';
import { bpsText, type EstimateItem } from './estimate.js';
import { nonceOf, type PlanLimits } from './planning.js';
import type { UpkeepPort } from './upkeep-port.js';
import { whyNotCalled } from './why-not-called.js';

export interface UpkeepEstimateParts {
  readonly port: UpkeepPort;
  readonly limits: Pick<PlanLimits, 'margin' | 'maxSystemFee'>;
  /** The latest block: the trials run as if in the next one. */
  readonly now: ChainMoment;
}

export interface UpkeepQuestion {
  readonly upkeepId: bigint;
  readonly upkeep: RegisteredUpkeep;
  /** Of the policy, for upkeeps. */
  readonly minimum: Datoshi;
  /** Added to what is needed, in basis points. */
  readonly safetyBps: bigint;
}

export interface UpkeepEstimate {
  /** What to register with. */
  readonly maxFeeDatoshi: Datoshi;
  /** The same without the safety margin. */
  readonly neededDatoshi: Datoshi;
  readonly items: readonly EstimateItem[];
  /** What a run alone in its transaction is charged; the rest of maxFee comes back. */
  readonly chargeDatoshi: Datoshi;
  /** What a run without a call is charged, which the node holds back. */
  readonly reserveDatoshi: Datoshi;
  readonly minimumDatoshi: Datoshi;
  /** The occurrence that was tried: milliseconds for cron, else a block. */
  readonly due: number;
  /** Index of the latest block when it was estimated. */
  readonly height: number;
}

/**
 * What maxFee a registered upkeep needs so that the node runs it, alone or beside others, by trials
 * of `performUpkeeps` with an occurrence that may be run now. Throws a NodeError: ESTIMATE_REFUSED
 * where nothing can be tried, or the target isn't called; ESTIMATE_TOO_DEAR.
 */
export async function estimateUpkeep(
  parts: UpkeepEstimateParts,
  question: UpkeepQuestion,
): Promise<UpkeepEstimate> {
  const { upkeep, minimum, safetyBps } = question;
  const { limits, now } = parts;
  const due = dueNow(upkeep, now);
  const plain = await tryRun(parts, question, { due, deliver: false, paid: 0n });
  const reserve = plain.systemFee + plain.networkFee + upkeep.premium;
  const first = await tryRun(parts, question, { due, deliver: true, paid: reserve });
  const second = await tryRun(parts, question, { due, deliver: true, paid: first.systemFee });
  const run = second.systemFee > first.systemFee ? second : first;
  if (run.systemFee > limits.maxSystemFee) throw tooDear(run.systemFee, limits.maxSystemFee);
  const { networkFeeCeiling: ceiling } = upkeep;
  const networkFee = run.networkFee < ceiling ? run.networkFee : ceiling;
  const items: EstimateItem[] = [];
  const add = (what: string, datoshi: Datoshi): void => {
    if (datoshi !== 0n) items.push({ what, datoshi });
  };
  add(`a run of ${upkeep.method}, tried on the node`, run.gas);
  add("the node's margin on the system fee", run.systemFee - run.gas);
  add('network fee', networkFee);
  add('premium of the upkeep', upkeep.premium);
  const charge = run.systemFee + networkFee + upkeep.premium;
  add('a run without a call, held back in case the target FAULTs', reserve);
  add('the same again, as the node does beside other runs', reserve);
  const sum = charge + 2n * reserve;
  const needed = sum > minimum ? sum : minimum;
  add("up to the policy's minimum", needed - sum);
  const safety = (needed * safetyBps + 9_999n) / 10_000n;
  add(`safety margin of ${bpsText(safetyBps)}`, safety);
  return {
    maxFeeDatoshi: needed + safety,
    neededDatoshi: needed,
    items,
    chargeDatoshi: charge,
    reserveDatoshi: reserve,
    minimumDatoshi: minimum,
    due,
    height: now.block,
  };
}

interface TriedRun {
  readonly gas: Datoshi;
  readonly systemFee: Datoshi;
  readonly networkFee: Datoshi;
}

/** A run alone in a transaction that pays so much of system fee, as the node tries it. */
async function tryRun(
  { port, limits, now }: UpkeepEstimateParts,
  { upkeepId, upkeep }: UpkeepQuestion,
  { due, deliver, paid }: { due: number; deliver: boolean; paid: Datoshi },
): Promise<TriedRun> {
  const run = { upkeepId, due, deliver, lostTx: null };
  const script = port.performScript([run]);
  const networkFee = port.networkFee(script);
  const placed = { nonce: nonceOf(upkeepId), validUntilBlock: now.block + VALID_BLOCKS };
  const terms = { systemFee: paid, networkFee, ...placed };
  const preflight = await port.preflight(script, terms, deliver ? limits.maxSystemFee : null);
  if (preflight.state === 'FAULT') {
    if (preflight.limit === 'gas') throw tooDear(null, limits.maxSystemFee);
    throw refused(`a trial of the run FAULTed: ${preflight.exception}`, 'mend the target');
  }
  const effect = preflight.effects.get(upkeepId);
  if (effect === undefined) {
    throw refused(
      'the gateway would skip the run: it ran just now, or was cancelled',
      'ask again',
      true,
    );
  }
  if (deliver && !effect.delivered) {
    throw refused(
      `the target would not be called: ${await whyNotCalled({ upkeepId }, port)}`,
      upkeep.trigger.startsWith('when:') ? 'ask again when the condition holds' : 'mend the target',
      upkeep.trigger.startsWith('when:'),
    );
  }
  const gas = preflight.gasConsumed;
  return { gas, systemFee: systemFeeFor(gas, limits.margin), networkFee };
}

/** Of a trial, which nobody sends. */
const VALID_BLOCKS = 10;
const MINUTE_MS = 60_000;

/**
 * An occurrence that the gateway takes in the next block. Of `every:` it knows which are, so there
 * must be one; of the others it takes any after the last one.
 */
function dueNow(upkeep: RegisteredUpkeep, now: ChainMoment): number {
  const { lastDue, registered, isFunded } = upkeep;
  if (!isFunded) {
    throw refused(
      'nothing is locked for its next run, so that it does not run',
      'deposit for its owner and call fundUpkeep, then ask again',
    );
  }
  const read = readTrigger(upkeep.trigger);
  if (read.kind === 'refused') throw refused(`no node runs it: ${read.reason}`, 'register another');
  const { trigger } = read;
  if (trigger.kind === 'every') {
    const past = { registered: { block: registered, timeMs: 0 }, lastDue };
    const found = dueRun(trigger, past, { ...now, block: now.block + 1 });
    if (found !== null) return found.due;
    const passed = Math.floor((now.block + 1 - registered) / trigger.blocks);
    const next = registered + (passed + 1) * trigger.blocks;
    throw refused(
      `no occurrence is due: the next is block ${next}, the latest block is ${now.block}`,
      'ask as soon as the block before it is there, or with --wait',
      true,
    );
  }
  if (trigger.kind === 'cron') {
    const due = Math.floor(now.timeMs / MINUTE_MS) * MINUTE_MS;
    if (due > lastDue) return due;
    throw refused('it was registered or ran within this minute', 'ask again in a minute', true);
  }
  const due = trigger.kind === 'on' ? now.block : now.block + 1;
  if (due > lastDue) return due;
  throw refused(
    'it was registered or ran in the latest block',
    'ask again after the next block',
    true,
  );
}

const refused = (reason: string, hint: string, again = false): NodeError =>
  new NodeError('ESTIMATE_REFUSED', reason, { hint, details: { again } });

/** True of a refusal that passes by itself: an occurrence is still to come, or just ran. */
export const mayBeAskedAgain = (error: unknown): boolean =>
  error instanceof NodeError && error.code === 'ESTIMATE_REFUSED' && error.details.again === true;

function tooDear(needed: Datoshi | null, limit: Datoshi): NodeError {
  const what = needed === null ? 'more' : `${formatGas(needed)} GAS of system fee`;
  const message = `the run needs ${what}, the limit of one transaction is ${formatGas(limit)} GAS`;
  return new NodeError('ESTIMATE_TOO_DEAR', message, { hint: 'do less in the target' });
}
