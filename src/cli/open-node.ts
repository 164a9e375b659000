import { join } from 'node:path';
import { toWire } from '../api/json-text.js';
import type { NodeStatus, TroubleStatus, WalletStatus } from '../api/node-status.js';
import { pageOf } from '../api/request-page.js';
import { readRuntimeFile } from '../api/runtime-file.js';
import { systemClock } from '../base/clock.js';
import { type Hash160, hash160ToAddress } from '../base/hash.js';
import type { NodeConfig } from '../config/node-config.js';
import { attestationStatus } from '../node/attestation-status.js';
import { createRequestViews, type RequestViews } from '../requests/request-view-store.js';
import { type Database, openDatabaseReadOnly } from '../storage/database.js';
import type { NodeParts, RunnableNode } from './command-context.js';
import type { StoredView } from './node-view.js';
import { ownAccount } from './own-account.js';

// The one place where the command line meets the node itself. It's loaded when it's needed: what a
// running node answers, the other commands print without it.

const TROUBLE_SHOWN = 10;

export async function createNodeFor(parts: NodeParts): Promise<RunnableNode> {
  const { createNode } = await import('../node.js');
  const node = createNode(parts);
  return {
    async start() {
      await node.start();
      return { url: readRuntimeFile(parts.config.storage.dir)?.url ?? '' };
    },
    stop: () => node.stop(),
    ended: node.ended,
  };
}

/** A node's database, for reading only. Throws a NodeError DB_OPEN, DB_NEWER_SCHEMA. */
export async function openStoredView(config: NodeConfig, version: string): Promise<StoredView> {
  const { DATABASE_FILE, databaseStatus } = await import('../node.js');
  const db = openDatabaseReadOnly(join(config.storage.dir, DATABASE_FILE));
  const views = createRequestViews(db);
  return {
    status: async () => {
      const account = await ownAccount(config, systemClock);
      return toWire(storedStatus(config, account, version, db, databaseStatus));
    },
    requests: async (query) => toWire(pageOf(views, query)),
    explain: async (id) => toWire(views.explain(id)),
    close: () => db.close(),
  };
}

type DatabaseStatus = typeof import('../node.js')['databaseStatus'];

/** Stands for an account that is not known; the books hold nothing of it. */
const NOBODY: Hash160 = `0x${'00'.repeat(20)}`;

function storedStatus(
  config: NodeConfig,
  account: Hash160 | null,
  version: string,
  db: Database,
  databaseStatus: DatabaseStatus,
): NodeStatus {
  const stored = databaseStatus(db, account ?? NOBODY, config.alerts);
  const { processed, queue, oldestOpenAtMs, creditHeldDatoshi } = stored;
  return {
    version,
    startedAtMs: null,
    magic: config.network.magic,
    gateway: config.gateway.hash,
    readiness: null,
    chain: { height: null, processed, lagBlocks: null, latestBlockAtMs: null },
    endpoints: [],
    queue,
    oldestOpenAtMs,
    wallet: account === null ? null : storedWallet(config, account, stored.walletDatoshi),
    signer: null,
    creditHeldDatoshi,
    earnedDatoshi: account === null ? null : stored.earnedDatoshi,
    books: stored.books,
    spending: null,
    random: null,
    prices: null,
    attestation: attestationStatus(config),
    alerts: stored.alerts,
    recentTrouble: storedTrouble(createRequestViews(db)),
  };
}

function storedWallet({ gasbank }: NodeConfig, account: Hash160, balance: bigint): WalletStatus {
  return {
    account,
    address: hash160ToAddress(account),
    balanceDatoshi: balance,
    floorDatoshi: gasbank.walletFloorDatoshi,
    warningDatoshi: gasbank.walletWarningDatoshi,
  };
}

/** Requests that are in trouble stand for the log that a node remembers while it runs. */
function storedTrouble(views: RequestViews): TroubleStatus[] {
  return views.inTrouble(TROUBLE_SHOWN).map(({ id, state, reason, createdTimeMs }) => ({
    atMs: views.explain(id)?.steps.at(-1)?.atMs ?? createdTimeMs,
    level: 'warn',
    message: `${state}: ${reason}`,
    requestId: id,
  }));
}
