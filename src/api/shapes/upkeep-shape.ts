import { z } from 'zod';
import { occurrenceText } from '../../automation/next-run.js';
import { TRIGGER_KINDS } from '../../automation/trigger.js';
import { UPKEEP_STATES } from '../../automation/upkeep-machine.js';
import type { UpkeepRun } from '../../automation/upkeep-store.js';
import type { UpkeepExplanation, UpkeepView } from '../../automation/upkeep-view-store.js';
import { account, amount, block, count, cursor, id, isoTime, time, txHash } from './values.js';

/** A time for cron, and a block for all others; the other one is null. */
const occurrenceShape = z.object({
  at: time().nullable(),
  block: block().nullable(),
  text: z.string(),
});

export const upkeepShape = z.object({
  id: id('the upkeep'),
  owner: account('its owner'),
  target: account('the contract that is called'),
  method: z.string(),
  trigger: z.string().meta({ description: 'as it was registered' }),
  triggerKind: z.enum(TRIGGER_KINDS).nullable().meta({ description: 'null: not readable' }),
  state: z.enum(UPKEEP_STATES),
  reason: z.string(),
  next: z.string().meta({ description: 'what happens next, in one sentence' }),
  nextDue: occurrenceShape.nullable(),
  lastDue: occurrenceShape.nullable(),
  isFunded: z.boolean(),
  maxFeeDatoshi: amount(),
  failures: count('failures in a row'),
  registeredBlock: block(),
  registeredAt: time(),
  registeredTx: txHash(),
});

export const upkeepPageShape = z.object({ items: z.array(upkeepShape), next: cursor() });

const runShape = z.object({
  due: occurrenceShape,
  block: block('block of the run'),
  at: time("that block's time"),
  tx: txHash(),
  isDelivered: z.boolean(),
  feeDatoshi: amount(),
  lostDatoshi: amount(),
  premiumDatoshi: amount(),
});

export const upkeepLifeShape = upkeepShape.extend({
  costs: z.object({
    runs: count('runs so far'),
    delivered: count('those whose call succeeded'),
    chargedDatoshi: amount(),
    mostChargedDatoshi: amount(),
  }),
  lastRuns: z.array(runShape).meta({ description: 'newest first' }),
});

type Kind = UpkeepView['kind'];

const occurrence = (kind: Kind, due: number) => ({
  at: kind === 'cron' ? isoTime(due) : null,
  block: kind === 'cron' ? null : due,
  text: occurrenceText(kind, due),
});

export const upkeepWire = (view: UpkeepView): z.input<typeof upkeepShape> => ({
  id: String(view.id),
  owner: view.owner,
  target: view.target,
  method: view.method,
  trigger: view.triggerText,
  triggerKind: view.kind,
  state: view.state,
  reason: view.reason,
  next: view.next,
  nextDue: view.nextDue === null ? null : occurrence(view.kind, view.nextDue),
  lastDue: view.lastDue === null ? null : occurrence(view.kind, view.lastDue),
  isFunded: view.isFunded,
  maxFeeDatoshi: String(view.maxFee),
  failures: view.failures,
  registeredBlock: view.registered.block,
  registeredAt: isoTime(view.registered.timeMs),
  registeredTx: view.registeredTx,
});

const runWire = (kind: Kind, run: UpkeepRun) => ({
  due: occurrence(kind, run.due),
  block: run.at.block,
  at: isoTime(run.at.timeMs),
  tx: run.tx,
  isDelivered: run.delivered,
  feeDatoshi: String(run.fee),
  lostDatoshi: String(run.lost),
  premiumDatoshi: String(run.premium),
});

export const upkeepLifeWire = (found: UpkeepExplanation): z.input<typeof upkeepLifeShape> => ({
  ...upkeepWire(found),
  costs: {
    runs: found.costs.runs,
    delivered: found.costs.delivered,
    chargedDatoshi: String(found.costs.charged),
    mostChargedDatoshi: String(found.costs.mostCharged),
  },
  lastRuns: found.lastRuns.map((run) => runWire(found.kind, run)),
});
