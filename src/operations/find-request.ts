import type { Hash256 } from '../base/hash.js';
import type { BlockSource } from '../chain/block-source.js';
import { decodeGatewayEvent, isAskEvent } from '../chain/gateway-events.js';

/** Where on the chain a request began and ended. */
export interface RequestPlaces {
  readonly askedIn: Hash256;
  /** Null while it is pending. */
  readonly endedIn: Hash256 | null;
}

/** Blocks that are read at once. */
const RUN_BLOCKS = 100;

/**
 * Looks for a request in blocks from `fromIndex` up to `lastIndex`; null where none of them made
 * it. Rejects as the source does.
 */
export async function findRequest(
  source: Pick<BlockSource, 'read'>,
  id: bigint,
  range: { readonly fromIndex: number; readonly lastIndex: number },
  onProgress: (index: number) => void,
): Promise<RequestPlaces | null> {
  let askedIn: Hash256 | null = null;
  for (let index = range.fromIndex; index <= range.lastIndex; index += RUN_BLOCKS) {
    const count = Math.min(RUN_BLOCKS, range.lastIndex - index + 1);
    const { blocks } = await source.read(index, count);
    for (const notification of blocks.flatMap((block) => block.notifications)) {
      const event = decodeGatewayEvent(notification);
      if (isAskEvent(event) && event.id === id) askedIn = notification.txHash;
      const ends = event.name === 'Response' || event.name === 'Expired';
      if (ends && event.id === id && askedIn !== null) {
        return { askedIn, endedIn: notification.txHash };
      }
    }
    onProgress(index + count - 1);
  }
  return askedIn === null ? null : { askedIn, endedIn: null };
}
