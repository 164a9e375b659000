import { randomBytes } from 'node:crypto';
import { hash160ToAddress } from '../base/hash.js';
import { messageOf } from '../base/node-error.js';
import { tailBlockRuns } from '../chain/block-tailer.js';
import { checkChain } from '../chain/chain-check.js';
import { createBlockSource } from '../chain/choose-block-source.js';
import { createPreflight } from '../chain/preflight.js';
import type { NodeConfig } from '../config/node-config.js';
import { noCrash } from '../pipeline/crash-point.js';
import { type PipelineLimits, runNodePipeline } from '../pipeline/create-pipeline.js';
import { createCursorStore } from '../pipeline/cursor-store.js';
import { createGatewayPort } from '../pipeline/gateway-port.js';
import { httpWorkOf } from '../pipeline/resolve-request.js';
import { createHttpResolver } from '../resolvers/http.js';
import { inTransaction } from '../storage/database.js';
import type { NodeOptions } from './node-options.js';
import type { Running } from './open-parts.js';

/** How often the network's prices are read again. */
const POLICY_EVERY_MS = 60_000;
/** Metrics and status figures are refreshed with a block, and at least this often. */
const WALLET_EVERY_BLOCKS = 20;
const LAST_BLOCKS = 2;
const HOLD_MS = 3_000;
const MAX_BATCH_BYTES = 48 * 1024;
const RESPOND_CONCURRENCY = 3;

export async function runWork(
  options: NodeOptions,
  parts: Running,
  signal: AbortSignal,
): Promise<void> {
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
