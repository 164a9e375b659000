import PQueue from 'p-queue';
import type { ChainMoment } from '../automation/occurrences.js';
import { nextUpkeepState } from '../automation/upkeep-machine.js';
import type { UpkeepRow, UpkeepStore } from '../automation/upkeep-store.js';
import type { Clock } from '../base/clock.js';
import type { Hash256 } from '../base/hash.js';
import { messageOf } from '../base/node-error.js';
import { isWithin, type SpendShare } from '../gasbank/budgets.js';
import { reachedOf } from '../gasbank/spending.js';
import type { Log } from '../telemetry/log.js';
import { createDueRuns, type DueRunsParts } from './due-runs.js';
import { heldByBudgetUntil, holdCauseOf } from './hold-time.js';
import { type PlannedRuns, planRuns, type ReadyRun, type RunPlanning } from './plan-runs.js';
import { nonceOf } from './planning.js';
import { createRunFailures, type RunFailuresParts } from './run-failures.js';
import { createRunPlaces } from './run-places.js';
import type { Submit } from './submit.js';
import { mayPass } from './trouble.js';

export interface PerformLimits {
  /** Runs in one transaction. */
  readonly maxBatch: number;
  /** Transactions that are prepared at once. */
  readonly concurrency: number;
  /** A transaction is valid for so many blocks. */
  readonly validBlocks: number;
}

export interface PerformParts extends DueRunsParts, RunFailuresParts {
  readonly upkeeps: UpkeepStore;
  readonly clock: Clock;
  readonly log: Log;
  readonly planning: RunPlanning;
  readonly submit: Submit;
  readonly performLimits: PerformLimits;
  readonly heightNow: () => number;
  /** False before it is known what the wallet can pay. */
  readonly mayStart: () => boolean;
  /** 32 random bits. */
  readonly randomNonce: () => number;
  readonly onDuration: (durationMs: number) => void;
  readonly onBug: (error: unknown) => void;
  readonly signal: AbortSignal;
}

/** Runs upkeeps whose occurrence has come: several in one transaction where that is safe. */
export function createPerform(parts: PerformParts) {
  const { upkeeps, clock, log, planning, signal } = parts;
  const { maxBatch, concurrency, validBlocks } = parts.performLimits;
  const queue = new PQueue({ concurrency });
  const dueRuns = createDueRuns(parts);
  const failures = createRunFailures(parts);
  /** Upkeeps that a task is at work on. */
  const busy = new Set<bigint>();
  const places = createRunPlaces(concurrency, signal);

  /** Prepares a group, and each half of it where all can't be sent together. */
  async function perform(runs: readonly ReadyRun[]): Promise<void> {
    const [first] = runs;
    if (signal.aborted || first === undefined) return;
    const nonce = runs.length === 1 ? nonceOf(first.upkeepId) : parts.randomNonce();
    const placed = { nonce, validUntilBlock: parts.heightNow() + validBlocks };
    const plan = await planRuns(runs, planning, placed);
    for (const { run, reason } of plan.failing) await failures.fail(run, reason);
    switch (plan.kind) {
      case 'none':
        return;
      case 'split':
        return performHalves(without(runs, plan.failing));
      case 'hold': {
        const { reason, cause } = plan;
        return failures.hold(without(runs, plan.failing), { reason, cause, untilMs: null });
      }
      case 'send':
        return send(plan);
    }
  }

  async function performHalves(runs: readonly ReadyRun[]): Promise<void> {
    const half = Math.ceil(runs.length / 2);
    await perform(runs.slice(0, half));
    await perform(runs.slice(half));
  }

  async function send(planned: PlannedRuns): Promise<void> {
    const { runs, script, predictions, note } = planned;
    const terms = { ...planned.terms, validUntilBlock: parts.heightNow() + validBlocks };
    const reasonOf = (run: ReadyRun): string =>
      [describe(run, runs.length - 1), note].filter((part) => part !== null).join('; ');
    const move = (tx: Hash256): boolean => {
      if (!runs.every(isStillDue)) return false;
      for (const run of runs) {
        const change = { reason: reasonOf(run), tx, sentDue: run.due, retryMs: 0 };
        upkeeps.move(run.upkeepId, 'runSigned', change);
      }
      return true;
    };
    const why = new Map<bigint, string>();
    const submission = { purpose: 'upkeep' as const, script, terms, why, predictions, move };
    try {
      const sent = await parts.submit({ ...submission, shares: sharesOf(planned) });
      if (sent === null) return;
      for (const { upkeepId, due } of runs) log.info('run sent', { upkeepId, due, tx: sent.hash });
    } catch (error) {
      if (!mayPass(error)) throw error;
      return holdAfter(runs, error);
    }
  }

  /** False where the upkeep has moved on meanwhile. */
  function isStillDue({ upkeepId, due }: ReadyRun): boolean {
    const row = upkeeps.get(upkeepId);
    if (row === null || row.tx !== null || (row.lastDue ?? -1) >= due) return false;
    return nextUpkeepState(row.state, 'runSigned') !== null;
  }

  /** A budget may have no room for all of them, and some for a few. */
  async function holdAfter(runs: readonly ReadyRun[], error: unknown): Promise<void> {
    const reached = reachedOf(error);
    const kind = 'upkeep' as const;
    const isHeld = ({ owner }: ReadyRun): boolean =>
      reached === null || isWithin({ kind, requester: owner }, reached.scope);
    const held = runs.filter(isHeld);
    if (reached !== null && held.length > 1) return performHalves(held);
    const untilMs = heldByBudgetUntil(error, clock.nowMs());
    failures.hold(held, { reason: messageOf(error), cause: holdCauseOf(error), untilMs });
  }

  /**
   * Works on runs without being waited for; what the environment denies holds them back. False
   * where there is no place for them.
   */
  function begin(runs: readonly ReadyRun[], isAlone: boolean): boolean {
    if (!places.take(isAlone)) return false;
    for (const { upkeepId } of runs) busy.add(upkeepId);
    const startedMs = clock.monotonicMs();
    const run = async (): Promise<void> => {
      try {
        await perform(runs);
        parts.onDuration(clock.monotonicMs() - startedMs);
      } catch (error) {
        if (signal.aborted) return;
        if (!mayPass(error)) return parts.onBug(error);
        await holdAfter(runs, error);
      } finally {
        for (const { upkeepId } of runs) busy.delete(upkeepId);
        places.free(isAlone);
      }
    };
    queue.add(run).catch(parts.onBug);
    return true;
  }

  return {
    /** Begins what is due at the latest block; resolves once that is under way. */
    async run(now: ChainMoment): Promise<void> {
      const found = await dueRuns.find(now, maxBatch * (concurrency + 1), busy);
      places.beginLook();
      if (signal.aborted || !parts.mayStart()) return;
      const together = found.filter((due) => !goesAlone(due));
      // Who never ran yet may bring a transaction down: only others of that kind share it.
      for (const isNew of [false, true]) {
        const alike = together.filter(({ row }) => (row.lastDue === null) === isNew);
        for (let at = 0; at < alike.length; at += maxBatch) {
          const group = alike.slice(at, at + maxBatch).map(({ run }) => run);
          if (!begin(group, false)) return;
        }
      }
      for (const { run } of found.filter(goesAlone)) {
        if (!begin([run], true)) return;
      }
    },
    idle: () => queue.onIdle(),
    onPlace: places.onPlace,
  };
}

const goesAlone = ({ row, run }: { row: UpkeepRow; run: ReadyRun }): boolean =>
  row.alone !== 'no' || !run.deliver;

const without = (
  runs: readonly ReadyRun[],
  failing: readonly { readonly run: ReadyRun }[],
): readonly ReadyRun[] => runs.filter((run) => !failing.some((left) => left.run === run));

function describe({ due, deliver, lostTx }: ReadyRun, others: number): string {
  const what = deliver ? `run of occurrence ${due} sent` : `claim of what ${lostTx} lost sent`;
  return others === 0 ? what : `${what}, in one transaction with ${others} others`;
}

/** What the transaction costs, to those for whom it is spent; nobody's part goes to the first. */
function sharesOf({ runs, predictions, terms }: PlannedRuns): SpendShare[] {
  const fees = terms.systemFee + terms.networkFee;
  let rest = fees - predictions.reduce((sum, { uncutFee }) => sum + uncutFee, 0n);
  return runs.map(({ upkeepId, owner }, at) => {
    const amount = (predictions[at]?.uncutFee ?? 0n) + rest;
    rest = 0n;
    return { requestId: upkeepId, kind: 'upkeep', requester: owner, amount };
  });
}
