import type { Hash160 } from '../../../../src/base/hash.js';
import { GAS_UNITS } from '../gas-prices.js';
import type { CallContext } from '../machine.js';
import { type Item, item, textItem, toBoolean, toList } from '../vm-item.js';
import {
  atMost,
  earn,
  lock,
  lostFee,
  requireCharging,
  shareOf,
  split,
  unlock,
} from './charging.js';
import { whole } from './checks.js';
import { requireNode } from './keys.js';
import { getProgress, Key, loadSettings, putProgress, type Upkeep } from './records.js';
import { Trigger } from './triggers.js';

/* contracts/gateway/running.go */

const MAX_RUNS = 32;
const MS_IN_MINUTE = 60_000n;
const ALL = 0x0fn;
const READ_ONLY = 0x05n;

interface Performed {
  readonly id: bigint;
  readonly upkeep: Upkeep;
  readonly due: bigint;
  readonly delivered: boolean;
  readonly lost: bigint;
  readonly locked: bigint;
}

interface Placed extends Performed {
  readonly used: bigint;
  readonly place: number;
}

export function performUpkeeps(c: CallContext, [given]: readonly Item[]): undefined {
  requireCharging(
    c,
    'performUpkeeps must be called by the entry script',
    "performUpkeeps must be the transaction's first call into the gateway",
  );
  const runs = toList(given ?? null);
  if (runs.length > MAX_RUNS) c.refuse('more than 32 runs in one performUpkeeps');
  const index = c.executingIndex();
  requireNode(c, index);
  const { executor } = loadSettings(c);
  const { systemFee, networkFee, sender } = c.container;
  const done: Placed[] = [];
  let shared = systemFee;
  runs.forEach((run, place) => {
    const before = c.execution.gasLeft();
    c.execution.use(GAS_UNITS.runItem);
    const fields = toList(run);
    if (fields.length !== 4) c.refuse('a run is not [id, due, deliver, lostTx]');
    const performed = perform(c, fields, index, executor);
    const used = before - c.execution.gasLeft();
    shared -= used;
    if (performed !== null) done.push({ ...performed, used, place });
  });
  if (done.length < runs.length) shared -= c.execution.gasLeft();
  let earned = 0n;
  for (const performed of done) earned += chargeRun(c, performed, shared, runs.length, networkFee);
  earn(c, sender, earned, 0);
  c.notify('Earned', sender, earned);
}

function perform(
  c: CallContext,
  fields: readonly Item[],
  index: number,
  executor: Hash160,
): Performed | null {
  const [ofId = null, ofDue = null, deliver = null, lostTx = null] = fields;
  const id = whole(c, ofId, 'the id of a run is not from 0 to 2^63-1');
  const due = whole(c, ofDue, 'due of a run is not from 0 to 2^63-1');
  const progress = getProgress(c, id);
  if (progress === null || !progress.funded || due <= progress.due) return null;
  const upkeep = c.getRecord<Upkeep>(Key.upkeep(id));
  if (upkeep === null) throw new Error('bug: progress of no upkeep');
  if (!hasCome(c, upkeep, due, index)) return null;
  const lost = lostTx === null ? 0n : lostOf(c, id, lostTx, upkeep, progress.lastRun);
  const funded = lock(c, upkeep.owner, upkeep.maxFee);
  putProgress(c, id, { due, lastRun: index, funded });
  const delivered =
    toBoolean(deliver) && isMet(c, upkeep, executor) && callTarget(c, upkeep, executor);
  return { id, upkeep, due, delivered, lost, locked: funded ? upkeep.maxFee : 0n };
}

function lostOf(
  c: CallContext,
  id: bigint,
  lostTx: Item,
  { networkFeeCeiling }: Upkeep,
  lastRun: number,
): bigint {
  const { lost, height } = lostFee(c, id, lostTx, networkFeeCeiling);
  if (height <= lastRun) c.refuse("lostTx is not in a block after the upkeep's last run");
  return lost;
}

function hasCome(c: CallContext, upkeep: Upkeep, due: bigint, index: number): boolean {
  if (upkeep.kind === Trigger.cron) {
    if (due % MS_IN_MINUTE !== 0n) {
      c.refuse("due of a run is not a full minute, though the upkeep's trigger is cron");
    }
    return due <= BigInt(c.world.timeMs);
  }
  const since = due - BigInt(upkeep.registered);
  if (upkeep.kind === Trigger.every && since % BigInt(upkeep.every) !== 0n) {
    c.refuse("due of a run is not a multiple of the trigger's blocks after the registration");
  }
  return upkeep.kind === Trigger.on ? due < BigInt(index) : due <= BigInt(index);
}

function isMet(c: CallContext, upkeep: Upkeep, executor: Hash160): boolean {
  if (upkeep.kind !== Trigger.when) return true;
  if (!c.hasMethod(upkeep.target, upkeep.condition, 0)) return false;
  const args = [item(upkeep.target), textItem(upkeep.condition), [], READ_ONLY];
  let said: Item = null;
  const thrown = c.execution.attempt(() => {
    said = c.call(executor, 'call', args);
  });
  return thrown === null && said === true;
}

function callTarget(c: CallContext, { target, method, args }: Upkeep, executor: Hash160): boolean {
  if (!c.hasMethod(target, method, args.length)) return false;
  const given = [item(target), textItem(method), args, ALL];
  c.execution.use(GAS_UNITS.target);
  return c.execution.attempt(() => c.call(executor, 'call', given)) === null;
}

function chargeRun(
  c: CallContext,
  { id, upkeep, due, delivered, locked, ...performed }: Placed,
  shared: bigint,
  n: number,
  networkFee: bigint,
): bigint {
  const { owner, maxFee } = upkeep;
  const common = shared + atMost(networkFee, upkeep.networkFeeCeiling);
  const share = shareOf(performed.used, performed.place, common, n);
  const { fee, lost, premium } = split(maxFee, share, performed.lost, upkeep.premium);
  const charged = fee + lost + premium;
  unlock(c, owner, maxFee, maxFee - charged);
  c.notify('UpkeepPerformed', id, owner, due, delivered, fee, lost, premium, locked);
  return charged;
}
