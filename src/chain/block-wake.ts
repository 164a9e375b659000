import type { Clock } from '../base/clock.js';
import type { Log } from '../telemetry/log.js';
import { type BackOff, backOffMs } from './back-off.js';
import { type ConnectAnnouncements, createAnnouncements } from './block-announcements.js';

/**
 * Wakes whoever waits at the end of the chain. It tells that there may be a block, never what is in
 * it: a false alarm costs one look, a missed one the poll interval.
 */
export interface BlockWake {
  /**
   * Resolves when block `index` may be there: it was announced, or it is time to look. Rejects with
   * the signal's reason. For one waiter at a time.
   */
  wait(index: number, signal: AbortSignal): Promise<void>;
  /** True while announcements come in; without them it is polling alone. */
  announces(): boolean;
  close(): void;
}

export interface BlockWakeOptions {
  /** ws:// or wss:// URLs of neo-go nodes, tried in turn; with none it polls. */
  readonly urls: readonly string[];
  /** How they are listened to; default WebSockets. */
  readonly connect?: ConnectAnnouncements;
  readonly clock: Clock;
  readonly log: Log;
  /** How often to look while there are no announcements. */
  readonly pollMs: number;
  /** How often to look all the same while there are; default ten times the above. */
  readonly quietPollMs?: number;
  readonly backOff?: BackOff;
  readonly connectTimeoutMs?: number;
}

const QUIET_POLLS = 10;
const DEFAULT_BACK_OFF: BackOff = { firstMs: 250, maxMs: 60_000 };
const DEFAULT_CONNECT_TIMEOUT_MS = 5_000;
/** An announced block that can't be read yet, from another endpoint perhaps, is looked for soon. */
const LOOK_AGAIN: BackOff = { firstMs: 10, maxMs: 1_000 };
/** So many blocks in a row that came without an announcement tell that the connection is dead. */
const MAX_SILENT_BLOCKS = 2;

/**
 * Wakes by announcements on a WebSocket, and by polling where there is none: it connects again and
 * again, at growing intervals, and a connection that falls silent is replaced.
 */
export function createBlockWake(options: BlockWakeOptions): BlockWake {
  const { clock, log, pollMs, quietPollMs = pollMs * QUIET_POLLS } = options;
  const connect = options.connect ?? createAnnouncements;
  let listening = false;
  let announced = -1;
  /** Bell of the waiter; ringing it when nobody waits is remembered. */
  let bell = new AbortController();
  let waitedFor = -1;
  let looks = 0;
  let silentBlocks = 0;

  const announcements = connect(
    {
      urls: options.urls,
      clock,
      backOff: options.backOff ?? DEFAULT_BACK_OFF,
      connectTimeoutMs: options.connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS,
    },
    {
      onAnnounced: (index) => {
        announced = Math.max(announced, index ?? announced);
        silentBlocks = 0;
        bell.abort();
      },
      onState: (now, reason) => {
        if (now) log.info('new blocks are announced', {});
        else if (listening) log.warn('new blocks are no longer announced: polling', { reason });
        else log.debug('new blocks are not announced: polling', { reason });
        // What came meanwhile was not announced; and from now on the interval is another.
        if (now !== listening) bell.abort();
        listening = now;
        silentBlocks = 0;
      },
    },
  );

  const restMs = (index: number): number => {
    if (announced >= index) return looks === 0 ? 0 : Math.min(pollMs, backOffMs(LOOK_AGAIN, looks));
    return listening ? quietPollMs : pollMs;
  };

  return {
    announces: () => listening,
    close: () => announcements.close(),
    wait: async (index, signal) => {
      signal.throwIfAborted();
      if (index !== waitedFor) {
        // The block before was found although it was never announced.
        if (listening && waitedFor >= 0 && announced < index - 1) silentBlocks += 1;
        if (silentBlocks >= MAX_SILENT_BLOCKS) {
          silentBlocks = 0;
          announcements.reconnect();
        }
        waitedFor = index;
        looks = 0;
      }
      const ring = bell;
      const onAbort = (): void => ring.abort();
      signal.addEventListener('abort', onAbort, { once: true });
      const rest = restMs(index);
      if (rest > 0 && !ring.signal.aborted) await clock.sleep(rest, ring.signal).catch(() => {});
      signal.removeEventListener('abort', onAbort);
      bell = new AbortController();
      looks += 1;
      signal.throwIfAborted();
    },
  };
}
