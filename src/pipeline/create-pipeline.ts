import { createOwnerStore } from '../automation/owner-store.js';
import { createUpkeepStore } from '../automation/upkeep-store.js';
import { createWatchStore } from '../automation/watch-store.js';
import type { Clock } from '../base/clock.js';
import type { Datoshi } from '../base/datoshi.js';
import type { Hash160 } from '../base/hash.js';
import type { RequestOutcome } from '../base/outcome.js';
import type { BlockTeller } from '../chain/agreed-blocks.js';
import type { TailedBlock } from '../chain/block-source.js';
import type { ContractEventReader } from '../chain/contract-events.js';
import type { BooksReader } from '../gasbank/books-reader.js';
import type { ChainTime } from '../gasbank/chain-time.js';
import { createCheckedBalances } from '../gasbank/checked-balance-store.js';
import { createFaultStore } from '../gasbank/fault-store.js';
import type { HeldWork } from '../gasbank/held-spending.js';
import { createLedgerStore } from '../gasbank/ledger-store.js';
import { createOwnAccountStore, type OwnAccount } from '../gasbank/own-account-store.js';
import { createProofStore } from '../gasbank/proof-store.js';
import { createRecentBooks } from '../gasbank/recent-books.js';
import { createReconcile, type Reconcile } from '../gasbank/reconcile.js';
import { createUnanimousReader } from '../gasbank/unanimous-reader.js';
import type { DueRounds } from '../prices/due-rounds.js';
import { createRoundStore } from '../prices/round-store.js';
import {
  createRequestStore,
  type LongestWait,
  type OnRequestMoved,
  type RequestRow,
} from '../requests/request-store.js';
import type { Database } from '../storage/database.js';
import type { Log } from '../telemetry/log.js';
import type { RetriedStep } from '../telemetry/metrics-work.js';
import type { CanaryEnding } from './canary.js';
import { createConfirm } from './confirm.js';
import type { CrashPoint } from './crash-point.js';
import { type AutomationLimits, createAutomation } from './create-automation.js';
import { createSending, type SendingLimits } from './create-sending.js';
import { createCursorStore } from './cursor-store.js';
import type { GatewayPort } from './gateway-port.js';
import { createIntake, type IntakeResult } from './intake.js';
import type { KeepEvidence } from './keep-evidence.js';
import { createOpenWallets } from './open-wallets.js';
import { runPipeline } from './pipeline.js';
import { createResolve, type ResolveLimits } from './resolve.js';
import { createRetell } from './retell-blocks.js';
import { startTooLate } from './start-too-late.js';
import { createTransactionEnding } from './transaction-ending.js';
import { createTransactionStore } from './transaction-store.js';
import type { UpkeepPort } from './upkeep-port.js';

export interface PipelineLimits extends SendingLimits {
  readonly automation: AutomationLimits;
  readonly resolve: ResolveLimits;
  readonly longestWaitMs: LongestWait;
  readonly walletEveryBlocks: number;
  readonly reconcileEveryBlocks: number;
}

export interface PipelineSetup {
  readonly db: Database;
  readonly chain: GatewayPort;
  readonly gateway: Hash160;
  /** The chain as upkeeps need it. */
  readonly upkeepChain: UpkeepPort;
  readonly eventReader: ContractEventReader;
  /** How the chain tells the balances that are on the books; each endpoint by itself, too. */
  readonly books: { readonly reader: BooksReader; readonly each: readonly BooksReader[] };
  readonly clock: Clock;
  readonly log: Log;
  readonly crashPoint: CrashPoint;
  readonly limits: PipelineLimits;
  /** Rounds that polls find due are published. */
  readonly prices: { readonly due: DueRounds };
  /** What the gas bank holds back is told here. */
  readonly held: HeldWork;
  /** Goes with the blocks that are taken in. */
  readonly chainTime: ChainTime;
  readonly blocks: AsyncIterable<readonly TailedBlock[]>;
  /** Each endpoint by itself, where one tells of events that cannot be. */
  readonly tellers: readonly BlockTeller[];
  readonly onContradiction: () => void;
  readonly tipHeight: () => number;
  readonly resolver: (row: RequestRow, signal: AbortSignal) => Promise<RequestOutcome>;
  readonly keepEvidence?: KeepEvidence | undefined;
  readonly randomNonce: () => number;
  /** Of the last block on the books, before anything is done about it. */
  readonly onHeight: (height: number) => void;
  readonly onBlocks: (last: TailedBlock, result: IntakeResult, inStep: boolean) => void;
  readonly onRequestMoved?: OnRequestMoved | undefined;
  readonly onStep: (step: string, durationMs: number) => void;
  readonly onRetry: (step: RetriedStep) => void;
  /** A request of the node to itself ended. */
  readonly onCanary: (ending: CanaryEnding) => void;
  /** GAS of the node's account, whenever it was read. */
  readonly onWallet: (balance: Datoshi) => void;
  /** Why nothing may be spent, null when it may: after each look at the books. */
  readonly onBooks: (whyStopped: string | null) => void;
  readonly signal: AbortSignal;
}

/**
 * Puts the stages together and runs them until the signal. Rejects when a stage meets what trying
 * again won't mend.
 */
export async function runNodePipeline(setup: PipelineSetup): Promise<void> {
  const own = new AbortController();
  const signal = AbortSignal.any([setup.signal, own.signal]);
  let bug: { error: unknown } | null = null;
  const stages = createStages(setup, signal, (error) => {
    bug ??= { error };
    own.abort(error);
  });
  try {
    await runPipeline({ ...setup, ...stages, signal });
  } finally {
    own.abort();
    const { resolve, respond, automation } = stages;
    await Promise.allSettled([resolve.idle(), respond.idle(), automation.idle()]);
  }
  // A bug ends the loops like a stop would; what it was is what the node says.
  const found = bug as { error: unknown } | null;
  if (found !== null) throw found.error;
}

function createStages(setup: PipelineSetup, signal: AbortSignal, onBug: (error: unknown) => void) {
  const { db, clock, limits } = setup;
  let isWalletShort = false;
  let isWalletKnown = false;
  const stores = createStores(db, setup.onRequestMoved, limits);
  const { cursor, ownAccounts } = stores;
  const common = { ...setup, ...stores };
  const { walletFloor } = limits;
  const onWalletShort = (): void => {
    isWalletShort = true;
  };
  let height = cursor.read()?.height ?? 0;
  const heightNow = (): number => height;
  const balances = createCheckedBalances(db);
  const recent = createRecentBooks(balances, clock);
  recent.note(height);
  const reconcile = createReconcile({
    ...common,
    ...setup.books,
    proofs: createProofStore(db),
    balances,
    booksAt: recent.find,
    ownAccounts: ownAccounts.all().map(({ account }) => account),
    everyBlocks: limits.reconcileEveryBlocks,
    height: heightNow,
  });
  const mayStart = (): boolean => isWalletKnown && reconcile.hasLooked();
  const sending = createSending({
    ...common,
    heightNow,
    mayStart,
    requireSpendable: reconcile.refuseIfStopped,
    onWalletShort,
    onRespond: (durationMs) => setup.onStep('respond', durationMs),
    ...{ onBug, signal },
  });
  const { submit } = sending;
  const automation = createAutomation({
    ...common,
    ...{ submit, planLimits: limits, automationLimits: limits.automation },
    ...{ heightNow, mayStart, onBug, signal },
    onDuration: (durationMs) => setup.onStep('perform', durationMs),
  });
  const resolve = createResolve({
    ...common,
    ...{ limits: limits.resolve, heightNow, onBug, signal },
    onResolved: () => sending.respond.pump(),
    onDuration: (_kind, durationMs) => setup.onStep('resolve', durationMs),
  });
  const [own, { failureRule }] = [ownAccounts.all(), limits.automation];
  const intake = createIntake(common, clock, { gateway: setup.gateway, own }, failureRule);
  const takeIn = (blocks: readonly TailedBlock[]): IntakeResult => {
    const result = intake(blocks);
    height = blocks.at(-1)?.index ?? height;
    recent.note(height);
    setup.onHeight(height);
    setup.chainTime.note(blocks.at(-1)?.timeMs ?? null);
    return result;
  };
  const timed = <R>(step: string, work: (height: number) => Promise<R>) =>
    measuredWork(work, clock, (durationMs) => setup.onStep(step, durationMs));
  return {
    openWallets: createOpenWallets({
      ...common,
      reader: createUnanimousReader(setup.books, setup.log),
      booksAt: recent.find,
    }),
    takeIn: measured(takeIn, clock, (durationMs) => setup.onStep('intake', durationMs)),
    retell: createRetell({ ...setup, takeIn, signal }),
    ...{ resolve, automation, respond: sending.respond, canary: sending.canary },
    confirm: timed('confirm', createConfirm(common)),
    ...{ expire: timed('expire', sending.expire), collect: timed('collect', sending.collect) },
    publishPrices: timed('prices', sending.publishPrices),
    reconcile: timed('reconcile', async (at) => {
      await reconcile.run(at);
      setup.onBooks(reconcile.whyStopped());
      refuseMissingPast(reconcile, own);
    }),
    walletEveryBlocks: limits.walletEveryBlocks,
    isWalletShort: () => isWalletShort,
    onWallet(balance: Datoshi): void {
      isWalletKnown = true;
      isWalletShort = balance < walletFloor;
      setup.onWallet(balance);
    },
  };
}

/** From block 0 on nothing can be missing: then it is a difference like any other. */
function refuseMissingPast(
  reconcile: Pick<Reconcile, 'missesPast' | 'whyStopped'>,
  own: readonly OwnAccount[],
): void {
  if (!reconcile.missesPast() || own.every(({ sinceBlock }) => sinceBlock === 0)) return;
  throw startTooLate(reconcile.whyStopped() ?? 'it holds more than its events tell');
}

/** The stores that taking blocks in writes. */
export function createStores(
  db: Database,
  onRequestMoved?: OnRequestMoved,
  limits?: Pick<PipelineLimits, 'longestWaitMs' | 'automation'>,
) {
  const requests = createRequestStore(db, onRequestMoved, limits?.longestWaitMs);
  const ledger = createLedgerStore(db);
  const transactions = createTransactionStore(db);
  const faults = createFaultStore(db);
  const upkeeps = createUpkeepStore(db, limits?.automation.failureRule.backOff.maxMs);
  return {
    requests,
    ledger,
    transactions,
    faults,
    upkeeps,
    rounds: createRoundStore(db),
    watches: createWatchStore(db),
    ending: createTransactionEnding({
      ...{ upkeeps, requests, ledger, transactions, faults },
      owners: createOwnerStore(db),
    }),
    cursor: createCursorStore(db),
    ownAccounts: createOwnAccountStore(db),
  };
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

/** As `measured`, until the work is over, also when it fails. */
function measuredWork<A extends unknown[], R>(
  work: (...args: A) => Promise<R>,
  clock: Clock,
  onDuration: (durationMs: number) => void,
): (...args: A) => Promise<R> {
  return async (...args) => {
    const startedMs = clock.monotonicMs();
    try {
      return await work(...args);
    } finally {
      onDuration(clock.monotonicMs() - startedMs);
    }
  };
}
