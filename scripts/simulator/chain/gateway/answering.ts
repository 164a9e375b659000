import { GAS_UNITS } from '../gas-prices.js';
import type { CallContext } from '../machine.js';
import { type Item, toBoolean, toBytes, toInteger, toList } from '../vm-item.js';
import { charge, type Settled } from './charge.js';
import { atMost, earn, lostFee, requireCharging } from './charging.js';
import { whole } from './checks.js';
import { requireNode } from './keys.js';
import { CODES, Kind } from './kinds.js';
import { drawn, type ProofCheck } from './random.js';
import { type Delivery, type Kept, Key, type Request } from './records.js';

/* contracts/gateway/answering.go */

const MAX_RESPONSES = 32;
const MAX_RESULT_BYTES = 61_440;

export const respond =
  (check: ProofCheck) =>
  (c: CallContext, [given]: readonly Item[]): undefined => {
    requireCharging(
      c,
      'respond must be called by the entry script',
      "respond must be the transaction's first call into the gateway",
    );
    const responses = toList(given ?? null);
    if (responses.length > MAX_RESPONSES) c.refuse('more than 32 responses in one respond');
    const index = c.executingIndex();
    requireNode(c, index);
    const { systemFee, networkFee, sender } = c.container;
    const done: Settled[] = [];
    let shared = systemFee;
    responses.forEach((response, place) => {
      const before = c.execution.gasLeft();
      c.execution.use(GAS_UNITS.responseItem);
      const fields = toList(response);
      if (fields.length !== 5) {
        c.refuse('a response is not [id, code, result, deliver, lostTx]');
      }
      const [id = null, code = null, result = null, deliver = null, lostTx = null] = fields;
      const requestId = whole(c, id, 'the id of a response is not from 0 to 2^63-1');
      const settled = answer(c, check, requestId, { code, result, deliver, lostTx }, index);
      const used = before - c.execution.gasLeft();
      shared -= used;
      if (settled !== null) done.push({ ...settled, used, place });
    });
    let earned = 0n;
    for (const settled of done) {
      const { networkFeeCeiling } = settled.request;
      const common = shared + atMost(networkFee, networkFeeCeiling);
      earned += charge(c, settled, common, responses.length);
    }
    earn(c, sender, earned, done.length);
    c.notify('Earned', sender, earned);
  };

interface Given {
  readonly code: Item;
  readonly result: Item;
  readonly deliver: Item;
  readonly lostTx: Item;
}

type Answered = Omit<Settled, 'used' | 'place'>;

function answer(
  c: CallContext,
  check: ProofCheck,
  id: bigint,
  given: Given,
  index: number,
): Answered | null {
  let result = given.result === null ? Buffer.alloc(0) : toBytes(given.result);
  const code = toInteger(given.code);
  if (!CODES.includes(code)) c.refuse("the code of a response is none of the native oracle's");
  if (code !== 0n && result.length !== 0) {
    c.refuse('the result of a response is not empty, though its code is not Success');
  }
  if (result.length > MAX_RESULT_BYTES) {
    c.refuse('the result of a response is longer than 61440 bytes');
  }
  const request = c.getRecord<Request>(Key.request(id));
  if (request === null || index > request.deadline) return null;
  c.execution.use(GAS_UNITS.answered);
  c.remove(Key.request(id));
  if (request.kind === Kind.random) result = drawn(c, check, id, code, result);
  const lost = given.lostTx === null ? 0n : lostOf(c, id, given.lostTx, request);
  const isDelivered =
    toBoolean(given.deliver) && request.delivers && deliver(c, id, request, code, result);
  if (isDelivered) c.remove(Key.delivery(id));
  else keep(c, id, request, Number(code), result, index);
  return { id, request, code, delivered: isDelivered, lost };
}

function lostOf(c: CallContext, id: bigint, lostTx: Item, request: Request): bigint {
  const { lost, height } = lostFee(c, id, lostTx, request.networkFeeCeiling);
  if (height <= request.asked) c.refuse("lostTx is not in a block after the request's");
  return lost;
}

function deliver(
  c: CallContext,
  id: bigint,
  { requester }: Request,
  code: bigint,
  result: Buffer,
): boolean {
  const delivery = deliveryOf(c, id);
  if (!c.hasMethod(requester, delivery.callback, 4)) return false;
  const args = callbackArgs(delivery, id, code, result);
  c.execution.use(GAS_UNITS.callback);
  return c.execution.attempt(() => c.call(requester, delivery.callback, args)) === null;
}

export function deliveryOf(c: CallContext, id: bigint): Delivery {
  const delivery = c.getRecord<Delivery>(Key.delivery(id));
  if (delivery === null) throw new Error('bug: a request delivers without a delivery');
  return delivery;
}

export const callbackArgs = (
  { first, userData }: Delivery,
  id: bigint,
  code: bigint,
  result: Buffer,
): Item[] => [first ?? id, userData, code, result];

function keep(
  c: CallContext,
  id: bigint,
  { requester, delivers, resultLifetime }: Request,
  code: number,
  result: Buffer,
  index: number,
): void {
  const keptUntil = index + resultLifetime;
  const kept: Kept = { requester, delivers, code, result, answered: index, keptUntil };
  c.putRecord(Key.kept(id), kept);
}
