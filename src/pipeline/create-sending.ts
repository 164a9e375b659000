import type { Clock } from '../base/clock.js';
import type { Datoshi } from '../base/datoshi.js';
import type { Hash160 } from '../base/hash.js';
import type { SpendKind } from '../base/spend-kind.js';
import type { Budgets } from '../gasbank/budgets.js';
import { createCallbackFaults } from '../gasbank/callback-fault-store.js';
import type { ChainTime } from '../gasbank/chain-time.js';
import type { CollectRule } from '../gasbank/collectable.js';
import type { HeldWork } from '../gasbank/held-spending.js';
import type { InboxOnlyRule } from '../gasbank/inbox-only.js';
import type { LedgerStore } from '../gasbank/ledger-store.js';
import { createSpending } from '../gasbank/spending.js';
import type { DueRounds } from '../prices/due-rounds.js';
import type { RoundStore } from '../prices/round-store.js';
import { createLatestRequests } from '../requests/latest-requests-store.js';
import type { RequestStore } from '../requests/request-store.js';
import type { Database } from '../storage/database.js';
import type { Log } from '../telemetry/log.js';
import type { RetriedStep } from '../telemetry/metrics-work.js';
import type { FeeMargin } from './answer-fees.js';
import { type CanaryEnding, type CanaryRule, createCanary } from './canary.js';
import { createCollect } from './collect.js';
import type { CrashPoint } from './crash-point.js';
import { createExpire } from './expire.js';
import type { GatewayPort } from './gateway-port.js';
import type { Planning } from './planning.js';
import { createPublishPrices } from './publish-prices.js';
import { createRecentSet } from './recent-set.js';
import { createRespond, type RespondLimits } from './respond.js';
import { createSubmit } from './submit.js';
import { createSuspects } from './suspects.js';
import type { TransactionStore } from './transaction-store.js';

/** What the node may send, and at what cost. */
export interface SendingLimits {
  readonly respond: RespondLimits;
  readonly expireBatch: number;
  readonly margin: FeeMargin;
  readonly maxSystemFee: Datoshi;
  readonly maxNetworkFee: Datoshi;
  readonly walletFloor: Datoshi;
  readonly allowLoss: ReadonlySet<SpendKind>;
  readonly budgets: Budgets;
  readonly collect: CollectRule;
  readonly inboxOnly: InboxOnlyRule;
  /** Null: none is made. */
  readonly canary: CanaryRule | null;
}

export interface SendingParts {
  readonly db: Database;
  readonly requests: RequestStore;
  readonly ledger: LedgerStore;
  readonly transactions: TransactionStore;
  readonly chain: GatewayPort;
  readonly gateway: Hash160;
  readonly onCanary: (ending: CanaryEnding) => void;
  readonly clock: Clock;
  readonly log: Log;
  readonly crashPoint: CrashPoint;
  readonly limits: SendingLimits;
  readonly held: HeldWork;
  readonly onRetry: (step: RetriedStep) => void;
  /** Rounds that polls found due. */
  readonly prices: { readonly due: DueRounds };
  readonly rounds: RoundStore;
  /** What budgets are counted by. */
  readonly chainTime: ChainTime;
  readonly heightNow: () => number;
  readonly mayStart: () => boolean;
  readonly requireSpendable: () => void;
  readonly onWalletShort: () => void;
  readonly randomNonce: () => number;
  readonly onRespond: (durationMs: number) => void;
  readonly onBug: (error: unknown) => void;
  readonly signal: AbortSignal;
}

/** Requests whose callback was slow once; of more, the oldest are taken for new ones. */
const MAX_SLOW = 1_024;

/** The stages that spend: each signs through the one submit. */
export function createSending(parts: SendingParts) {
  const { db, chain, limits } = parts;
  const { walletFloor } = limits;
  const spending = createSpending(db, limits.budgets, parts.chainTime.nowMs);
  const submit = createSubmit({ ...parts, spending, walletFloor });
  const slow = createRecentSet<bigint>(MAX_SLOW);
  const planning: Planning = { chain, limits, plain: { last: null }, bare: { seen: false }, slow };
  const respond = createRespond({
    ...parts,
    planning,
    spending,
    callbackFaults: createCallbackFaults(db, limits.inboxOnly),
    suspects: createSuspects(),
    submit,
    limits: limits.respond,
    onDuration: parts.onRespond,
  });
  const { validBlocks, holdMs } = limits.respond;
  const planLimits = limits;
  const expireLimits = { maxBatch: limits.expireBatch, validBlocks, holdMs };
  const expire = createExpire({ ...parts, planLimits, submit, limits: expireLimits });
  const collectLimits = { validBlocks, holdMs };
  const collect = createCollect({
    ...parts,
    planLimits,
    submit,
    rule: limits.collect,
    limits: collectLimits,
  });
  const publishPrices = createPublishPrices({
    ...parts,
    ...parts.prices,
    planLimits,
    submit,
    limits: collectLimits,
  });
  const canary = createCanary({
    ...parts,
    ...{ planLimits, submit, validBlocks },
    rule: limits.canary,
    latestRequests: createLatestRequests(db),
    onEnd: parts.onCanary,
  });
  return { submit, respond, expire, collect, publishPrices, canary };
}
