import { statSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { createUpkeepViews } from '../automation/upkeep-view-store.js';
import type { Clock } from '../base/clock.js';
import { messageOf } from '../base/node-error.js';
import { BURNT, earnedOf, walletOf } from '../gasbank/accounts.js';
import { createLedgerStore } from '../gasbank/ledger-store.js';
import { createCursorStore } from '../pipeline/cursor-store.js';
import { createRequestViews } from '../requests/request-view-store.js';
import { booksStatus, readinessOf } from './node-figures.js';
import { DATABASE_FILE, type NodeOptions } from './node-options.js';
import type { Running } from './open-parts.js';
import { randomStatus } from './open-random.js';
import { createRunway } from './runway.js';
import { spendingStatus } from './spending-figures.js';

/** What takes a look at many rows is known for so long. */
const KEPT_MS = 60_000;

export interface Gauges {
  /**
   * Brings up to date what is read when somebody asks for it. Never rejects: a scrape that failed
   * would say that the node is down, and what counts itself is there in any case.
   */
  refresh(): Promise<void>;
}

/**
 * The node's gauges. None of them looks through a table that grows for ever: the database counts
 * requests as they end.
 */
export function createGauges(options: NodeOptions, parts: Running): Gauges {
  const { metrics } = options;
  const cursor = createCursorStore(parts.db);
  const queue = createQueue(options, parts);
  const money = createMoney(options, parts);
  async function readAll(): Promise<void> {
    metrics.ready(readinessOf(options, parts).ready);
    metrics.signerUp(parts.signerWatch.status()?.isUp ?? true);
    const processed = cursor.read()?.height ?? null;
    queue.refresh(processed);
    money.refresh();
    refreshChain(options, parts, processed);
    for (const { pair, ageMs, heartbeatMs } of parts.prices.ages()) {
      metrics.priceAge(pair, ageMs, heartbeatMs);
    }
    const sandbox = parts.functions.status();
    if (sandbox !== null) metrics.sandbox(sandbox);
    await refreshDisk(options);
  }
  return {
    refresh: () =>
      readAll().catch((error) => {
        options.log.warn('gauges not read', { reason: messageOf(error) });
      }),
  };
}

function createQueue({ config, clock, metrics }: NodeOptions, parts: Running) {
  const { db } = parts;
  const views = createRequestViews(db);
  const upkeeps = createUpkeepViews(db);
  return {
    refresh(processed: number | null): void {
      const nowMs = clock.nowMs();
      metrics.queue(views.countByState());
      const oldest = Object.entries(views.oldestByState());
      metrics.oldestRequests(Object.fromEntries(oldest.map(([state, at]) => [state, nowMs - at])));
      const latest = { block: processed ?? 0, timeMs: parts.chainTime.nowMs() };
      metrics.upkeeps(upkeeps.countByState(), {
        count: upkeeps.dueCount(latest),
        longestMs: upkeeps.longestDueMs(latest, config.network.blockTimeMs),
      });
      metrics.randomKey(randomStatus(parts.facts, parts.random.keys));
    },
  };
}

function createMoney(options: NodeOptions, parts: Running) {
  const { config, clock, metrics } = options;
  const { walletFloorDatoshi: floor, walletWarningDatoshi: warning } = config.gasbank;
  const ledger = createLedgerStore(parts.db);
  // The node's account may change while it runs: what hangs on one is made anew then.
  let of = parts.signer.account;
  let runwayMs = createRunway(floor, parts.db, of, clock);
  const creditHeld = kept(clock, () =>
    ledger.balances('credit:').reduce((sum, { balance }) => sum + balance.posted, 0n),
  );
  return {
    refresh(): void {
      const { account } = parts.signer;
      if (account !== of) runwayMs = createRunway(floor, parts.db, account, clock);
      of = account;
      metrics.balances({
        wallet: ledger.balance(walletOf(account)).posted,
        credit: creditHeld(),
        earned: ledger.balance(earnedOf(account)).posted,
        burnt: ledger.balance(BURNT).posted,
        ...{ floor, warning },
      });
      metrics.runway(runwayMs());
      const books = booksStatus(parts.db);
      metrics.books({
        agreedHeight: books.agreedBlock,
        differences: books.differences.length,
        isStopped: (parts.spendingStopped ?? books.stopped) !== null,
      });
      const spending = spendingStatus(options, parts);
      metrics.spendingHeld(spending.held.map(({ cause }) => cause));
      metrics.budgets(spending.budgets);
      metrics.inboxOnly(spending.inboxOnly.length);
    },
  };
}

/** The same answer for a while. */
function kept<T>(clock: Clock, read: () => T): () => T {
  let known: { readonly atMs: number; readonly value: T } | null = null;
  return () => {
    const atMs = clock.monotonicMs();
    if (known === null || atMs - known.atMs >= KEPT_MS) known = { atMs, value: read() };
    return known.value;
  };
}

function refreshChain({ config, metrics }: NodeOptions, parts: Running, processed: number | null) {
  const height = parts.pool.bestHeight() ?? processed;
  if (height !== null) metrics.chain({ height, processed: processed ?? 0 });
  metrics.chainPace({
    lastBlockAtMs: parts.latestBlockMs ?? parts.startedMs,
    stallAfterMs: config.network.stallAfterMs,
  });
  for (const { endpoint, state, height: at } of parts.pool.health()) {
    metrics.endpoint({ endpoint, healthy: state === 'up', height: at });
  }
}

async function refreshDisk({ config, metrics }: NodeOptions): Promise<void> {
  const file = join(config.storage.dir, DATABASE_FILE);
  const size = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  metrics.database({ mainBytes: size(file), walBytes: size(`${file}-wal`) });
  const { bavail, blocks, bsize } = await statfs(config.storage.dir);
  metrics.disk({ freeBytes: bavail * bsize, sizeBytes: blocks * bsize });
}
