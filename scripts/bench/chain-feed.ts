import { WebSocket } from 'ws';
import { systemClock } from '../../src/base/clock.js';
import type { Hash160, Hash256 } from '../../src/base/hash.js';

/** A transaction as the memory pool announces it. */
export interface AcceptedTransaction {
  readonly hash: Hash256;
  /** When it was announced, by the monotonic clock. */
  readonly atMs: number;
  /** As `invokecontainedscript` takes it. */
  readonly json: Readonly<Record<string, unknown>>;
}

/** What a benchmark hears from the blockchain node, with the time of each message's arrival. */
export interface ChainFeed {
  /** When a block was first announced, by the monotonic clock. */
  announcedMs(index: number): number | null;
  /** The block that holds a transaction, or null. */
  blockOf(hash: Hash256): number | null;
  /** Transactions of the watched sender that the memory pool took, in order. */
  readonly accepted: readonly AcceptedTransaction[];
  /** Asks after each message until there is something else than null; throws at the limit. */
  until<T>(what: string, ask: () => T | null): Promise<T>;
  close(): void;
}

const WAIT_LIMIT_MS = 120_000;
const SUBSCRIPTIONS = 3;

/** Subscribes to new blocks and to what one account has in the memory pool. */
export async function openChainFeed(wsUrl: string, sender: Hash160): Promise<ChainFeed> {
  const announced = new Map<number, number>();
  const blocks = new Map<Hash256, number>();
  const accepted: AcceptedTransaction[] = [];
  const socket = new WebSocket(wsUrl, { perMessageDeflate: false });
  const heard = new EventTarget();
  let subscribed = 0;

  socket.on('open', () => {
    const subscribe = (id: number, ...params: unknown[]): void =>
      socket.send(JSON.stringify({ jsonrpc: '2.0', id, method: 'subscribe', params }));
    subscribe(1, 'header_of_added_block');
    subscribe(2, 'block_added');
    subscribe(3, 'mempool_event', { type: 'added', sender });
  });
  socket.on('message', (data) => {
    const atMs = systemClock.monotonicMs();
    const message = JSON.parse(String(data)) as Message;
    const [fact] = message.params ?? [];
    if (message.error !== undefined) fail(new Error(JSON.stringify(message.error)));
    else if (message.method === undefined) subscribed += 1;
    else if (message.method === 'missed_event') fail(new Error('the feed missed events'));
    else if (message.method === 'mempool_event') {
      const json = fact?.transaction as { hash: Hash256 };
      accepted.push({ hash: json.hash, atMs, json: { ...json } });
    } else {
      const index = fact?.index as number;
      if (!announced.has(index)) announced.set(index, atMs);
      for (const { hash } of (fact?.tx ?? []) as { hash: Hash256 }[]) blocks.set(hash, index);
    }
    heard.dispatchEvent(new Event('message'));
  });
  let trouble: Error | null = null;
  const fail = (error: Error): void => {
    trouble = error;
    heard.dispatchEvent(new Event('message'));
  };
  socket.on('error', fail);
  socket.on('close', () => fail(new Error('the WebSocket was closed')));

  function until<T>(what: string, ask: () => T | null): Promise<T> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => end(() => reject(new Error(`waited in vain for ${what}`))),
        WAIT_LIMIT_MS,
      );
      const end = (settle: () => void): void => {
        clearTimeout(timer);
        heard.removeEventListener('message', look);
        settle();
      };
      const look = (): void => {
        const found = ask();
        if (found !== null) end(() => resolve(found));
        else if (trouble !== null) end(() => reject(trouble));
      };
      heard.addEventListener('message', look);
      look();
    });
  }

  await until('the subscriptions', () => (subscribed === SUBSCRIPTIONS ? true : null));
  return {
    announcedMs: (index) => announced.get(index) ?? null,
    blockOf: (hash) => blocks.get(hash) ?? null,
    accepted,
    until,
    close: () => socket.terminate(),
  };
}

interface Message {
  readonly method?: string;
  readonly error?: unknown;
  readonly params?: readonly Readonly<Record<string, unknown>>[];
}
