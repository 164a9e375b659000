import { setImmediate as yieldToIo } from 'node:timers/promises';
import type { ChainMoment } from '../automation/occurrences.js';
import type { Clock } from '../base/clock.js';
import type { Datoshi } from '../base/datoshi.js';
import { messageOf } from '../base/node-error.js';
import type { TailedBlock } from '../chain/block-source.js';
import type { Log } from '../telemetry/log.js';
import type { ChainPort } from './chain-port.js';
import type { ConfirmResult } from './confirm.js';
import type { CrashPoint } from './crash-point.js';
import type { Automation } from './create-automation.js';
import type { IntakeResult } from './intake.js';
import type { Resolve } from './resolve.js';
import type { Retell, Retold } from './retell-blocks.js';
import { mayPass } from './trouble.js';

/** How often what fell due by time is looked for. */
const TICK_MS = 200;
/** What a block calls for beside answers gives way so long to answers that it asks for. */
const ANSWERS_FIRST_MS = 25;
/** In step, the node works on while the next blocks are on their way to it. */
const IN_STEP_SLACK_BLOCKS = 2;

export interface PipelineParts {
  readonly chain: ChainPort & {
    /** GAS of the node's account, with the height at which it was read. */
    walletBalance(): Promise<{ height: number; balance: Datoshi }>;
  };
  readonly clock: Clock;
  readonly log: Log;
  readonly crashPoint: CrashPoint;
  /** Runs of blocks in strict order: one block at the tip, many when behind. */
  readonly blocks: AsyncIterable<readonly TailedBlock[]>;
  /** Index of the newest block that any endpoint told of. */
  readonly tipHeight: () => number;
  readonly takeIn: (blocks: readonly TailedBlock[]) => IntakeResult;
  readonly retell: Retell;
  readonly resolve: Resolve;
  readonly respond: { pump(): void };
  readonly automation: Pick<Automation, 'run' | 'onPlace' | 'hasWaited'>;
  readonly confirm: (height: number) => Promise<ConfirmResult>;
  readonly expire: (height: number) => Promise<void>;
  readonly collect: (height: number) => Promise<void>;
  readonly publishPrices: (height: number) => Promise<void>;
  /** Makes the node's requests to itself, and sees what becomes of them. */
  readonly canary: (height: number) => Promise<void>;
  /** Resolves to true once what the wallets held before there were books is on them. */
  readonly openWallets: () => Promise<boolean>;
  /** Holds the books against the chain as they are after this block. */
  readonly reconcile: (height: number) => Promise<void>;
  /** The wallet is read from the chain once in so many blocks, and with each while it is short. */
  readonly walletEveryBlocks: number;
  readonly isWalletShort: () => boolean;
  readonly onWallet: (balance: Datoshi) => void;
  readonly onBlocks: (last: TailedBlock, result: IntakeResult, inStep: boolean) => void;
  readonly signal: AbortSignal;
}

/**
 * Runs until the signal: takes blocks in, and, once in step with the chain, does the work that they
 * brought. Rejects on a failure that trying again won't mend: the node stops rather than guess.
 */
export async function runPipeline(parts: PipelineParts): Promise<void> {
  const { clock, log, signal } = parts;
  let height = -1;
  let inStep = false;
  let walletReadAt: number | null = null;
  let answersUntilMs = Number.NEGATIVE_INFINITY;

  async function answersFirst(): Promise<void> {
    const restMs = answersUntilMs - clock.monotonicMs();
    if (restMs > 0) await clock.sleep(restMs, signal);
  }

  /** What each block calls for beside answers; one run at a time, for the newest height. */
  async function settle(): Promise<void> {
    await answersFirst();
    const at = height;
    const { faulted, dead } = await parts.confirm(at);
    // The upkeeps in them have waited for a block already: they need not for the next one.
    if (faulted + dead > 0) performSoon.kick();
    if (!(await parts.openWallets())) return;
    const everyBlocks = parts.isWalletShort() ? 1 : parts.walletEveryBlocks;
    const isDue = walletReadAt === null || at - walletReadAt >= everyBlocks;
    if (isDue && (await observeWallet(parts, at, () => height))) walletReadAt = at;
    await parts.reconcile(at);
    // What could not be paid before it was looked need not wait for the next block.
    if (parts.automation.hasWaited()) performSoon.kick();
    parts.respond.pump();
    await parts.publishPrices(at);
    await parts.collect(at);
    await parts.expire(at);
    await parts.canary(at);
  }
  const settleSoon = serially(settle, (error) => {
    if (signal.aborted) return;
    if (!mayPass(error)) throw error;
    log.warn('block not settled yet', { height, reason: messageOf(error) });
  });

  let latest: ChainMoment | null = null;
  const performSoon = serially(
    async () => {
      await answersFirst();
      if (latest !== null) await parts.automation.run(latest);
    },
    (error) => {
      if (signal.aborted) return;
      if (!mayPass(error)) throw error;
      log.warn('upkeeps not run yet', { height, reason: messageOf(error) });
    },
  );

  parts.automation.onPlace(performSoon.kick);

  async function takeIn(run: readonly TailedBlock[]): Promise<Retold> {
    try {
      return { run, result: parts.takeIn(run) };
    } catch (error) {
      return parts.retell(run, error);
    }
  }

  async function tail(): Promise<void> {
    for await (const told of parts.blocks) {
      if (signal.aborted) return;
      if (told.length === 0) continue;
      const { run, result } = await takeIn(told);
      const last = run.at(-1) as TailedBlock;
      parts.crashPoint('taken in');
      height = last.index;
      inStep = height >= parts.tipHeight() - (inStep ? IN_STEP_SLACK_BLOCKS : 0);
      if (inStep) {
        // What somebody waits for comes first: the fetches are on their way before the rest.
        parts.resolve.pump();
        await yieldToIo();
      }
      parts.onBlocks(last, result, inStep);
      if (result.received.length > 0) answersUntilMs = clock.monotonicMs() + ANSWERS_FIRST_MS;
      if (!inStep) continue;
      settleSoon.kick();
      // The last block of a run always has its header.
      if (last.timeMs !== null) latest = { block: last.index, timeMs: last.timeMs };
      performSoon.kick();
    }
  }

  async function tick(): Promise<void> {
    while (!signal.aborted) {
      await clock.sleep(TICK_MS, signal).catch(() => {});
      if (!inStep || signal.aborted) continue;
      parts.resolve.pump();
      parts.respond.pump();
    }
  }

  try {
    // Blocks may be long in coming: neither a stop nor a failure waits for the next.
    const failed = [settleSoon.failed, performSoon.failed];
    await Promise.race([Promise.all([tail(), tick()]), ...failed, aborted(signal)]);
  } finally {
    await Promise.all([settleSoon.idle(), performSoon.idle()]);
  }
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });

/** True when the balance was read at the very height that is on the books. */
async function observeWallet(
  { chain, onWallet }: PipelineParts,
  height: number,
  heightNow: () => number,
): Promise<boolean> {
  const observed = await chain.walletBalance();
  // While it was read, the next block may have been taken in.
  if (observed.height !== height || heightNow() !== height) return false;
  onWallet(observed.balance);
  return true;
}

/** Runs a step, one at a time; kicks that come while it runs cause one more run. */
function serially(step: () => Promise<void>, onError: (error: unknown) => void) {
  let isRunning = false;
  let again = false;
  let last: Promise<void> = Promise.resolve();
  let fail: (error: unknown) => void = () => {};
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  failed.catch(() => {});

  async function run(): Promise<void> {
    isRunning = true;
    try {
      do {
        again = false;
        await step().catch(onError);
      } while (again);
    } catch (error) {
      fail(error);
    } finally {
      // In one go with the last look at `again`: a kick between the two would be lost.
      isRunning = false;
    }
  }

  return {
    kick(): void {
      again = isRunning;
      if (!isRunning) last = run();
    },
    /** Rejects with the first failure of a step; never resolves. */
    failed,
    /** Resolves once no step runs. */
    idle: (): Promise<void> => last,
  };
}
