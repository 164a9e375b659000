import { GAS_UNITS } from '../gas-prices.js';
import type { CallContext } from '../machine.js';
import { type Item, toList } from '../vm-item.js';
import { release } from './charging.js';
import { whole } from './checks.js';
import { Kind } from './kinds.js';
import { getPair, Key, payerOf, putPair, type Request } from './records.js';

const MAX_IDS = 64;

/** contracts/gateway/charging.go, Expire. */
export function expire(c: CallContext, [given]: readonly Item[]): undefined {
  c.execution.use(GAS_UNITS.idList);
  const ids = toList(given ?? null);
  if (ids.length > MAX_IDS) c.refuse('more than 64 ids in one expire');
  const index = c.executingIndex();
  let expired = 0n;
  for (const each of ids) {
    c.execution.use(GAS_UNITS.idItem);
    const id = whole(c, each, 'an id of expire is not from 0 to 2^63-1');
    const request = c.getRecord<Request>(Key.request(id));
    if (request === null || index <= request.deadline) continue;
    c.remove(Key.request(id));
    if (request.delivers) c.remove(Key.delivery(id));
    if (request.kind === Kind.random) c.remove(Key.draw(id));
    release(c, request, request.maxFee);
    expired++;
    c.notify('Expired', id, payerOf(request), request.maxFee);
  }
  if (expired === 0n) return;
  const { high, low } = getPair(c, Key.counters);
  putPair(c, Key.counters, { high: high - expired, low });
}
