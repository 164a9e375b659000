import type { Worker } from 'node:worker_threads';
import type { Clock } from '../base/clock.js';
import type { Datoshi } from '../base/datoshi.js';
import type { Hash160 } from '../base/hash.js';
import { NodeError } from '../base/node-error.js';
import { startWorker } from '../base/start-worker.js';
import type { GasbankDay } from '../gasbank/day-view-store.js';
import type { Forecast } from '../gasbank/forecast.js';
import type { ProfitAndLoss } from '../gasbank/profit-view-store.js';
import { Refusal } from './problem.js';

/** How long the node's money lasts, and what it went for. */
export interface MoneyForecast {
  readonly sinceMs: number;
  readonly untilMs: number;
  readonly wallet: Datoshi;
  readonly floor: Datoshi;
  readonly earned: Datoshi;
  /** Null where the books go back too short a time. */
  readonly forecast: Forecast | null;
  readonly profitAndLoss: ProfitAndLoss;
}

/** Reads that go through the whole ledger. */
export interface SlowReads {
  /**
   * Rejects with a NodeError SLOW_READ (retryable) when the thread died, and with a Refusal BUSY
   * while too many questions wait.
   */
  forecast(days: number): Promise<MoneyForecast>;
  days(count: number): Promise<readonly GasbankDay[]>;
  close(): Promise<void>;
}

export type SlowQuestion =
  | {
      readonly kind: 'forecast';
      readonly days: number;
      readonly nowMs: number;
      readonly account: Hash160;
      readonly floor: Datoshi;
    }
  | { readonly kind: 'days'; readonly count: number; readonly nowMs: number };

/** What the thread is started with, and what it says. */
export interface SlowReadsGiven {
  readonly databaseFile: string;
}
export type SlowReply = { readonly id: number } & (
  | { readonly kind: 'read'; readonly value: unknown }
  | { readonly kind: 'failed'; readonly why: string }
);

/** An answer is given again for so long: figures of days do not change within seconds. */
const KEPT_MS = 10_000;
const MAX_KEPT = 64;
/** Questions at once: the thread takes one after the other. */
export const MAX_WAITING = 8;

interface Kept {
  readonly answer: Promise<unknown>;
  /** Infinite until it is there. */
  untilMs: number;
}

interface Waiting {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/**
 * Reads the ledger in a thread, so that going through millions of rows delays no block. The thread
 * starts with the first question; who asks the same meanwhile, or soon after, shares the answer.
 */
export function createSlowReads(options: {
  readonly databaseFile: string;
  /** Read each time: the node's account may change while it runs. */
  readonly account: Hash160;
  readonly floor: Datoshi;
  readonly clock: Clock;
}): SlowReads {
  const { databaseFile, floor, clock } = options;
  const waiting = new Map<number, Waiting>();
  const kept = new Map<string, Kept>();
  let thread: Worker | null = null;
  let lastId = 0;

  function start(): Worker {
    const name = import.meta.url.endsWith('.ts') ? 'slow-reads-worker.ts' : 'slow-reads-worker.js';
    const given: SlowReadsGiven = { databaseFile };
    const options = { env: {}, execArgv: [], workerData: given };
    const worker = startWorker(new URL(`./${name}`, import.meta.url), options);
    worker.unref();
    worker.on('message', (reply: SlowReply) => {
      const asked = waiting.get(reply.id);
      waiting.delete(reply.id);
      if (reply.kind === 'read') asked?.resolve(reply.value);
      else asked?.reject(slowReadFailed(reply.why));
    });
    let death = 'it exited';
    worker.on('error', (error) => {
      death = error.message;
    });
    worker.on('exit', () => {
      if (thread === worker) thread = null;
      for (const { reject } of waiting.values()) reject(slowReadFailed(death));
      waiting.clear();
    });
    return worker;
  }

  function ask(question: SlowQuestion): Promise<unknown> {
    thread ??= start();
    lastId += 1;
    const id = lastId;
    const worker = thread;
    return new Promise((resolve, reject) => {
      waiting.set(id, { resolve, reject });
      worker.postMessage({ id, question });
    });
  }

  function shared(key: string, question: () => SlowQuestion): Promise<unknown> {
    const nowMs = clock.monotonicMs();
    for (const [old, { untilMs }] of kept) {
      const isThere = untilMs !== Number.POSITIVE_INFINITY;
      if (untilMs <= nowMs || (isThere && kept.size > MAX_KEPT)) kept.delete(old);
    }
    const known = kept.get(key);
    if (known !== undefined) return known.answer;
    if (waiting.size >= MAX_WAITING) return Promise.reject(tooManyWait());
    const asked: Kept = { answer: ask(question()), untilMs: Number.POSITIVE_INFINITY };
    kept.set(key, asked);
    asked.answer.then(
      () => {
        asked.untilMs = clock.monotonicMs() + KEPT_MS;
      },
      () => kept.delete(key),
    );
    return asked.answer;
  }

  return {
    forecast: (days) =>
      shared(`forecast ${days}`, () => {
        const nowMs = clock.nowMs();
        return { kind: 'forecast', days, nowMs, account: options.account, floor };
      }) as Promise<MoneyForecast>,
    days: (count) =>
      shared(`days ${count}`, () => ({ kind: 'days', count, nowMs: clock.nowMs() })) as Promise<
        readonly GasbankDay[]
      >,
    async close() {
      await thread?.terminate();
    },
  };
}

const tooManyWait = (): Refusal =>
  new Refusal('BUSY', `${MAX_WAITING} questions to the books wait already; try again`, {
    headers: { 'retry-after': '1' },
  });

const slowReadFailed = (why: string): NodeError =>
  new NodeError('SLOW_READ', `the books could not be read: ${why}`, { retryable: true });
