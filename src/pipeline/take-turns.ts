import type { Hash160 } from '../base/hash.js';
import type { RequestStore } from '../requests/request-store.js';
import type { DueRequest, WaitingState } from '../requests/turn-queries-store.js';

export interface TurnsWanted {
  readonly nowMs: number;
  /** How many are to be named at most. */
  readonly room: number;
  /** What is worked on, which is due as well: it is not named again. */
  readonly busy: ReadonlyMap<bigint, Hash160>;
  /** How many of a requester may be named; infinity where all may. */
  readonly mostOf: (requester: Hash160) => number;
}

export type Turns = ReturnType<typeof createTurns>;

/** So many requesters are looked at in one go; the next look begins where this one ended. */
const MAX_LOOKED_AT = 512;

type Counts = ReadonlyMap<Hash160, number>;

/**
 * Chooses what is worked on next. While all that is due is within reach, the oldest come first.
 * Where more is due than that, requesters take turns, each with his oldest: whoever asks for more
 * than the node can answer waits behind himself, not others behind him.
 */
export function createTurns(
  requests: Pick<
    RequestStore,
    'areMoreDueThan' | 'dueIds' | 'hasMoreThan' | 'nextRequester' | 'oldestOf'
  >,
  state: WaitingState,
) {
  /** Whose turn it was last. */
  let last: Hash160 | '' = '';
  /** False where the last choice was of the oldest, for nobody was found whose turn it is. */
  let isInTurn = true;

  /** Those who have something waiting, from the one after the last on, round to him. */
  function* requestersInTurn(): Generator<Hash160> {
    const start = last;
    let at = requests.nextRequester(state, start);
    for (; at !== null; at = requests.nextRequester(state, at)) yield at;
    at = requests.nextRequester(state, '');
    for (; at !== null && at <= start; at = requests.nextRequester(state, at)) yield at;
  }

  /** Requesters of which something is to be done, in turn: no more than there is room for. */
  function nextInTurn({ nowMs, room, mostOf }: TurnsWanted, underWay: Counts): Hash160[] {
    const found: Hash160[] = [];
    let looked = 0;
    for (const requester of requestersInTurn()) {
      const busy = underWay.get(requester) ?? 0;
      const isDue = () => requests.hasMoreThan(state, requester, nowMs, busy);
      if (mostOf(requester) > 0 && isDue()) found.push(requester);
      looked += 1;
      if (found.length === 0 && looked === MAX_LOOKED_AT) last = requester;
      if (found.length === room || looked === MAX_LOOKED_AT) break;
    }
    return found;
  }

  function inTurns(wanted: TurnsWanted): readonly DueRequest[] {
    const { nowMs, room, busy, mostOf } = wanted;
    const underWay = countsOf(busy.values());
    const requesters = nextInTurn(wanted, underWay);
    if (requesters.length === 0) return [];
    // Some have less than their part, which then is for those who have more.
    for (let part = Math.ceil(room / requesters.length); ; part *= 2) {
      let isCut = false;
      const piles = requesters.map((requester) => {
        const reach = Math.min(part, mostOf(requester));
        const limit = reach + (underWay.get(requester) ?? 0);
        const oldest = requests.oldestOf(state, requester, nowMs, limit);
        isCut ||= oldest.length === limit && reach < mostOf(requester);
        return oldest.filter(({ id }) => !busy.has(id)).slice(0, reach);
      });
      const dealt = dealtFrom(piles, room);
      if (dealt.length === room || !isCut || part >= room) return dealt;
    }
  }

  return {
    choose(wanted: TurnsWanted): readonly DueRequest[] {
      const { nowMs, room, busy, mostOf } = wanted;
      if (room <= 0) return [];
      const reach = room + busy.size + 1;
      const isBacklog = requests.areMoreDueThan(state, nowMs, reach - 1);
      let due = isBacklog ? null : requests.dueIds(state, nowMs, reach);
      if (due === null || due.length === reach) {
        const chosen = inTurns(wanted);
        isInTurn = chosen.length > 0;
        if (isInTurn) return chosen;
      }
      due ??= requests.dueIds(state, nowMs, reach);
      const free = due.filter(({ id }) => !busy.has(id));
      free.sort((a, b) => (a.id < b.id ? -1 : 1));
      return withinShares(free, mostOf).slice(0, room);
    },

    /** Up to whom turns were taken: the next choice begins after him. */
    tookTurn(requester: Hash160): void {
      if (isInTurn) last = requester;
    },
  };
}

/** How many are of each requester. */
export function countsOf(requesters: Iterable<Hash160>): Counts {
  const counts = new Map<Hash160, number>();
  for (const requester of requesters) counts.set(requester, (counts.get(requester) ?? 0) + 1);
  return counts;
}

/** One of each, then the second of each, and so on. */
function dealtFrom(piles: readonly (readonly DueRequest[])[], room: number): DueRequest[] {
  const dealt: DueRequest[] = [];
  for (let round = 0; piles.some((pile) => pile.length > round); round++) {
    for (const pile of piles) {
      const one = pile[round];
      if (one !== undefined) dealt.push(one);
      if (dealt.length === room) return dealt;
    }
  }
  return dealt;
}

function withinShares(
  due: readonly DueRequest[],
  mostOf: TurnsWanted['mostOf'],
): readonly DueRequest[] {
  const named = new Map<Hash160, number>();
  return due.filter(({ requester }) => {
    const count = named.get(requester) ?? 0;
    if (count >= mostOf(requester)) return false;
    named.set(requester, count + 1);
    return true;
  });
}
