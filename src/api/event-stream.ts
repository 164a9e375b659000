import type { ServerResponse } from 'node:http';
import type { Clock } from '../base/clock.js';
import { type EventFeed, type FedEvent, MAX_EVENT_STREAMS } from './event-feed.js';

/** A line that keeps proxies and clients from taking a quiet stream for a dead one. */
export const HEARTBEAT_MS = 15_000;
/** What may wait for a client that reads slowly; then it is dropped. It may resume. */
export const MAX_BEHIND_BYTES = 1024 * 1024;
/** A client that lost its connection waits so long before it comes back. */
const RETRY_MS = 2_000;

/**
 * Sends events to a response (text/event-stream, as the HTML standard has it) until it closes or
 * the node stops, or whoever listens may no longer. Throws what `listen` throws, before anything is
 * sent.
 */
export function streamEvents(
  response: ServerResponse,
  options: {
    readonly feed: EventFeed;
    readonly afterId: bigint | null;
    readonly headers: Readonly<Record<string, string>>;
    readonly clock: Clock;
    /** Has a function called when the node stops, until the answered one is called. */
    readonly onStop: (end: () => void) => () => void;
    /** Asked at each heartbeat: credentials may end while their stream goes on. */
    readonly isAllowed: () => boolean;
    /** Told when the client is dropped because it reads too slowly. */
    readonly onDropped: () => void;
  },
): void {
  const { feed, clock, headers, onDropped } = options;
  const { socket } = response.req;
  if (socket.destroyed) return;
  const ended = new AbortController();
  const begun: FedEvent[] = [];
  let isOpen = false;

  function write(text: string): void {
    if (ended.signal.aborted) return;
    response.write(text);
    if (response.writableLength <= MAX_BEHIND_BYTES) return;
    onDropped();
    end();
    response.destroy();
  }
  const send = (event: FedEvent): void => {
    if (isOpen) write(textOf(event));
    else begun.push(event);
  };
  const stop = feed.listen(options.afterId, send);
  const end = (): void => {
    ended.abort();
    stop();
  };
  response.on('close', end);
  // A response that waits behind others of its connection is never told of its end.
  socket.setMaxListeners(Math.max(socket.getMaxListeners(), 2 * MAX_EVENT_STREAMS));
  socket.once('close', end);
  ended.signal.addEventListener('abort', () => socket.off('close', end));
  response.writeHead(200, { ...headers, 'content-type': 'text/event-stream; charset=utf-8' });
  isOpen = true;
  write(`retry: ${RETRY_MS}\n\n${begun.map(textOf).join('')}`);
  const finish = (): void => {
    end();
    response.end();
  };
  const forget = options.onStop(finish);
  ended.signal.addEventListener('abort', forget);
  const onBeat = (): void => (options.isAllowed() ? write(': still here\n\n') : finish());
  void beat(onBeat, clock, ended.signal);
}

async function beat(onBeat: () => void, clock: Clock, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await clock.sleep(HEARTBEAT_MS, signal).catch(() => {});
    if (!signal.aborted) onBeat();
  }
}

/** Ids are lines of their own, and the data is JSON, which has no line ends. */
const textOf = ({ id, data }: FedEvent): string =>
  `id: ${id}\nevent: ${data.event}\ndata: ${JSON.stringify(data)}\n\n`;
