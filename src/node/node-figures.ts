import { statSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { BooksStatus, NodeStatus, Readiness } from '../api/node-status.js';
import { createUpkeepViews } from '../automation/upkeep-view-store.js';
import { formatGas } from '../base/datoshi.js';
import { type Hash160, hash160ToAddress } from '../base/hash.js';
import { BURNT, earnedOf, walletOf } from '../gasbank/accounts.js';
import { createLedgerStore } from '../gasbank/ledger-store.js';
import { createProofStore } from '../gasbank/proof-store.js';
import { describeDifferences } from '../gasbank/spending-stop.js';
import { createCursorStore } from '../pipeline/cursor-store.js';
import { createRequestViews } from '../requests/request-view-store.js';
import type { Database } from '../storage/database.js';
import { accountTrouble } from './account-trouble.js';
import { attestationStatus } from './attestation-status.js';
import { DATABASE_FILE, type NodeOptions } from './node-options.js';
import type { Running } from './open-parts.js';
import { randomStatus } from './open-random.js';
import { spendingStatus } from './spending-figures.js';

/** Figures that are read when somebody asks for them. */
export async function refreshGauges(options: NodeOptions, parts: Running): Promise<void> {
  const { metrics } = options;
  metrics.ready(readinessOf(options, parts).ready);
  const status = databaseStatus(parts.db, parts.signer.account);
  refreshQueue(options, parts, status);
  refreshMoney(options, parts, status);
  refreshChain(options, parts, status.processed);
  for (const { pair, ageMs, heartbeatMs } of parts.prices.ages()) {
    metrics.priceAge(pair, ageMs, heartbeatMs);
  }
  const sandbox = parts.functions.status();
  if (sandbox !== null) metrics.sandbox(sandbox);
  await refreshDisk(options);
}

type StoredFigures = ReturnType<typeof databaseStatus>;

function refreshQueue(options: NodeOptions, parts: Running, status: StoredFigures): void {
  const { config, clock, metrics } = options;
  const views = createRequestViews(parts.db);
  const nowMs = clock.nowMs();
  metrics.queue(status.queue as Record<string, number>);
  const oldest = Object.entries(views.oldestByState());
  metrics.oldestRequests(Object.fromEntries(oldest.map(([state, at]) => [state, nowMs - at])));
  metrics.unanswered(views.unansweredByKind());
  const upkeeps = createUpkeepViews(parts.db);
  const latest = { block: status.processed ?? 0, timeMs: parts.chainTime.nowMs() };
  metrics.upkeeps(upkeeps.countByState(), {
    count: upkeeps.dueCount(latest),
    longestMs: upkeeps.longestDueMs(latest, config.network.blockTimeMs),
  });
  metrics.randomKey(randomStatus(parts.facts, parts.random.keys));
}

function refreshMoney(options: NodeOptions, parts: Running, status: StoredFigures): void {
  const { config, metrics } = options;
  const { walletFloorDatoshi: floor, walletWarningDatoshi: warning } = config.gasbank;
  metrics.balances({
    wallet: status.walletDatoshi,
    credit: status.creditHeldDatoshi,
    earned: status.earnedDatoshi,
    burnt: createLedgerStore(parts.db).balance(BURNT).posted,
    ...{ floor, warning },
  });
  metrics.runway(parts.runwayMs());
  const { books } = status;
  metrics.books({
    agreedHeight: books.agreedBlock,
    differences: books.differences.length,
    isStopped: (parts.spendingStopped ?? books.stopped) !== null,
  });
  const spending = spendingStatus(options, parts);
  metrics.spendingHeld(spending.held.map(({ cause }) => cause));
  metrics.budgets(spending.budgets);
  metrics.inboxOnly(spending.inboxOnly.length);
}

function refreshChain({ config, metrics }: NodeOptions, parts: Running, processed: number | null) {
  const height = parts.pool.bestHeight() ?? processed;
  if (height !== null) metrics.chain({ height, processed: processed ?? 0 });
  metrics.chainPace({
    lastBlockAtMs: parts.latestBlockMs ?? parts.startedMs,
    stallAfterMs: config.network.stallAfterMs,
  });
  for (const { endpoint, state, height } of parts.pool.health()) {
    metrics.endpoint({ endpoint, healthy: state === 'up', height });
  }
}

async function refreshDisk({ config, metrics }: NodeOptions): Promise<void> {
  const file = join(config.storage.dir, DATABASE_FILE);
  const size = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  metrics.database({ mainBytes: size(file), walBytes: size(`${file}-wal`) });
  const { bavail, blocks, bsize } = await statfs(config.storage.dir);
  metrics.disk({ freeBytes: bavail * bsize, sizeBytes: blocks * bsize });
}

/** What the database alone tells; the command line reads it when no node runs. */
export function databaseStatus(db: Database, account: Hash160) {
  const ledger = createLedgerStore(db);
  const views = createRequestViews(db);
  const held = ledger.balances('credit:').reduce((sum, { balance }) => sum + balance.posted, 0n);
  return {
    processed: createCursorStore(db).read()?.height ?? null,
    queue: views.countByState(),
    oldestOpenAtMs: views.oldestOpenMs(),
    walletDatoshi: ledger.balance(walletOf(account)).posted,
    creditHeldDatoshi: held,
    earnedDatoshi: ledger.balance(earnedOf(account)).posted,
    books: booksStatus(db),
  };
}

/** How the books stood to the chain when they were compared last. */
function booksStatus(db: Database): BooksStatus {
  const proofs = createProofStore(db);
  const proof = proofs.proof();
  const open = proofs.open();
  return {
    agreedBlock: proof?.agreedBlock ?? null,
    agreedAtMs: proof?.agreedMs ?? null,
    accounts: proof?.accounts ?? null,
    stopped: open.length === 0 ? null : describeDifferences(open),
    differences: open.map(({ account, ledger, chain, agreedBlock, firstBlock }) => ({
      account,
      ledgerDatoshi: ledger,
      chainDatoshi: chain,
      agreedBlock,
      firstBlock,
    })),
  };
}

/** Whether the node can answer now, and if not, why. */
export function readinessOf(
  { config, clock }: Pick<NodeOptions, 'config' | 'clock'>,
  parts: Running | null,
): Readiness {
  if (parts === null) return { ready: false, reasons: ['the node is starting'] };
  const reasons: string[] = [];
  if (!parts.pool.health().some(({ state }) => state === 'up')) {
    reasons.push('no RPC endpoint is up');
  }
  if (!parts.inStep) reasons.push('the node is still catching up with the chain');
  const { stallAfterMs } = config.network;
  const quietMs = clock.nowMs() - (parts.latestBlockMs ?? parts.startedMs);
  if (quietMs > stallAfterMs) {
    const seconds = Math.round(quietMs / 1_000);
    reasons.push(
      `no block came for ${seconds} s (network.stallAfter is ${stallAfterMs / 1_000} s)`,
    );
  }
  const { posted } = createLedgerStore(parts.db).balance(walletOf(parts.signer.account));
  if (parts.inStep && posted < config.gasbank.walletFloorDatoshi) {
    reasons.push(`the wallet has ${formatGas(posted)} GAS, less than gasbank.walletFloor`);
  }
  const trouble = accountTrouble(
    parts.facts,
    parts.signer.account,
    parts.pool.bestHeight() ?? parts.facts.height,
  );
  if (trouble !== null) reasons.push(trouble);
  return { ready: reasons.length === 0, reasons };
}

export function statusOf(options: NodeOptions, parts: Running | null): NodeStatus {
  if (parts === null) throw new Error('bug: the status of a node that was never started');
  const { config, log, version } = options;
  const { account } = parts.signer;
  const stored = databaseStatus(parts.db, account);
  const height = parts.pool.bestHeight();
  return {
    version,
    startedAtMs: parts.startedMs,
    magic: config.network.magic,
    gateway: config.gateway.hash,
    readiness: readinessOf(options, parts),
    chain: {
      height,
      processed: stored.processed,
      lagBlocks:
        height === null || stored.processed === null
          ? null
          : Math.max(0, height - stored.processed),
      latestBlockAtMs: parts.latestBlockMs,
    },
    endpoints: parts.pool.health().map(({ endpoint, state, height: at, reason }) => ({
      endpoint,
      healthy: state === 'up',
      height: at,
      why: reason,
    })),
    queue: stored.queue,
    oldestOpenAtMs: stored.oldestOpenAtMs,
    wallet: {
      account,
      address: hash160ToAddress(account),
      balanceDatoshi: stored.walletDatoshi,
      floorDatoshi: config.gasbank.walletFloorDatoshi,
      warningDatoshi: config.gasbank.walletWarningDatoshi,
    },
    creditHeldDatoshi: stored.creditHeldDatoshi,
    earnedDatoshi: stored.earnedDatoshi,
    books: { ...stored.books, stopped: parts.spendingStopped ?? stored.books.stopped },
    spending: spendingStatus(options, parts),
    random: randomStatus(parts.facts, parts.random.keys),
    attestation: attestationStatus(options.config),
    recentTrouble: log.recentTrouble().map(({ atMs, level, event, facts }) => ({
      atMs,
      level: level === 'error' ? 'error' : 'warn',
      message: typeof facts.reason === 'string' ? `${event}: ${facts.reason}` : event,
      requestId: /^\d{1,19}$/.test(String(facts.requestId))
        ? BigInt(String(facts.requestId))
        : null,
    })),
  };
}
