import assert from 'node:assert/strict';
import type { Datoshi } from '../../src/base/datoshi.js';
import type { Hash160 } from '../../src/base/hash.js';
import type { GatewayEvent } from '../../src/chain/gateway-events.js';
import type { Balance } from './books.js';

/** An event, and the block that it is in. */
export interface EventInBlock {
  readonly block: number;
  readonly event: GatewayEvent;
}

/** The balances of an account after a block, as events alone tell them. */
export function balanceByEvents(
  events: readonly EventInBlock[],
  account: Hash160,
  block: number,
): Balance {
  let [credit, reserved, earned] = [0n, 0n, 0n];
  const asked = new Map<bigint, Datoshi>();
  const upkeeps = new Map<bigint, { owner: Hash160; maxFee: Datoshi; locks: bigint }>();
  /** Sets so many locks of an upkeep aside, or gives back what is left of them. */
  const lock = (id: bigint, locks: bigint, charged = 0n) => {
    const upkeep = upkeeps.get(id);
    assert.ok(upkeep && upkeep.locks + locks >= 0n, `upkeep ${id} has no such lock`);
    upkeep.locks += locks;
    if (upkeep.owner !== account) return;
    reserved += locks * upkeep.maxFee;
    credit -= locks * upkeep.maxFee + charged;
  };
  for (const { event } of events.filter((each) => each.block <= block)) {
    switch (event.name) {
      case 'Deposit':
        if (event.account === account) credit += event.amount;
        break;
      case 'Withdrawal':
        if (event.account === account) credit -= event.amount;
        break;
      case 'OracleRequest':
      case 'HttpRequest':
      case 'FunctionRequest':
      case 'RandomRequest':
        asked.set(event.id, event.maxFee);
        if (event.payer === account) {
          credit -= event.maxFee;
          reserved += event.maxFee;
        }
        break;
      case 'Response': {
        const maxFee = asked.get(event.id);
        assert.ok(maxFee !== undefined, `${event.id} is answered before it is asked`);
        if (event.payer === account) {
          reserved -= maxFee;
          credit += maxFee - event.fee - event.lost - event.premium;
        }
        break;
      }
      case 'Expired':
        if (event.payer === account) {
          reserved -= event.refund;
          credit += event.refund;
        }
        break;
      case 'UpkeepRegistered': {
        const { owner, maxFee } = event;
        upkeeps.set(event.id, { owner, maxFee, locks: 0n });
        lock(event.id, 1n);
        break;
      }
      case 'UpkeepFunded':
        lock(event.id, 1n);
        break;
      case 'UpkeepPerformed':
        if (event.locked > 0n) lock(event.id, 1n);
        lock(event.id, -1n, event.fee + event.lost + event.premium);
        break;
      case 'UpkeepCancelled':
        lock(event.id, -(upkeeps.get(event.id)?.locks ?? 0n));
        break;
      case 'PriceUpdated':
        if (event.payer === account) credit -= event.fee;
        break;
      case 'Earned':
        if (event.account === account) earned += event.amount;
        break;
      case 'Collected':
        if (event.account === account) earned -= event.amount;
        break;
      default:
    }
  }
  return { credit, reserved, earned };
}
