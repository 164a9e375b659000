import { EVENT_NAMES, type EventName } from './wire.js';

export interface LiveEvent {
  readonly event: EventName;
  readonly id?: string;
  readonly height?: number;
  readonly networkHeight?: number;
}

export interface LiveOptions {
  readonly open: () => EventSource;
  readonly later: (ms: number, work: () => void) => () => void;
  readonly onEvent: (event: LiveEvent) => void;
  readonly onConnected: () => void;
  /** Told once for each connection that ends or that could not be made. */
  readonly onLost: () => void;
}

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 5_000;

/**
 * Listens to the node's events. A connection that ends is made anew, after waits that double up to
 * five seconds: the browser itself would give up when a node that starts answers with an error.
 * @returns ends it
 */
export function listen({ open, later, onEvent, onConnected, onLost }: LiveOptions): () => void {
  let waitMs = FIRST_WAIT_MS;
  let source: EventSource | null = null;
  let cancel = (): void => {};

  function connect(): void {
    const opened = open();
    source = opened;
    opened.addEventListener('open', () => {
      waitMs = FIRST_WAIT_MS;
      onConnected();
    });
    opened.addEventListener('error', () => {
      opened.close();
      onLost();
      cancel = later(waitMs, connect);
      waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS);
    });
    for (const name of EVENT_NAMES) {
      opened.addEventListener(name, (message) => onEvent(eventOf(name, message)));
    }
  }

  connect();
  return () => {
    cancel();
    source?.close();
  };
}

function eventOf(event: EventName, message: MessageEvent): LiveEvent {
  return { ...(JSON.parse(String(message.data)) as object), event };
}
