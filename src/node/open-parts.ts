import { join } from 'node:path';
import type { MessageSender } from '../alerts/alert-message.js';
import { createEventFeed, type EventFeed } from '../api/event-feed.js';
import type { Hash160 } from '../base/hash.js';
import { type BlockWake, createBlockWake } from '../chain/block-wake.js';
import { type ChainFacts, checkChain } from '../chain/chain-check.js';
import { createFeePolicy, type PolicyReader } from '../chain/policy.js';
import { createRpcPool, type RpcPool } from '../chain/rpc-pool.js';
import type { Signer } from '../chain/signer.js';
import type { NodeConfig } from '../config/node-config.js';
import type { FilterPool } from '../filters/filter-pool.js';
import { type ChainTime, createChainTime } from '../gasbank/chain-time.js';
import { createHeldWork, type HeldWork } from '../gasbank/held-spending.js';
import type { GuardedFetch } from '../net/guarded-fetch.js';
import { createCursorStore } from '../pipeline/cursor-store.js';
import { type Database, troubleWord, watchWrites } from '../storage/database.js';
import { accountTrouble } from './account-trouble.js';
import { requireStartInTime } from './check-start-block.js';
import { DATABASE_FILE, LOCK_FILE, type NodeOptions } from './node-options.js';
import type { NodeAlerts } from './open-alerts.js';
import type { NodeFunctions } from './open-functions.js';
import { type NodeKeys, openConfiguredSigner } from './open-keys.js';
import { type NodePrices, openPrices } from './open-prices.js';
import { type NodeRandom, warnOfRandom } from './open-random.js';
import { warnOfVault } from './open-vault.js';
import { type NodeWeb, outsideOf } from './outside.js';
import { signerOfGateway } from './own-signer.js';
import { askPatiently } from './patient-start.js';
import { createSignerWatch, type SignerWatch } from './watch-signer.js';

/** Everything that is open while the node runs, and what was learnt since. */
export interface Running {
  /** Of the gateway's node account, where the wallet holds it. */
  signer: Signer;
  readonly keys: NodeKeys;
  readonly signerWatch: SignerWatch;
  readonly db: Database;
  readonly pool: RpcPool;
  readonly wake: BlockWake;
  readonly fetch: GuardedFetch;
  readonly filters: FilterPool;
  readonly functions: NodeFunctions;
  readonly prices: NodePrices;
  readonly random: NodeRandom;
  readonly alerts: NodeAlerts;
  /** What the API tells of as it happens. */
  readonly events: EventFeed;
  readonly startedMs: number;
  readonly policy: PolicyReader;
  /** What the gas bank holds back. */
  readonly held: HeldWork;
  /** The time that its budgets are counted by. */
  readonly chainTime: ChainTime;
  facts: ChainFacts;
  /** Whether another node account is proposed. */
  isHandOverNear: boolean;
  latestBlockMs: number | null;
  inStep: boolean;
  /** Once it was: what comes then is news. */
  wasInStep: boolean;
  /** Why nothing is spent; null when it may be. */
  spendingStopped: string | null;
}

type Closer = () => void | Promise<void>;

/** Keeps a part in mind, to be closed. */
type Keep = <T>(part: T, close: (part: T) => void | Promise<void>) => T;

/**
 * Opens everything, in the order in which an operator's mistake shows best; nothing is written
 * before the chain was proven to be the configured one. What was opened is in `closers`, also when
 * this rejects.
 */
export async function openParts(
  options: NodeOptions,
  closers: Closer[],
  signal: AbortSignal,
): Promise<Running> {
  const { config, clock, log, metrics } = options;
  const keep: Keep = (part, close) => {
    closers.push(() => close(part));
    return part;
  };
  const outside = outsideOf(options);
  const patiently = <T>(ask: () => Promise<T>) => askPatiently(ask, options, signal);
  const { keys, signerWatch } = openNodeKeys(options, keep);
  const configured = await patiently(() => openConfiguredSigner(keys));
  const feeds = outside.loadFeeds(config.prices.feedPaths);
  const pool = openPool(options, keep);
  const { magic } = config.network;
  const expected = { magic, gateway: config.gateway.hash };
  const facts = await patiently(() => checkChain(pool, expected, { signal }));
  const signer = (await signerOfGateway({ keys, log }, facts, configured.account)) ?? configured;
  const policy = createFeePolicy(pool);
  await patiently(() => policy.refresh({ signal }));
  const trouble = accountTrouble(facts, signer.account, facts.height);
  if (trouble !== null) log.warn('this node cannot answer yet', { reason: trouble });
  const { dir } = config.storage;
  keep(outside.lock(join(dir, LOCK_FILE)), (lock) => lock.release());
  const db = keep(outside.openDatabase(join(dir, DATABASE_FILE)), (part) => void part.close());
  watchWrites(db, {
    monotonicMs: () => clock.monotonicMs(),
    took: metrics.databaseWrite,
    failed: (code) => metrics.databaseError(troubleWord(code)),
  });
  await warnOfVault(outside.openVault(config, db, clock), log);
  if (createCursorStore(db).read() === null) {
    const { hash, startBlock } = config.gateway;
    await patiently(() => requireStartInTime(pool, hash, startBlock ?? 0, { signal }));
  }
  const wake = openWake(options, keep);
  const web = await openWeb(options, keep);
  const functions = keep(outside.openFunctions(options, { pool, ...web }), (part) => part.close());
  const random = keep(outside.openRandom(options), (part) => part.close());
  await warnOfRandom(facts, random.keys, log);
  signal.throwIfAborted();
  const startedMs = clock.nowMs();
  const events = createEventFeed({ clock });
  const parts: Running = {
    ...web,
    functions,
    prices: openPrices(options, { db, events, ...web }, feeds),
    events,
    random,
    alerts: outside.openAlerts(options, db, () => senderOf(options, parts.signer.account)),
    signer,
    keys,
    signerWatch,
    db,
    pool,
    wake,
    startedMs,
    policy,
    held: createHeldWork(),
    chainTime: createChainTime(clock.nowMs),
    facts,
    isHandOverNear: false,
    latestBlockMs: null,
    inStep: false,
    wasInStep: false,
    spendingStopped: null,
  };
  return parts;
}

/** The keys, and what tells of the signer that may have them. */
function openNodeKeys(options: NodeOptions, keep: Keep) {
  const { config, clock, log, metrics } = options;
  const keys = outsideOf(options).openKeys(config, clock, (refused) => {
    metrics.signerRefused(refused.reason);
    log.warn('the signer refused a transaction', {
      refusal: refused.reason,
      reason: refused.message,
    });
    signerWatch.refused(refused);
  });
  const signerWatch = createSignerWatch(keys.remote, { clock, log });
  return { keys: keep(keys, (part) => part.close()), signerWatch };
}

function openPool(options: NodeOptions, keep: Keep): RpcPool {
  const { config, clock, log, metrics } = options;
  const { network } = config;
  const pool = createRpcPool({
    urls: network.rpcUrls,
    connect: outsideOf(options).connectRpc,
    magic: network.magic,
    clock,
    log,
    timeoutMs: network.requestTimeoutMs,
    maxConnections: network.connectionsPerEndpoint,
    batchCalls: network.batchSize,
    probeEveryMs: network.healthIntervalMs,
    maxLagBlocks: network.lagToleranceBlocks,
    onExchange: ({ endpoint, method, durationMs, outcome }) =>
      metrics.rpcCall({
        endpoint,
        method,
        durationMs,
        failure: outcome === 'ok' ? undefined : outcome,
      }),
  });
  return keep(pool, (part) => part.stop());
}

/** How messages about alerts say whom they are from. */
export const senderOf = (
  { config, version }: Pick<NodeOptions, 'config' | 'version'>,
  account: Hash160,
): MessageSender => ({
  ...{ magic: config.network.magic, gateway: config.gateway.hash, account, version },
});

/** Tells when to look for a block. */
function openWake(options: NodeOptions, keep: Keep): BlockWake {
  const { config, clock, log } = options;
  const connect = outsideOf(options).connectAnnouncements;
  const pollMs = config.network.pollIntervalMs;
  const wake = createBlockWake({ urls: webSocketUrls(config), connect, clock, log, pollMs });
  return keep(wake, (part) => part.close());
}

async function openWeb(options: NodeOptions, keep: Keep): Promise<NodeWeb> {
  const { fetch, filters } = await outsideOf(options).openWeb(options);
  keep(fetch, (part) => part.close());
  keep(filters, (part) => part.close());
  await filters.ready();
  return { fetch, filters };
}

/** Where blocks are announced: what the file names, or /ws beside each RPC endpoint. */
function webSocketUrls({ network }: NodeConfig): string[] {
  if (network.webSocket === 'off') return [];
  if (network.webSocket !== 'auto') return [...network.webSocket];
  return network.rpcUrls.map((url) => {
    const ws = new URL(url);
    ws.protocol = ws.protocol === 'https:' ? 'wss:' : 'ws:';
    ws.pathname = `${ws.pathname.replace(/\/$/, '')}/ws`;
    return ws.href;
  });
}
