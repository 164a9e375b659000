import { Price } from '../gas-prices.js';
import type { CallContext } from '../machine.js';
import { type Item, item, serializedBytes, textItem } from '../vm-item.js';
import { nextId } from './asking.js';
import { lock, unlock } from './charging.js';
import { account, callerOf, isOutsider, text, whole } from './checks.js';
import { Kind } from './kinds.js';
import {
  getProgress,
  Key,
  loadSettings,
  type Progress,
  putProgress,
  type Settings,
  type Upkeep,
} from './records.js';
import { parseTrigger, Trigger } from './triggers.js';

/* contracts/gateway/upkeeps.go */

export function registerUpkeep(c: CallContext, given: readonly Item[]): bigint {
  const [who = null, name = null, list = null, when = null, fee = null] = given;
  const settings = loadSettings(c);
  const trigger = parseTrigger(c, when);
  const target = account(c, who, 'target of registerUpkeep is not a Hash160 (20 bytes)');
  const method = text(
    c,
    name,
    64,
    'method of registerUpkeep is longer than 64 bytes',
    'method of registerUpkeep is not UTF-8',
  );
  if (method === '' || method.startsWith('_')) {
    c.refuse('method of registerUpkeep is empty or starts with an underscore');
  }
  const args = upkeepArgs(c, list);
  const maxFee = whole(c, fee, 'maxFee of registerUpkeep is not from 0 to 2^63-1');
  const upkeep = admit(c, settings, { ...trigger, target, method, args, maxFee });
  const isCron = upkeep.kind === Trigger.cron;
  const due = BigInt(isCron ? c.world.timeMs : upkeep.registered);
  const id = nextId(c, 0n);
  c.putRecord(Key.upkeep(id), upkeep);
  putProgress(c, id, { due, lastRun: upkeep.registered, funded: true });
  c.notify(
    'UpkeepRegistered',
    id,
    upkeep.owner,
    target,
    textItem(method),
    textItem(upkeep.trigger),
    maxFee,
  );
  return id;
}

type Wanted = Omit<Upkeep, 'owner' | 'premium' | 'networkFeeCeiling' | 'registered'>;

function admit(c: CallContext, { paused, policy, executor }: Settings, wanted: Wanted): Upkeep {
  const { target, method, args, trigger, kind, every, condition, maxFee } = wanted;
  if (paused) c.refuse('the gateway is paused: it takes no new upkeeps');
  if (maxFee < (policy.minimums[Kind.upkeep] ?? 0n)) {
    c.refuse("maxFee of registerUpkeep is below the policy's minimum for upkeeps");
  }
  const owner = callerOf(c, executor);
  if (!isOutsider(c, target, executor)) {
    c.refuse('target of registerUpkeep is a native contract, the gateway or the executor');
  }
  if (!c.hasMethod(target, method, args.length)) {
    c.refuse(
      'target of registerUpkeep has no such method with as many parameters as there are args',
    );
  }
  if (kind === Trigger.when && !c.hasMethod(target, condition, 0)) {
    c.refuse('the condition that when: names is no method of the target without parameters');
  }
  if (!lock(c, owner, maxFee)) c.refuse("the owner's credit is below maxFee of registerUpkeep");
  return {
    owner,
    target,
    method,
    args,
    trigger,
    kind,
    every,
    condition,
    maxFee,
    premium: policy.premiums[Kind.upkeep] ?? 0n,
    networkFeeCeiling: policy.networkFeeCeiling,
    registered: c.executingIndex(),
  };
}

function upkeepArgs(c: CallContext, given: Item): readonly Item[] {
  if (given === null) return [];
  c.execution.use(Price.nativeCall + Price.serialize);
  if (!Array.isArray(given)) c.refuse('args of registerUpkeep is not an array');
  const args = given as readonly Item[];
  if (args.length > 16) c.refuse('args of registerUpkeep is more than 16 items');
  if (serializedBytes(args) > 512) {
    c.refuse('args of registerUpkeep is longer than 512 bytes when serialised');
  }
  return args;
}

function progressOf(c: CallContext, id: bigint): Progress {
  const progress = getProgress(c, id);
  if (progress === null) throw new Error('bug: an upkeep without progress');
  return progress;
}

function upkeepBy(c: CallContext, given: Item | undefined, method: string) {
  const id = whole(c, given ?? null, `id of ${method} is not from 0 to 2^63-1`);
  const upkeep = c.getRecord<Upkeep>(Key.upkeep(id));
  if (upkeep === null) return c.refuse(`no upkeep has the id of ${method}`);
  return { id, upkeep };
}

export function fundUpkeep(c: CallContext, [given]: readonly Item[]): undefined {
  const { id, upkeep } = upkeepBy(c, given, 'fundUpkeep');
  const progress = progressOf(c, id);
  if (progress.funded) c.refuse('the upkeep is funded already');
  if (!lock(c, upkeep.owner, upkeep.maxFee)) {
    c.refuse("the credit of the upkeep's owner is below its maxFee");
  }
  putProgress(c, id, { ...progress, funded: true });
  c.notify('UpkeepFunded', id, upkeep.maxFee);
}

export function cancelUpkeep(c: CallContext, [given]: readonly Item[]): undefined {
  const { id, upkeep } = upkeepBy(c, given, 'cancelUpkeep');
  if (callerOf(c, loadSettings(c).executor) !== upkeep.owner) {
    c.refuse("only the upkeep's owner may cancel it");
  }
  if (progressOf(c, id).funded) unlock(c, upkeep.owner, upkeep.maxFee, upkeep.maxFee);
  c.remove(Key.upkeep(id));
  c.remove(Key.progress(id));
  c.notify('UpkeepCancelled', id);
}

export function upkeepOf(c: CallContext, [given]: readonly Item[]): Item {
  const id = whole(c, given ?? null, 'id of upkeepOf is not from 0 to 2^63-1');
  const found = c.getRecord<Upkeep>(Key.upkeep(id));
  if (found === null) return null;
  const { due, lastRun, funded } = progressOf(c, id);
  return item([
    found.owner,
    found.target,
    textItem(found.method),
    found.args,
    textItem(found.trigger),
    found.maxFee,
    found.premium,
    found.networkFeeCeiling,
    found.registered,
    due,
    lastRun,
    funded,
  ]);
}
