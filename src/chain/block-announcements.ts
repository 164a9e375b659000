import { WebSocket } from 'ws';
import type { Clock } from '../base/clock.js';
import { messageOf, NodeError } from '../base/node-error.js';
import { type BackOff, backOffMs } from './back-off.js';
import { endpointLabel } from './rpc-http.js';

/** What is heard of new blocks; none of it is trusted, it only says when to look. */
export interface AnnouncementListener {
  /** A block of this index was announced, or null: announcements were missed. */
  readonly onAnnounced: (index: number | null) => void;
  /** Announcements come in from now on, or no more and why. */
  readonly onState: (listening: boolean, reason: string | null) => void;
}

export interface AnnouncementOptions {
  /** ws:// or wss:// URLs, tried in turn. */
  readonly urls: readonly string[];
  readonly clock: Clock;
  readonly backOff: BackOff;
  readonly connectTimeoutMs: number;
}

export interface Announcements {
  /** Gives up the connection, which fell silent, and makes another. */
  reconnect(): void;
  close(): void;
}

/** How announcements are listened to: see `createAnnouncements`. */
export type ConnectAnnouncements = (
  options: AnnouncementOptions,
  listener: AnnouncementListener,
) => Announcements;

/** Headers are some 700 bytes; whatever is much larger is not one. */
const MAX_MESSAGE_BYTES = 1024 * 1024;

/**
 * Listens for new blocks on a WebSocket (neo-go's `subscribe`, event header_of_added_block: a
 * block's header is small whatever the block holds), over as many connections as it takes.
 */
export function createAnnouncements(
  options: AnnouncementOptions,
  listener: AnnouncementListener,
): Announcements {
  const { clock, backOff, urls } = options;
  const closing = new AbortController();
  let socket: WebSocket | null = null;
  let failures = 0;

  const listenOnce = (url: string): Promise<string> =>
    new Promise((resolve) => {
      const opened = new WebSocket(url, {
        handshakeTimeout: options.connectTimeoutMs,
        maxPayload: MAX_MESSAGE_BYTES,
        perMessageDeflate: false,
      });
      socket = opened;
      let reason = 'the connection was closed';
      const leave = (why: string): void => {
        reason = why;
        opened.terminate();
      };
      const limit = new AbortController();
      clock.sleep(options.connectTimeoutMs, limit.signal).then(
        () => leave(`no subscription within ${options.connectTimeoutMs} ms`),
        () => {},
      );
      opened.on('open', () => opened.send(SUBSCRIBE));
      opened.on('message', (data) => {
        const heard = readMessage(String(data));
        if (heard.kind === 'refused') leave(heard.reason);
        if (heard.kind === 'subscribed') {
          limit.abort();
          listener.onState(true, null);
        }
        if (heard.kind === 'announced') {
          failures = 0;
          listener.onAnnounced(heard.index);
        }
      });
      opened.on('error', (error) => {
        reason = messageOf(error);
      });
      opened.on('close', () => {
        limit.abort();
        resolve(reason);
      });
    });

  const run = async (): Promise<void> => {
    for (let at = 0; !closing.signal.aborted; at++) {
      const url = urls[at % urls.length] as string;
      const reason = await listenOnce(url);
      if (closing.signal.aborted) return;
      failures += 1;
      listener.onState(false, `${endpointLabel(url)}: ${reason}`);
      await clock.sleep(backOffMs(backOff, failures), closing.signal).catch(() => {});
    }
  };
  for (const url of urls) checkUrl(url);
  if (urls.length > 0) void run();
  return {
    reconnect: () => socket?.terminate(),
    close: () => {
      closing.abort();
      socket?.terminate();
    },
  };
}

/** Where neo-go serves WebSockets beside a JSON-RPC URL. */
export function webSocketUrlOf(rpcUrl: string): string {
  const url = new URL(rpcUrl);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/ws`;
  return url.href;
}

const SUBSCRIBE = JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  method: 'subscribe',
  params: ['header_of_added_block'],
});

type Heard =
  | { readonly kind: 'subscribed' | 'other' }
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'announced'; readonly index: number | null };

/** Reads what a node sends. Anything odd is another message, since nothing depends on it. */
function readMessage(text: string): Heard {
  let message: { id?: unknown; error?: unknown; method?: unknown; params?: unknown };
  try {
    message = JSON.parse(text) ?? {};
  } catch {
    return { kind: 'other' };
  }
  if (message.method === 'missed_event') return { kind: 'announced', index: null };
  if (message.method === 'header_of_added_block') {
    const [header] = Array.isArray(message.params) ? message.params : [];
    const index: unknown = header?.index;
    return { kind: 'announced', index: Number.isSafeInteger(index) ? (index as number) : null };
  }
  if (message.id !== 1) return { kind: 'other' };
  if (message.error === undefined || message.error === null) return { kind: 'subscribed' };
  const reason = JSON.stringify(message.error).slice(0, 200);
  return { kind: 'refused', reason: `the subscription was refused: ${reason}` };
}

function checkUrl(url: string): void {
  if (URL.canParse(url) && /^wss?:$/.test(new URL(url).protocol)) return;
  throw new NodeError('WS_URL_INVALID', 'the WebSocket endpoint is not a ws:// or wss:// URL', {
    hint: 'Give the full URL, for neo-go e.g. wss://rpc.example.org:10331/ws, or turn it off.',
  });
}
