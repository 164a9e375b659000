import PQueue from 'p-queue';
import type { ChainMoment } from '../automation/occurrences.js';
import type { UpkeepRow, UpkeepStore } from '../automation/upkeep-store.js';
import type { Clock } from '../base/clock.js';
import type { Log } from '../telemetry/log.js';
import { createDueRuns, type DueRunsParts, type FoundRun } from './due-runs.js';
import { planRuns, type ReadyRun, type RunPlanning } from './plan-runs.js';
import { nonceOf } from './planning.js';
import { createRunFailures, type RunFailuresParts } from './run-failures.js';
import { createRunPlaces } from './run-places.js';
import { createSendRuns, halvesOf, type SendRunsParts } from './send-runs.js';
import { mayPass } from './trouble.js';

export interface PerformLimits {
  /** Runs in one transaction. */
  readonly maxBatch: number;
  /** Transactions that are prepared at once. */
  readonly concurrency: number;
  /** A transaction is valid for so many blocks. */
  readonly validBlocks: number;
}

export interface PerformParts
  extends DueRunsParts,
    RunFailuresParts,
    Omit<SendRunsParts, 'chainMs' | 'validUntil'> {
  readonly upkeeps: UpkeepStore;
  readonly clock: Clock;
  readonly log: Log;
  readonly planning: RunPlanning;
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
  const { clock, planning, signal } = parts;
  const { maxBatch, concurrency, validBlocks } = parts.performLimits;
  const queue = new PQueue({ concurrency });
  const dueRuns = createDueRuns(parts);
  const failures = createRunFailures(parts);
  /** Upkeeps that a task is at work on. */
  const busy = new Set<bigint>();
  const places = createRunPlaces(concurrency, signal);
  let latestMs = 0;
  let waited = false;
  const validUntil = (): number => parts.heightNow() + validBlocks;
  const sending = createSendRuns({ ...parts, chainMs: () => latestMs, validUntil }, failures);

  /** Prepares a group, and each half of it where all can't be sent together. */
  async function perform(runs: readonly ReadyRun[]): Promise<void> {
    const [first] = runs;
    if (signal.aborted || first === undefined) return;
    const nonce = runs.length === 1 ? nonceOf(first.upkeepId) : parts.randomNonce();
    const placed = { nonce, validUntilBlock: validUntil() };
    const plan = await planRuns(runs, planning, placed);
    for (const { run, reason } of plan.failing) await failures.fail(run, reason);
    switch (plan.kind) {
      case 'none':
        return;
      case 'split':
        return performAll(halvesOf(without(runs, plan.failing)));
      case 'hold': {
        const { reason, cause } = plan;
        return failures.hold(without(runs, plan.failing), { reason, cause, untilMs: null });
      }
      case 'send':
        return performAll(await sending.send(plan));
    }
  }

  async function performAll(groups: readonly (readonly ReadyRun[])[]): Promise<void> {
    for (const group of groups) await perform(group);
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
        await performAll(sending.holdAfter(runs, error));
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
      latestMs = now.timeMs;
      const found = await dueRuns.find(now, maxBatch * (concurrency + 1), busy);
      places.beginLook();
      if (signal.aborted) return;
      waited = !parts.mayStart();
      if (waited) return;
      for (const alike of sharing(found.filter((due) => !goesAlone(due)))) {
        for (let at = 0; at < alike.length; at += maxBatch) {
          const group = alike.slice(at, at + maxBatch).map(({ run }) => run);
          if (!begin(group, false)) return;
        }
      }
      for (const { run } of found.filter(goesAlone)) {
        if (!begin([run], true)) return;
      }
    },
    hasWaited(): boolean {
      const isNews = waited && parts.mayStart();
      if (isNews) waited = false;
      return isNews;
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

/**
 * Who may share transactions. Who never ran yet may bring one down that was clean on trial, and
 * its neighbours would be late by that: only others of the same target share it.
 */
function sharing(found: readonly FoundRun[]): FoundRun[][] {
  const groups = new Map<string, FoundRun[]>();
  for (const each of found) {
    const key = each.row.lastDue === null ? each.row.target : 'ran before';
    groups.set(key, [...(groups.get(key) ?? []), each]);
  }
  return [...groups.values()];
}
