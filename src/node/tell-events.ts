import type { EventFeed } from '../api/event-feed.js';
import type { IntakeResult } from '../pipeline/intake.js';
import { formatChainPrice } from '../prices/decimal.js';
import type { RequestKind, RequestState } from '../requests/request-machine.js';
import type { OnRequestMoved } from '../requests/request-store.js';

/** Moves that are told of at once; of more, those that came last. */
const MAX_MOVES = 500;

/** Tells of what blocks brought. While the node catches up it is too much, and all of the past. */
export function tellOfBlocks(
  events: EventFeed,
  result: IntakeResult,
  { height: networkHeight, processed }: { readonly height: number; readonly processed: number },
): void {
  events.publish({ event: 'block', height: processed, networkHeight });
  for (const { id, delivered, block } of result.performed) {
    events.publish({ event: 'run', id: String(id), isDelivered: delivered, block });
  }
  for (const { pair, round, price, block } of result.published) {
    const told = { round: String(round), price: formatChainPrice(price), block };
    events.publish({ event: 'round', pair, ...told });
  }
}

/**
 * Tells of requests that moved, once the step that moved them is over. What a step undid is not
 * told: `stateOf` says what stands.
 */
export function tellOfMoves(
  events: EventFeed,
  stateOf: (id: bigint) => RequestState | null,
  isTold: () => boolean,
): OnRequestMoved {
  let moves: { readonly id: bigint; readonly kind: RequestKind; readonly state: RequestState }[] =
    [];

  function tell(): void {
    const moved = moves.slice(-MAX_MOVES);
    moves = [];
    const last = new Map(moved.map(({ id, state }) => [id, state]));
    const undone = new Set([...last].flatMap(([id, state]) => (stateOf(id) === state ? [] : [id])));
    for (const { id, kind, state } of moved) {
      if (!undone.has(id)) events.publish({ event: 'request', id: String(id), kind, state });
    }
  }

  return (id, kind, state) => {
    if (!isTold()) return;
    // A step is synchronous: by the next turn it is in the database, or undone.
    if (moves.length === 0) setImmediate(tell);
    moves.push({ id, kind, state });
  };
}
