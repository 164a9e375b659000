import type { Clock } from '../base/clock.js';
import { Refusal } from './problem.js';
import type { ApiEvent, NewApiEvent } from './shapes/event-shape.js';
import { isoTime } from './shapes/values.js';

/** Events that are kept for those who come back. */
export const MAX_EVENTS_KEPT = 1_000;
/** Who listens at once. */
export const MAX_EVENT_STREAMS = 16;

/** An event in its place. */
export interface FedEvent {
  /** Grows from event to event, also over restarts of the node. */
  readonly id: bigint;
  readonly data: ApiEvent;
}

export interface EventFeed {
  /** Tells everybody who listens. */
  publish(event: NewApiEvent): void;
  /** Whether anybody has listened yet: before, nobody comes back for what he missed. */
  wasHeard(): boolean;
  /**
   * Calls `send` with what came after an event (null: from now on), and with each event to come,
   * until the answered function is called. What is gone already is told as a `gap`. Throws a
   * Refusal TOO_MANY_STREAMS.
   */
  listen(afterId: bigint | null, send: (event: FedEvent) => void): () => void;
}

/** Ids of a later start are larger, as long as one start has fewer events a millisecond. */
const IDS_PER_MS = 1_000n;

/** Holds the last events, and hands on new ones. Nothing is read for it. */
export function createEventFeed({ clock }: { readonly clock: Clock }): EventFeed {
  const kept: FedEvent[] = [];
  const listeners = new Set<(event: FedEvent) => void>();
  let lastId = BigInt(Math.floor(clock.nowMs())) * IDS_PER_MS;
  const firstId = lastId;
  let wasHeard = false;

  function sendMissed(afterId: bigint, send: (event: FedEvent) => void): void {
    const oldest = kept[0]?.id ?? lastId + 1n;
    // Of an earlier start, or of one whose clock was ahead: nobody knows how many are gone.
    const isKnown = afterId >= firstId && afterId <= lastId;
    if (!isKnown || afterId + 1n < oldest) {
      const missed = isKnown ? Number(oldest - afterId - 1n) : 0;
      const at = isoTime(clock.nowMs());
      send({ id: oldest - 1n, data: { event: 'gap', at, missed } });
    }
    for (const event of kept) if (!isKnown || event.id > afterId) send(event);
  }

  return {
    publish(event) {
      lastId += 1n;
      const fed = { id: lastId, data: { ...event, at: isoTime(clock.nowMs()) } as ApiEvent };
      kept.push(fed);
      if (kept.length > MAX_EVENTS_KEPT) kept.shift();
      for (const send of listeners) send(fed);
    },
    wasHeard: () => wasHeard,
    listen(afterId, send) {
      if (listeners.size >= MAX_EVENT_STREAMS) {
        throw new Refusal(
          'TOO_MANY_STREAMS',
          `${MAX_EVENT_STREAMS} clients listen already; try again later, or poll /v1/status`,
          { headers: { 'retry-after': '5' } },
        );
      }
      wasHeard = true;
      if (afterId !== null) sendMissed(afterId, send);
      listeners.add(send);
      return () => listeners.delete(send);
    },
  };
}
