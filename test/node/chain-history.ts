import type { PrivateChain } from '../../scripts/devnet/private-chain.js';
import type { Hash160, Hash256 } from '../../src/base/hash.js';
import { createFastBlockSource } from '../../src/chain/block-source-fast.js';
import {
  decodeGatewayEvent,
  isAskEvent,
  type KnownGatewayEvent,
} from '../../src/chain/gateway-events.js';

/** An event of the gateway, with the block and the transaction it is of. */
export type PlacedEvent = KnownGatewayEvent & { readonly block: number; readonly tx: Hash256 };
export type Ending = Extract<PlacedEvent, { name: 'Response' | 'Expired' }>;
export type Response = Extract<PlacedEvent, { name: 'Response' }>;

const BLOCKS_AT_ONCE = 90;

/** All that a gateway told in the blocks from `fromBlock` to the latest, read from the chain. */
export async function gatewayEvents(
  chain: Pick<PrivateChain, 'rpc' | 'height'>,
  gateway: Hash160,
  fromBlock: number,
): Promise<PlacedEvent[]> {
  const source = createFastBlockSource({ rpc: chain.rpc, gateway });
  const height = await chain.height();
  const found: PlacedEvent[] = [];
  for (let from = fromBlock; from <= height; from += BLOCKS_AT_ONCE) {
    const count = Math.min(BLOCKS_AT_ONCE, height - from + 1);
    const { blocks } = await source.read(from, count, new AbortController().signal);
    for (const { index, notifications } of blocks) {
      for (const notification of notifications) {
        const event = decodeGatewayEvent(notification);
        if (event.name === 'unknown') throw new Error(`unknown event ${event.event}`);
        found.push({ ...event, block: index, tx: notification.txHash });
      }
    }
  }
  return found;
}

/** By request, every time that the chain ended it: more or less than once is a broken promise. */
export function endingsOf(events: readonly PlacedEvent[]): Map<bigint, Ending[]> {
  const endings = new Map<bigint, Ending[]>();
  for (const event of events) {
    if (isAskEvent(event)) {
      endings.set(event.id, endings.get(event.id) ?? []);
    }
    if (event.name !== 'Response' && event.name !== 'Expired') continue;
    endings.set(event.id, [...(endings.get(event.id) ?? []), event]);
  }
  return endings;
}

/** Answering transactions all of whose requests somebody had answered before: fees for nothing. */
export function wastedTransactions(events: readonly PlacedEvent[]): Hash256[] {
  const useful = new Set(events.filter(({ name }) => name === 'Response').map(({ tx }) => tx));
  return events.filter(({ name, tx }) => name === 'Earned' && !useful.has(tx)).map(({ tx }) => tx);
}
