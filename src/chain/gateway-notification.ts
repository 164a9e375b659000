import { shorten } from '../base/bytes.js';
import type { Hash160, Hash256 } from '../base/hash.js';
import type { GatewayNotification } from './block-source.js';
import { rpcHash160, rpcObject, rpcText } from './rpc-fields.js';
import { parseStackItem } from './stack-item.js';
import { asItems } from './stack-item-values.js';

/**
 * The gateway's events among the notifications of a transaction, in order. `firstIndex` is the
 * place of the next event within its block.
 */
export function parseNotifications(
  notifications: readonly unknown[],
  gateway: Hash160,
  txHash: Hash256,
  firstIndex: number,
): GatewayNotification[] {
  const found: GatewayNotification[] = [];
  for (const entry of notifications) {
    const what = `a notification of transaction ${txHash}`;
    const { contract, eventname, state } = rpcObject(entry, what);
    if (contract !== gateway && rpcHash160(contract, `contract of ${what}`) !== gateway) continue;
    const name = rpcText(eventname, `eventname of ${what}`);
    const where = `${shorten(name)} of transaction ${txHash}`;
    const items = asItems(parseStackItem(state, where), where);
    found.push({ txHash, indexInBlock: firstIndex + found.length, name, state: items });
  }
  return found;
}
