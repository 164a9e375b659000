import { randomBytes, randomUUID } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { NodeStatus, Readiness } from './api/node-status.js';
import { createOpsServer, type OpsServer } from './api/ops-server.js';
import type { Clock } from './base/clock.js';
import { type Hash160, hash160ToAddress } from './base/hash.js';
import { messageOf } from './base/node-error.js';
import { tailBlockRuns } from './chain/block-tailer.js';
import { type BlockWake, createBlockWake } from './chain/block-wake.js';
import { type ChainFacts, checkChain } from './chain/chain-check.js';
import { createBlockSource } from './chain/choose-block-source.js';
import { createFeePolicy, type PolicyReader } from './chain/policy.js';
import { createPreflight } from './chain/preflight.js';
import { createRpcPool, type RpcPool } from './chain/rpc-pool.js';
import type { Signer } from './chain/signer.js';
import type { NodeConfig } from './config/node-config.js';
import { readPasswordFile } from './config/password-file.js';
import { readWalletFile } from './config/wallet-file.js';
import { createFilterPool, type FilterPool } from './filters/filter-pool.js';
import { earnedOf, walletOf } from './gasbank/accounts.js';
import { createLedgerStore } from './gasbank/ledger-store.js';
import { openWallet } from './keystore/open-wallet.js';
import { createGuardedFetch, type GuardedFetch } from './net/guarded-fetch.js';
import { DEFAULT_HTTP_LIMITS } from './net/http-limits.js';
import { type CrashPoint, noCrash } from './pipeline/crash-point.js';
import { type PipelineLimits, runNodePipeline } from './pipeline/create-pipeline.js';
import { createCursorStore } from './pipeline/cursor-store.js';
import { createGatewayPort } from './pipeline/gateway-port.js';
import { httpWorkOf } from './pipeline/resolve-request.js';
import { createRequestViews } from './requests/request-view-store.js';
import { createHttpResolver } from './resolvers/http.js';
import { type Database, inTransaction, openDatabase } from './storage/database.js';
import { lockNode } from './storage/node-lock.js';
import type { ProcessLog } from './telemetry/create-log.js';
import type { Metrics } from './telemetry/metrics.js';

export interface NodeOptions {
  readonly config: NodeConfig;
  readonly version: string;
  readonly log: ProcessLog;
  readonly metrics: Metrics;
  readonly clock: Clock;
  /** Tests kill the process there; the node's own does nothing. */
  readonly crashPoint?: CrashPoint;
}

export interface DodonaNode {
  /** Checks the chain and begins to work. Rejects with a NodeError that says what to mend. */
  start(): Promise<void>;
  /** Settles when the node has ended: rejects when something broke that trying again won't mend. */
  readonly ended: Promise<void>;
  /** Ends within 10 s. What is under way and persisted goes on at the next start. */
  stop(): Promise<void>;
  status(): NodeStatus;
  readiness(): Readiness;
}

/** How often the network's prices are read again. */
const POLICY_EVERY_MS = 60_000;
/** Metrics and status figures are refreshed with a block, and at least this often. */
const WALLET_EVERY_BLOCKS = 20;
const LAST_BLOCKS = 2;
const HOLD_MS = 3_000;
const MAX_BATCH_BYTES = 48 * 1024;
const RESPOND_CONCURRENCY = 3;

/** File names within storage.dir. */
export const DATABASE_FILE = 'node.sqlite';
const LOCK_FILE = 'node.lock';

/** Everything that is open while the node runs, and what was learnt since. */
interface Running {
  readonly signer: Signer;
  readonly db: Database;
  readonly pool: RpcPool;
  readonly wake: BlockWake;
  readonly fetch: GuardedFetch;
  readonly filters: FilterPool;
  readonly startedMs: number;
  readonly policy: PolicyReader;
  facts: ChainFacts;
  latestBlockMs: number | null;
  inStep: boolean;
}

/** The composition root: the only place where the node's parts are put together. */
export function createNode(options: NodeOptions): DodonaNode {
  const { log } = options;
  const stopping = new AbortController();
  const closers: (() => void | Promise<void>)[] = [];
  let running: Running | null = null;
  let work: Promise<void> = Promise.resolve();
  let settle: { resolve: () => void; reject: (error: unknown) => void };
  const ended = new Promise<void>((resolve, reject) => {
    settle = { resolve, reject };
  });
  ended.catch(() => {});

  async function close(): Promise<void> {
    for (const closer of closers.splice(0).reverse()) {
      await Promise.resolve()
        .then(closer)
        .catch((error) => log.warn('not closed cleanly', { reason: messageOf(error) }));
    }
  }

  async function start(): Promise<void> {
    try {
      const parts = await openParts(options, closers, stopping.signal);
      running = parts;
      const server = createServer(options, parts);
      await server.start();
      closers.push(() => server.stop());
      work = runWork(options, parts, stopping.signal);
    } catch (error) {
      await close();
      settle.resolve();
      throw error;
    }
    work.then(
      () => close().then(settle.resolve),
      (error) => close().then(() => settle.reject(error)),
    );
  }

  return {
    start,
    ended,
    async stop() {
      stopping.abort(new Error('the node stops'));
      await ended.catch(() => {});
    },
    status: () => statusOf(options, running),
    readiness: () => readinessOf(running),
  };
}

async function openParts(
  options: NodeOptions,
  closers: (() => void | Promise<void>)[],
  signal: AbortSignal,
): Promise<Running> {
  const { config, clock, log, metrics } = options;
  const keep = <T>(part: T, close: (part: T) => void | Promise<void>): T => {
    closers.push(() => close(part));
    return part;
  };
  keep(lockNode(join(config.storage.dir, LOCK_FILE)), (lock) => lock.release());
  const signer = await openWallet(
    readWalletFile(config.wallet),
    readPasswordFile(config.wallet.passwordFile),
  );
  const { network } = config;
  const rpcOptions = {
    urls: network.rpcUrls,
    magic: network.magic,
    clock,
    log,
    timeoutMs: network.requestTimeoutMs,
    probeEveryMs: network.healthIntervalMs,
    maxLagBlocks: network.lagToleranceBlocks,
    onExchange: (exchange: {
      outcome: string;
      endpoint: string;
      method: string;
      durationMs: number;
    }) =>
      metrics.rpcCall({
        ...exchange,
        failure: exchange.outcome === 'ok' ? undefined : exchange.outcome,
      }),
  };
  const pool = keep(createRpcPool(rpcOptions), (part) => part.stop());
  const expected = { magic: network.magic, gateway: config.gateway.hash };
  const facts = await checkChain(pool, expected);
  const policy = createFeePolicy(pool);
  await policy.refresh();
  const trouble = accountTrouble(facts, signer.account);
  if (trouble !== null) log.warn('this node cannot answer yet', { reason: trouble });
  const db = keep(
    openDatabase(join(config.storage.dir, DATABASE_FILE)),
    (part) => void part.close(),
  );
  const wake = keep(
    createBlockWake({ urls: webSocketUrls(config), clock, log, pollMs: network.pollIntervalMs }),
    (part) => part.close(),
  );
  const ca = config.http.caFile === null ? undefined : readFileSync(config.http.caFile, 'utf8');
  const { totalTimeoutMs, connectTimeoutMs, maxBodyBytes, maxRedirects, allow } = config.http;
  const given = { totalTimeoutMs, connectTimeoutMs, maxBodyBytes, maxRedirects };
  const fetch = keep(
    createGuardedFetch({ limits: { ...DEFAULT_HTTP_LIMITS, ...given }, allow, clock, ca }),
    (part) => part.close(),
  );
  const { workers, timeoutMs } = config.filters;
  const filters = keep(
    createFilterPool({ workers, timeoutMs, maxBodyBytes, profile: config.http.profile, clock }),
    (part) => part.close(),
  );
  await filters.ready();
  signal.throwIfAborted();
  return {
    signer,
    db,
    pool,
    wake,
    fetch,
    filters,
    startedMs: clock.nowMs(),
    policy,
    facts,
    latestBlockMs: null,
    inStep: false,
  };
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

async function runWork(options: NodeOptions, parts: Running, signal: AbortSignal): Promise<void> {
  const { config, clock, log, metrics } = options;
  const { db, pool, signer } = parts;
  const gateway = config.gateway.hash;
  const { magic } = config.network;
  const cursor = createCursorStore(db);
  const begun = inTransaction(db, () =>
    cursor.begin(magic, gateway, config.gateway.startBlock ?? 0),
  );
  const preflight = createPreflight({ rpc: pool, clock, mode: config.network.dialect });
  const feePolicy = parts.policy.current;
  const chain = createGatewayPort({ rpc: pool, gateway, magic, signer, preflight, feePolicy });
  const resolver = createHttpResolver({
    fetch: parts.fetch,
    filters: parts.filters,
    profile: config.http.profile,
  });
  const own = new AbortController();
  const both = AbortSignal.any([signal, own.signal]);
  const refreshing = refreshLoop(options, parts, both);
  const source = createBlockSource({ rpc: pool, gateway, clock, mode: config.network.dialect });
  log.info('node started', {
    version: options.version,
    account: hash160ToAddress(signer.account),
    gateway,
    magic,
    fromBlock: begun.height + 1,
  });
  try {
    await runNodePipeline({
      db,
      chain,
      clock,
      log,
      crashPoint: options.crashPoint ?? noCrash,
      limits: pipelineLimits(config),
      blocks: tailBlockRuns({
        source,
        fromIndex: begun.height + 1,
        known: begun.known,
        wake: parts.wake,
        clock,
        signal: both,
        onProgress: (progress) => log.info('catching up', { ...progress }),
        onTrouble: ({ error, index, retryInMs }) =>
          log.warn('block not read', { index, retryInMs, reason: messageOf(error) }),
      }),
      tipHeight: () => pool.bestHeight() ?? 0,
      resolver: (row, stop) => resolver(httpWorkOf(row), stop),
      randomNonce: () => randomBytes(4).readUInt32LE(),
      onBlocks: (last, result, inStep) => {
        parts.latestBlockMs = clock.nowMs();
        if (result.settingsChanged) void refreshFacts(options, parts);
        if (inStep && !parts.inStep) log.info('in step with the chain', { height: last.index });
        parts.inStep = inStep;
        for (const answered of result.answered) {
          metrics.response(answered);
          log.info('answered', { requestId: answered.id, block: last.index, code: answered.code });
        }
        for (const requestId of result.received) log.info('requested', { requestId });
        for (const requestId of result.expired) log.info('expired', { requestId });
        metrics.chain({ height: pool.bestHeight() ?? last.index, processed: last.index });
        metrics.ready(inStep);
      },
      onStep: (step, durationMs) => metrics.step(step, durationMs),
      signal: both,
    });
  } finally {
    own.abort();
    await refreshing;
  }
}

/** Prices, keys and policy change: they are read again and again. */
async function refreshLoop(options: NodeOptions, parts: Running, stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    await options.clock.sleep(POLICY_EVERY_MS, stop).catch(() => {});
    if (!stop.aborted) await refreshFacts(options, parts);
  }
}

async function refreshFacts({ config, log }: NodeOptions, parts: Running): Promise<void> {
  try {
    const { magic } = config.network;
    parts.facts = await checkChain(parts.pool, { magic, gateway: config.gateway.hash });
    await parts.policy.refresh();
  } catch (error) {
    log.warn("the network's prices and the gateway's keys were not read", {
      reason: messageOf(error),
    });
  }
}

function pipelineLimits({ pipeline }: NodeConfig): PipelineLimits {
  return {
    resolve: {
      concurrency: pipeline.resolveConcurrency,
      maxAttempts: pipeline.retryAttempts + 1,
      backoffMs: pipeline.retryBackoffMs,
      maxBackoffMs: pipeline.retryBackoffMaxMs,
      lastBlocks: LAST_BLOCKS,
    },
    respond: {
      maxBatch: pipeline.maxBatchAnswers,
      maxBatchBytes: MAX_BATCH_BYTES,
      concurrency: RESPOND_CONCURRENCY,
      validBlocks: pipeline.validUntilBlocks,
      holdMs: HOLD_MS,
    },
    expireBatch: pipeline.expireBatchRequests,
    margin: { bps: BigInt(pipeline.feeMarginBps), minimum: pipeline.feeMarginMinDatoshi },
    maxSystemFee: pipeline.maxSystemFeeDatoshi,
    walletEveryBlocks: WALLET_EVERY_BLOCKS,
  };
}

function createServer(options: NodeOptions, parts: Running): OpsServer {
  const { config, clock, log, metrics } = options;
  const views = createRequestViews(parts.db);
  return createOpsServer({
    host: config.api.host,
    port: config.api.port,
    hostNames: config.api.hostNames,
    storageDir: config.storage.dir,
    instance: randomUUID(),
    clock,
    log,
    readiness: () => readinessOf(parts),
    status: () => statusOf(options, parts),
    listRequests: (query) => views.list(query),
    explain: (id) => views.explain(id),
    async metrics() {
      refreshGauges(options, parts);
      return { text: await metrics.text(), contentType: metrics.contentType };
    },
  });
}

/** Figures that are read when somebody asks for them. */
function refreshGauges({ config, metrics }: NodeOptions, parts: Running): void {
  const status = databaseStatus(parts.db, parts.signer.account);
  metrics.queue(status.queue as Record<string, number>);
  metrics.balances({
    wallet: status.walletDatoshi,
    credit: status.creditHeldDatoshi,
    earned: status.earnedDatoshi,
  });
  for (const { endpoint, state, height } of parts.pool.health()) {
    metrics.endpoint({ endpoint, healthy: state === 'up', height });
  }
  const file = join(config.storage.dir, DATABASE_FILE);
  const size = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  metrics.database({ mainBytes: size(file), walBytes: size(`${file}-wal`) });
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
  };
}

/** A sentence for the operator when this node's answers would be refused; null when all is well. */
function accountTrouble({ nodeAccount, overlap }: ChainFacts, own: Hash160): string | null {
  if (nodeAccount === own || overlap?.account === own) return null;
  const theirs = nodeAccount === null ? 'nobody' : hash160ToAddress(nodeAccount);
  return `the gateway takes answers from ${theirs}, this node signs as ${hash160ToAddress(own)}`;
}

function readinessOf(parts: Running | null): Readiness {
  if (parts === null) return { ready: false, reasons: ['the node is starting'] };
  const reasons: string[] = [];
  if (!parts.pool.health().some(({ state }) => state === 'up')) {
    reasons.push('no RPC endpoint is up');
  }
  if (!parts.inStep) reasons.push('the node is still catching up with the chain');
  const trouble = accountTrouble(parts.facts, parts.signer.account);
  if (trouble !== null) reasons.push(trouble);
  return { ready: reasons.length === 0, reasons };
}

function statusOf(options: NodeOptions, parts: Running | null): NodeStatus {
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
    readiness: readinessOf(parts),
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
    recentTrouble: log.recentTrouble().map(({ atMs, level, event, facts }) => ({
      atMs,
      level: level === 'error' ? 'error' : 'warn',
      message: typeof facts.reason === 'string' ? `${event}: ${facts.reason}` : event,
      requestId: typeof facts.requestId === 'bigint' ? facts.requestId : null,
    })),
  };
}
