import type { Clock } from '../base/clock.js';
import type { Outcome } from '../base/outcome.js';
import type { TailedBlock } from '../chain/block-source.js';
import { createLedgerStore } from '../gasbank/ledger-store.js';
import { createRequestStore, type RequestRow } from '../requests/request-store.js';
import type { Database } from '../storage/database.js';
import type { Log } from '../telemetry/log.js';
import type { FeeMargin } from './answer-fees.js';
import { createConfirm } from './confirm.js';
import type { CrashPoint } from './crash-point.js';
import { createCursorStore } from './cursor-store.js';
import { createExpire } from './expire.js';
import type { GatewayPort } from './gateway-port.js';
import { createIntake, type IntakeResult } from './intake.js';
import { runPipeline } from './pipeline.js';
import type { Planning } from './plan-alone.js';
import { createResolve, type ResolveLimits } from './resolve.js';
import { createRespond, type RespondLimits } from './respond.js';
import { createSubmit } from './submit.js';
import { createTransactionEnding } from './transaction-ending.js';
import { createTransactionStore } from './transaction-store.js';

export interface PipelineLimits {
  readonly resolve: ResolveLimits;
  readonly respond: RespondLimits;
  readonly expireBatch: number;
  readonly margin: FeeMargin;
  readonly maxSystemFee: bigint;
  readonly walletEveryBlocks: number;
}

export interface PipelineSetup {
  readonly db: Database;
  readonly chain: GatewayPort;
  readonly clock: Clock;
  readonly log: Log;
  readonly crashPoint: CrashPoint;
  readonly limits: PipelineLimits;
  readonly blocks: AsyncIterable<readonly TailedBlock[]>;
  readonly tipHeight: () => number;
  readonly resolver: (row: RequestRow, signal: AbortSignal) => Promise<Outcome>;
  readonly randomNonce: () => number;
  readonly onBlocks: (last: TailedBlock, result: IntakeResult, inStep: boolean) => void;
  readonly onStep: (step: string, durationMs: number) => void;
  readonly signal: AbortSignal;
}

/**
 * Puts the stages together and runs them until the signal. Rejects when a stage meets what trying
 * again won't mend.
 */
export async function runNodePipeline(setup: PipelineSetup): Promise<void> {
  const { db, chain, clock, log, crashPoint, limits } = setup;
  const own = new AbortController();
  const signal = AbortSignal.any([setup.signal, own.signal]);
  let bug: { error: unknown } | null = null;
  const onBug = (error: unknown): void => {
    bug ??= { error };
    own.abort(error);
  };

  const requests = createRequestStore(db);
  const ledger = createLedgerStore(db);
  const transactions = createTransactionStore(db);
  const cursor = createCursorStore(db);
  const ending = createTransactionEnding({ requests, ledger, transactions });
  const common = { db, requests, ledger, transactions, ending, chain, clock, log, crashPoint };
  const submit = createSubmit(common);
  const heightNow = (): number => cursor.read()?.height ?? 0;
  const planLimits = { margin: limits.margin, maxSystemFee: limits.maxSystemFee };
  const planning: Planning = { chain, limits: planLimits, plain: { last: null } };

  const respond = createRespond({
    ...common,
    planning,
    submit,
    limits: limits.respond,
    heightNow,
    randomNonce: setup.randomNonce,
    onDuration: (durationMs) => setup.onStep('respond', durationMs),
    onBug,
    signal,
  });
  const resolve = createResolve({
    ...common,
    limits: limits.resolve,
    resolver: setup.resolver,
    heightNow,
    onResolved: () => respond.pump(),
    onDuration: (_kind, durationMs) => setup.onStep('resolve', durationMs),
    onBug,
    signal,
  });
  const { validBlocks, holdMs } = limits.respond;
  const expire = createExpire({
    ...common,
    planLimits,
    submit,
    limits: { maxBatch: limits.expireBatch, validBlocks, holdMs },
    randomNonce: setup.randomNonce,
  });
  const takeIn = createIntake({ ...common, cursor }, clock, chain.account);

  try {
    await runPipeline({
      ...common,
      blocks: setup.blocks,
      tipHeight: setup.tipHeight,
      takeIn: measured(takeIn, clock, (durationMs) => setup.onStep('intake', durationMs)),
      resolve,
      respond,
      confirm: createConfirm(common),
      expire,
      walletEveryBlocks: limits.walletEveryBlocks,
      onBlocks: setup.onBlocks,
      signal,
    });
  } finally {
    own.abort();
    await Promise.allSettled([resolve.idle(), respond.idle()]);
  }
  // A bug ends the loops like a stop would; what it was is what the node says.
  const found = bug as { error: unknown } | null;
  if (found !== null) throw found.error;
}

function measured<A extends unknown[], R>(
  work: (...args: A) => R,
  clock: Clock,
  onDuration: (durationMs: number) => void,
): (...args: A) => R {
  return (...args) => {
    const startedMs = clock.monotonicMs();
    const result = work(...args);
    onDuration(clock.monotonicMs() - startedMs);
    return result;
  };
}
