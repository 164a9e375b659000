import { type Hash160, type Hash256, hashToLittleEndian } from '../../src/base/hash.js';
import type { GatewayNotification } from '../../src/chain/block-source.js';
import { GATEWAY_EVENTS } from '../../src/chain/gateway-events.js';
import type { StackItem } from '../../src/chain/stack-item.js';

export type GatewayEventName = keyof typeof GATEWAY_EVENTS;
export type EventFields = Readonly<Record<string, bigint | number | boolean | string | null>>;

/** An event of the gateway as a block source delivers it. A text like a Hash160 is one. */
export function gatewayEvent(
  name: GatewayEventName,
  fields: EventFields,
  txHash: Hash256,
): GatewayNotification {
  const state = Object.keys(GATEWAY_EVENTS[name]).map((field): StackItem => {
    const value = fields[field];
    if (value === null) return { type: 'Any' };
    if (typeof value === 'boolean') return { type: 'Boolean', value };
    if (typeof value === 'bigint' || typeof value === 'number') {
      return { type: 'Integer', value: BigInt(value) };
    }
    if (value === undefined) throw new Error(`bug: ${name} needs ${field}`);
    return { type: 'ByteString', value: bytesOf(field, value) };
  });
  return { txHash, indexInBlock: 0, name, state };
}

function bytesOf(field: string, value: string): Buffer {
  if (/^0x[0-9a-f]{40}$/.test(value)) return hashToLittleEndian(value as Hash160);
  return Buffer.from(value, ['codeHash', 'seed'].includes(field) ? 'hex' : 'utf8');
}
