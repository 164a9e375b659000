import type { Hash160 } from '../../src/base/hash.js';
import { type AskEvent, isAskEvent } from '../../src/chain/gateway-events.js';
import { endingsOf, type PlacedEvent } from '../../test/node/chain-history.js';
import type { Asker } from './load-askers.js';

/** A request and what became of it, by blocks. */
export interface EndedRequest {
  readonly id: bigint;
  readonly requester: Hash160;
  readonly asked: number;
  readonly ended: number;
  /** The last block that an answer could have been in. */
  readonly deadline: number;
  readonly isAnswer: boolean;
}

/** All requests of these events. Throws unless each ended once, and each answer is a success. */
export function endedRequests(events: readonly PlacedEvent[]): EndedRequest[] {
  const endings = endingsOf(events);
  const isAsk = (event: PlacedEvent): event is PlacedEvent & AskEvent => isAskEvent(event);
  return events.filter(isAsk).map((ask) => {
    const [ending, ...more] = endings.get(ask.id) ?? [];
    if (ending === undefined || more.length > 0) {
      const times = ending === undefined ? 0 : 1 + more.length;
      throw new Error(`request ${ask.id} ended ${times} times, not once`);
    }
    const isAnswer = ending.name === 'Response';
    if (isAnswer && ending.code !== 0) {
      throw new Error(`request ${ask.id} was answered with code ${ending.code}`);
    }
    const { id, requester, block: asked, deadline } = ask;
    return { id, requester, asked, ended: ending.block, deadline, isAnswer };
  });
}

/** Those of askers of a kind. */
export function ofKind(
  ended: readonly EndedRequest[],
  askers: readonly Asker[],
  kind: Asker['kind'],
): EndedRequest[] {
  const consumers = askers.filter((asker) => asker.kind === kind);
  return ended.filter(({ requester }) =>
    consumers.some(({ devnet }) => devnet.consumer === requester),
  );
}

/** Blocks from the requests' own to that of their answers. */
export const delaysOf = (ended: readonly EndedRequest[]): number[] =>
  ended.filter(({ isAnswer }) => isAnswer).map(({ asked, ended: block }) => block - asked);

/**
 * For each answer, by how many blocks an older request of the same requester waited longer, for its
 * own answer or in vain until its deadline.
 */
export function overtakings(ended: readonly EndedRequest[]): number[] {
  const waitedUntil = new Map<Hash160, number>();
  const oldestFirst = [...ended].sort((a, b) => (a.id < b.id ? -1 : 1));
  return oldestFirst.flatMap(({ requester, ended: block, deadline, isAnswer }) => {
    const older = waitedUntil.get(requester) ?? 0;
    waitedUntil.set(requester, Math.max(older, Math.min(block, deadline)));
    return isAnswer ? [Math.max(0, older - block)] : [];
  });
}
