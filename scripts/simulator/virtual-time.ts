import { setImmediate as nextTurn } from 'node:timers/promises';

/** Something that is to happen; an event that was called off never does. */
export interface Planned {
  callOff(): void;
}

interface Event {
  readonly atMs: number;
  readonly order: number;
  readonly run: () => void;
  isOff: boolean;
}

/**
 * The one event loop of a simulation. Nothing happens but its events, in the order of their times;
 * those of one time in the order in which they were planned. What an event sets going is over, as
 * far as it can be, before the next one begins.
 */
export interface VirtualTime {
  /** Milliseconds since the simulation began. */
  nowMs(): number;
  after(delayMs: number, run: () => void): Planned;
  /** Runs events until `isOver`; false where there is nothing left to happen before. */
  run(isOver: () => boolean): Promise<boolean>;
}

export function createVirtualTime(): VirtualTime {
  const heap: Event[] = [];
  let nowMs = 0;
  let planned = 0;

  return {
    nowMs: () => nowMs,
    after(delayMs, run) {
      planned += 1;
      const atMs = nowMs + Math.max(0, delayMs);
      const event = { atMs, order: planned, run, isOff: false };
      push(heap, event);
      return {
        callOff() {
          event.isOff = true;
        },
      };
    },
    async run(isOver) {
      // What was begun before the first event.
      await nextTurn();
      while (!isOver()) {
        const event = pop(heap);
        if (event === undefined) return false;
        if (event.isOff) continue;
        nowMs = event.atMs;
        event.run();
        // All microtasks are over then, and what the code itself put off by a turn.
        await nextTurn();
      }
      return true;
    },
  };
}

const isBefore = (a: Event, b: Event): boolean =>
  a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);

function push(heap: Event[], event: Event): void {
  let at = heap.length;
  heap.push(event);
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (!isBefore(event, heap[parent] as Event)) break;
    heap[at] = heap[parent] as Event;
    at = parent;
  }
  heap[at] = event;
}

function pop(heap: Event[]): Event | undefined {
  const [first] = heap;
  const last = heap.pop();
  if (first === undefined || last === undefined || heap.length === 0) return first;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= heap.length) break;
    const right = child + 1;
    if (right < heap.length && isBefore(heap[right] as Event, heap[child] as Event)) child = right;
    if (!isBefore(heap[child] as Event, last)) break;
    heap[at] = heap[child] as Event;
    at = child;
  }
  heap[at] = last;
  return first;
}
