import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type BlockWake, createBlockWake } from '../chain/block-wake.js';
import { type ChainFacts, checkChain } from '../chain/chain-check.js';
import { createFeePolicy, type PolicyReader } from '../chain/policy.js';
import { createRpcPool, type RpcPool } from '../chain/rpc-pool.js';
import type { Signer } from '../chain/signer.js';
import type { NodeConfig } from '../config/node-config.js';
import { readPasswordFile } from '../config/password-file.js';
import { readWalletFile } from '../config/wallet-file.js';
import { createFilterPool, type FilterPool } from '../filters/filter-pool.js';
import { openWallet } from '../keystore/open-wallet.js';
import { createGuardedFetch, type GuardedFetch } from '../net/guarded-fetch.js';
import { DEFAULT_HTTP_LIMITS } from '../net/http-limits.js';
import { type Database, openDatabase } from '../storage/database.js';
import { lockNode } from '../storage/node-lock.js';
import { accountTrouble } from './account-trouble.js';
import { DATABASE_FILE, LOCK_FILE, type NodeOptions } from './node-options.js';

/** Everything that is open while the node runs, and what was learnt since. */
export interface Running {
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

export async function openParts(
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
