import type { OwnerStore } from '../automation/owner-store.js';
import { type FailureRule, loseClaim } from '../automation/upkeep-events.js';
import { NOTHING_LOST, type UpkeepChange, type UpkeepStore } from '../automation/upkeep-store.js';
import type { Clock } from '../base/clock.js';
import { backOffMs } from '../chain/back-off.js';
import type { HeldWork, HoldCause } from '../gasbank/held-spending.js';
import { type Database, inRepeatableTransaction } from '../storage/database.js';
import type { Log } from '../telemetry/log.js';
import type { RetriedStep } from '../telemetry/metrics-work.js';
import { NOT_CALLED, type ReadyRun, TOO_DEAR } from './plan-runs.js';
import type { UpkeepPort } from './upkeep-port.js';
import { whyNotCalled } from './why-not-called.js';

export interface RunFailuresParts {
  readonly db: Database;
  readonly upkeeps: UpkeepStore;
  readonly owners: OwnerStore;
  readonly clock: Clock;
  readonly log: Log;
  readonly upkeepChain: UpkeepPort;
  readonly held: HeldWork;
  /** Told of each piece of work that is held back. */
  readonly onRetry: (step: RetriedStep) => void;
  readonly failureRule: FailureRule;
  /** Pause before what was held back is tried again. */
  readonly holdMs: number;
}

/** Why runs wait that did nothing wrong. */
export interface RunHold {
  readonly reason: string;
  readonly cause: HoldCause | null;
  /** Null: after the usual pause. */
  readonly untilMs: number | null;
}

export type RunFailures = ReturnType<typeof createRunFailures>;

/** Puts off what would fail, and pauses what does so too often; nothing is sent of either. */
export function createRunFailures(parts: RunFailuresParts) {
  const { db, upkeeps, owners, clock, log, failureRule } = parts;

  return {
    async fail(run: ReadyRun, told: string): Promise<void> {
      const reason = told === NOT_CALLED ? await whyNotCalled(run, parts.upkeepChain) : told;
      inRepeatableTransaction(db, () => {
        const row = upkeeps.get(run.upkeepId);
        if (row === null || row.tx !== null || (row.lastDue ?? -1) >= run.due) return;
        const failures = row.failures + (run.deliver ? 1 : 0);
        // A claim that the gateway won't have is dropped: what was lost is the node's loss.
        const dropped = run.deliver ? {} : NOTHING_LOST;
        const atMs = clock.nowMs();
        if (!run.deliver) loseClaim(owners, row, { atMs, isBlamed: false });
        const isTooOften = failures >= failureRule.pauseAfterFailures;
        const retryMs = atMs + backOffMs(failureRule.backOff, Math.max(1, failures));
        const alone = isBetterAlone(reason) ? { alone: 'always' as const } : {};
        const change: UpkeepChange = { reason, failures, retryMs, ...dropped, ...alone };
        const facts = { upkeepId: run.upkeepId, due: run.due, failures, reason };
        if (isTooOften && upkeeps.move(run.upkeepId, 'gaveUp', { ...change, ...paused(change) })) {
          log.warn('upkeep paused', facts);
        } else if (upkeeps.move(run.upkeepId, 'runFailed', change)) {
          log.warn('run not sent', facts);
          parts.onRetry('perform');
        }
      });
    },

    hold(runs: readonly ReadyRun[], { reason, cause, untilMs }: RunHold): void {
      const retryMs = untilMs ?? clock.nowMs() + parts.holdMs;
      if (cause !== null) parts.held.note({ cause, reason, untilMs: retryMs });
      inRepeatableTransaction(db, () => {
        for (const { upkeepId } of runs) {
          const row = upkeeps.get(upkeepId);
          if (row === null || row.tx !== null) continue;
          upkeeps.move(upkeepId, 'runFailed', { reason: `held: ${reason}`, retryMs });
          parts.onRetry('perform');
        }
      });
    },
  };
}

const paused = ({ failures, reason }: UpkeepChange): UpkeepChange => ({
  reason: `failed ${failures} times in a row: ${reason}`,
});

/** It would bring its neighbours down, or cannot pay for having them: it gets none again. */
const isBetterAlone = (reason: string): boolean =>
  reason.startsWith('preflight FAULTed') || reason.startsWith(TOO_DEAR);
