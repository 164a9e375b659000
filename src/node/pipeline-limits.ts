import type { Datoshi } from '../base/datoshi.js';
import type { BudgetConfig, NodeConfig } from '../config/node-config.js';
import type { Budgets, SpendLimits } from '../gasbank/budgets.js';
import type { PipelineLimits } from '../pipeline/create-pipeline.js';

/** The wallet is read from the chain once in so many blocks. */
const WALLET_EVERY_BLOCKS = 20;
/** With no more blocks than these left, a trouble is answered instead of retried. */
const LAST_BLOCKS = 2;
/** Pause before an answer or a refund that was held back is tried again. */
const HOLD_MS = 3_000;
/** With 10,000 answers held, each is tried again after 100 s: some 100 tries a second in all. */
const HOLD_MS_PER_ANSWER = 10;
/** Longer than budgets, sources and policies put anything off. */
const LONGEST_OTHER_HOLD_MS = 60_000;
/** Of the results in one transaction of several; a script holds 65,535 bytes. */
const MAX_BATCH_BYTES = 48 * 1024;
/** Transactions that are prepared at once. */
const RESPOND_CONCURRENCY = 3;
const PERFORM_CONCURRENCY = 3;
/** The contract's limits (contracts/gateway/limits.go): it refuses a transaction with more. */
const GATEWAY_MAX_RESPONSES = 32;
const GATEWAY_MAX_IDS = 64;
const GATEWAY_MAX_RUNS = 32;
/** One requester has at most three quarters of the room to resolve in. */
const SHARE_OF_ONE = 0.75;

/** The configuration as limits of the pipeline; `maxBlockSystemFee` is the network's, if known. */
export function pipelineLimits(
  { pipeline, gasbank, automation, canary }: NodeConfig,
  maxBlockSystemFee: Datoshi | null,
): PipelineLimits {
  const { resolveConcurrency: concurrency, maxSystemFeeDatoshi } = pipeline;
  const isNetworkLower = maxBlockSystemFee !== null && maxBlockSystemFee < maxSystemFeeDatoshi;
  return {
    resolve: {
      concurrency,
      concurrencyPerRequester: Math.max(1, Math.floor(concurrency * SHARE_OF_ONE)),
      maxAttempts: pipeline.retryAttempts + 1,
      backoffMs: pipeline.retryBackoffMs,
      maxBackoffMs: pipeline.retryBackoffMaxMs,
      lastBlocks: LAST_BLOCKS,
    },
    respond: {
      maxBatch: Math.min(pipeline.maxBatchAnswers, GATEWAY_MAX_RESPONSES),
      maxBatchBytes: MAX_BATCH_BYTES,
      concurrency: RESPOND_CONCURRENCY,
      validBlocks: pipeline.validUntilBlocks,
      holdMs: HOLD_MS,
      holdMsPerAnswer: HOLD_MS_PER_ANSWER,
    },
    longestWaitMs: (waiting) =>
      Math.max(
        pipeline.retryBackoffMaxMs,
        LONGEST_OTHER_HOLD_MS,
        HOLD_MS + waiting * HOLD_MS_PER_ANSWER,
      ),
    expireBatch: Math.min(pipeline.expireBatchRequests, GATEWAY_MAX_IDS),
    margin: { bps: BigInt(pipeline.feeMarginBps), minimum: pipeline.feeMarginMinDatoshi },
    maxSystemFee: isNetworkLower ? maxBlockSystemFee : maxSystemFeeDatoshi,
    maxNetworkFee: pipeline.maxNetworkFeeDatoshi,
    walletFloor: gasbank.walletFloorDatoshi,
    allowLoss: gasbank.allowLoss,
    budgets: budgetsOf(gasbank),
    collect: {
      whenWalletBelow: gasbank.collect.whenWalletBelowDatoshi,
      atLeast: gasbank.collect.atLeastDatoshi,
    },
    inboxOnly: gasbank.inboxOnly,
    canary,
    automation: automationLimits(automation, pipeline, gasbank),
    walletEveryBlocks: WALLET_EVERY_BLOCKS,
    reconcileEveryBlocks: gasbank.reconcileEveryBlocks,
  };
}

const automationLimits = (
  automation: NodeConfig['automation'],
  pipeline: NodeConfig['pipeline'],
  gasbank: NodeConfig['gasbank'],
): PipelineLimits['automation'] => ({
  perform: {
    maxBatch: Math.min(automation.maxBatchRuns, GATEWAY_MAX_RUNS),
    concurrency: PERFORM_CONCURRENCY,
    validBlocks: pipeline.validUntilBlocks,
  },
  conditions: {
    maxGas: automation.conditionGasDatoshi,
    perBlock: automation.maxConditionsPerBlock,
  },
  maxWatchedContracts: automation.maxWatchedContracts,
  failureRule: {
    pauseAfterFailures: automation.pauseAfterFailures,
    backOff: { firstMs: automation.backoffMs, maxMs: automation.backoffMaxMs },
  },
  cancelLossPerHour: gasbank.cancelLossPerHourDatoshi,
  holdMs: HOLD_MS,
});

/** The operator's budgets as the gas bank knows them. */
export function budgetsOf({ budgets }: Pick<NodeConfig['gasbank'], 'budgets'>): Budgets {
  const limits = ({ perHourDatoshi, perDayDatoshi }: BudgetConfig): SpendLimits => ({
    perHour: perHourDatoshi,
    perDay: perDayDatoshi,
  });
  const perKind = Object.entries(budgets.perKind).map(([kind, budget]) => [kind, limits(budget)]);
  return {
    node: limits(budgets.node),
    perRequester: limits(budgets.perRequester),
    perKind: Object.fromEntries(perKind),
  };
}
