import { GAS_UNITS, Price } from '../gas-prices.js';
import type { CallContext } from '../machine.js';
import { VmFault } from '../vm-fault.js';
import { type Item, item, toList } from '../vm-item.js';
import { callbackArgs, deliveryOf } from './answering.js';
import { account, callerOf, isOutsider, text, whole } from './checks.js';
import { type Kept, Key, loadSettings } from './records.js';

/* contracts/gateway/results.go */

const MAX_IDS = 64;

function forget(c: CallContext, id: bigint, kept: Kept): void {
  c.remove(Key.kept(id));
  if (kept.delivers) c.remove(Key.delivery(id));
}

export function takeResult(c: CallContext, [given]: readonly Item[]): Item {
  const id = whole(c, given ?? null, 'id of takeResult is not from 0 to 2^63-1');
  const requester = callerOf(c, loadSettings(c).executor);
  const kept = c.getRecord<Kept>(Key.kept(id));
  if (kept === null) return c.refuse('no result of this id is kept');
  if (requester !== kept.requester) c.refuse('only the requester may take a result');
  forget(c, id, kept);
  c.notify('ResultTaken', id);
  return item([kept.code, kept.result]);
}

export function redeliver(c: CallContext, [given]: readonly Item[]): undefined {
  const id = whole(c, given ?? null, 'id of redeliver is not from 0 to 2^63-1');
  const kept = c.getRecord<Kept>(Key.kept(id));
  if (kept === null) return c.refuse('no result of this id is kept to redeliver');
  if (!kept.delivers) c.refuse('the request named no callback to redeliver to');
  if (c.executingIndex() <= kept.answered) {
    c.refuse("redeliver is not possible in the answer's own block");
  }
  const delivery = deliveryOf(c, id);
  if (!c.hasMethod(kept.requester, delivery.callback, 4)) {
    c.refuse('the requester has no such callback with 4 parameters');
  }
  forget(c, id, kept);
  c.notify('Redelivered', id);
  const args = callbackArgs(delivery, id, BigInt(kept.code), kept.result);
  c.call(kept.requester, delivery.callback, args);
}

export function dropResults(c: CallContext, [given]: readonly Item[]): undefined {
  c.execution.use(GAS_UNITS.idList);
  const ids = toList(given ?? null);
  if (ids.length > MAX_IDS) c.refuse('more than 64 ids in one dropResults');
  const index = c.executingIndex();
  for (const each of ids) {
    c.execution.use(GAS_UNITS.idItem);
    const id = whole(c, each, 'an id of dropResults is not from 0 to 2^63-1');
    const kept = c.getRecord<Kept>(Key.kept(id));
    if (kept === null || index <= kept.keptUntil) continue;
    forget(c, id, kept);
    c.notify('ResultDropped', id);
  }
}

export function rehearse(c: CallContext, [who, name, given]: readonly Item[]): undefined {
  if (c.container.systemFee !== 0n) {
    c.refuse('rehearse runs under invokescript only: the system fee is not 0');
  }
  const target = account(c, who ?? null, 'requester of rehearse is not a Hash160 (20 bytes)');
  const method = text(
    c,
    name ?? null,
    32,
    'callback of rehearse is longer than 32 bytes',
    'callback of rehearse is not UTF-8',
  );
  if (!isOutsider(c, target, loadSettings(c).executor)) {
    c.refuse('requester of rehearse is a native contract, the gateway or the executor');
  }
  if (method === '' || method.startsWith('_')) {
    c.refuse('callback of rehearse is empty or starts with an underscore');
  }
  const args = toList(given ?? null);
  if (args.length !== 4) c.refuse('args of rehearse are not 4');
  if (!c.hasMethod(target, method, 4)) {
    throw new VmFault(
      'ABORTMSG is executed. Reason: rehearsed: no such callback with 4 parameters',
    );
  }
  c.execution.use(Price.runtimeRead);
  const thrown = c.execution.attempt(() => c.call(target, method, args));
  const said = thrown === null ? 'returned' : `threw ${thrown.text ?? ''}`;
  throw new VmFault(`ABORTMSG is executed. Reason: rehearsed: ${said}`);
}
