import { get, type IncomingMessage } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { ApiEvent } from '../../src/api/shapes/event-shape.js';

export interface ReadEvent {
  readonly id: string;
  readonly data: ApiEvent;
}

const BOUND_MS = 30_000;

/** Listens to a stream of events as a client does, and waits until one of them is the wanted. */
export async function listenTo(
  url: string,
  path: string,
  options: { readonly token?: string; readonly lastEventId?: string } = {},
) {
  const { token, lastEventId } = options;
  const headers = {
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
  };
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    get(new URL(path, url), { headers, agent: false }, resolve).on('error', reject);
  });
  const events: ReadEvent[] = [];
  let text = '';
  let wake: () => void = () => {};
  const closed = new Promise<void>((resolve) => response.on('close', resolve));
  response.on('error', () => {});
  response.setEncoding('utf8').on('data', (chunk) => {
    text += chunk;
    const parts = text.split('\n\n');
    text = parts.pop() ?? '';
    events.push(...parts.flatMap(eventOf));
    wake();
  });
  let looked = 0;
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    closed,
    events,
    /** Looks at events one after the other, each once. */
    async until(what: string, isWanted: (event: ReadEvent) => boolean): Promise<ReadEvent> {
      const late = new AbortController();
      const tooLate = delay(BOUND_MS, 'late' as const, { signal: late.signal }).catch(
        () => 'ended',
      );
      try {
        for (;;) {
          const next = events[looked];
          if (next !== undefined) {
            looked += 1;
            if (isWanted(next)) return next;
            continue;
          }
          const woken = new Promise<void>((resolve) => {
            wake = resolve;
          });
          const got = await Promise.race([woken, closed.then(() => 'closed'), tooLate]);
          if (got !== undefined) throw new Error(`${got}: ${what}\n${JSON.stringify(events)}`);
        }
      } finally {
        late.abort();
      }
    },
    close: () => response.destroy(),
  };
}

function eventOf(part: string): ReadEvent[] {
  const fields = new Map(
    part.split('\n').map((line) => [line.split(': ')[0] ?? '', line.replace(/^\w*: /, '')]),
  );
  const data = fields.get('data');
  return data === undefined ? [] : [{ id: fields.get('id') ?? '', data: JSON.parse(data) }];
}
