import type { BooksStatus, NodeStatus, Readiness } from '../api/node-status.js';
import { formatGas } from '../base/datoshi.js';
import { type Hash160, hash160ToAddress } from '../base/hash.js';
import type { NodeConfig } from '../config/node-config.js';
import { earnedOf, walletOf } from '../gasbank/accounts.js';
import { createLedgerStore } from '../gasbank/ledger-store.js';
import { createProofStore } from '../gasbank/proof-store.js';
import { describeDifferences } from '../gasbank/spending-stop.js';
import { createCursorStore } from '../pipeline/cursor-store.js';
import { createRequestViews } from '../requests/request-view-store.js';
import type { Database } from '../storage/database.js';
import { accountTrouble } from './account-trouble.js';
import { alertStatus, storedAlerts } from './alert-status.js';
import { attestationStatus } from './attestation-status.js';
import type { NodeOptions } from './node-options.js';
import type { Running } from './open-parts.js';
import { randomStatus } from './open-random.js';
import { spendingStatus } from './spending-figures.js';

/** What the database alone tells; the command line reads it when no node runs. */
export function databaseStatus(
  db: Database,
  account: Hash160,
  { runbook }: Pick<NodeConfig['alerts'], 'runbook'>,
) {
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
    alerts: storedAlerts(db, runbook),
  };
}

/** How the books stood to the chain when they were compared last. */
export function booksStatus(db: Database): BooksStatus {
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
  const signer = parts.signerWatch.status();
  if (signer?.isUp === false) reasons.push(`nothing can be signed: ${signer.problem}`);
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
  const stored = databaseStatus(parts.db, account, config.alerts);
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
    signer: parts.signerWatch.status(),
    creditHeldDatoshi: stored.creditHeldDatoshi,
    earnedDatoshi: stored.earnedDatoshi,
    books: { ...stored.books, stopped: parts.spendingStopped ?? stored.books.stopped },
    spending: spendingStatus(options, parts),
    random: randomStatus(parts.facts, parts.random.keys),
    prices: parts.prices.status(),
    attestation: attestationStatus(options.config),
    alerts: parts.alerts.firing().map((each) => alertStatus(each, config.alerts.runbook)),
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
