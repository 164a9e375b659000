import type { ChainMoment } from '../automation/occurrences.js';
import { createOwnerStore } from '../automation/owner-store.js';
import type { FailureRule } from '../automation/upkeep-events.js';
import type { UpkeepStore } from '../automation/upkeep-store.js';
import type { WatchStore } from '../automation/watch-store.js';
import type { Clock } from '../base/clock.js';
import type { Datoshi } from '../base/datoshi.js';
import type { ContractEventReader } from '../chain/contract-events.js';
import type { HeldWork } from '../gasbank/held-spending.js';
import type { Database } from '../storage/database.js';
import type { Log } from '../telemetry/log.js';
import type { RetriedStep } from '../telemetry/metrics-work.js';
import type { ConditionLimits } from './due-runs.js';
import { createFollowEvents } from './follow-events.js';
import { createPerform, type PerformLimits } from './perform.js';
import type { RunPlanning } from './plan-runs.js';
import type { PlanLimits } from './planning.js';
import type { Submit } from './submit.js';
import type { UpkeepPort } from './upkeep-port.js';

/** What the node does for upkeeps, at most. */
export interface AutomationLimits {
  readonly perform: PerformLimits;
  readonly conditions: ConditionLimits;
  readonly maxWatchedContracts: number;
  readonly failureRule: FailureRule;
  /** Most that may be lost in an hour to owners who cancel in front of runs. */
  readonly cancelLossPerHour: Datoshi;
  /** Pause before what was held back is tried again. */
  readonly holdMs: number;
}

export interface AutomationParts {
  readonly db: Database;
  readonly upkeeps: UpkeepStore;
  readonly watches: WatchStore;
  readonly upkeepChain: UpkeepPort;
  readonly eventReader: ContractEventReader;
  readonly clock: Clock;
  readonly log: Log;
  readonly held: HeldWork;
  readonly onRetry: (step: RetriedStep) => void;
  readonly submit: Submit;
  readonly planLimits: PlanLimits;
  readonly automationLimits: AutomationLimits;
  readonly heightNow: () => number;
  readonly mayStart: () => boolean;
  readonly randomNonce: () => number;
  readonly onDuration: (durationMs: number) => void;
  readonly onBug: (error: unknown) => void;
  readonly signal: AbortSignal;
}

export interface Automation {
  /** Does what the latest block calls for; resolves once runs are under way. */
  run(now: ChainMoment): Promise<void>;
  /** True once after what is due could not begin, since it was not known what can be paid. */
  hasWaited(): boolean;
  /** Told when more of what is due at the latest block can be begun. */
  onPlace(listener: () => void): void;
  /** Resolves when no run is being prepared. */
  idle(): Promise<void>;
}

/** The stages that run upkeeps. */
export function createAutomation(parts: AutomationParts): Automation {
  const { perform: performLimits, conditions, maxWatchedContracts } = parts.automationLimits;
  const { failureRule, cancelLossPerHour, holdMs } = parts.automationLimits;
  const { upkeepChain: chain, planLimits: limits } = parts;
  const planning: RunPlanning = { chain, limits, plain: { last: null } };
  const follow = createFollowEvents({ ...parts, maxWatchedContracts });
  const perform = createPerform({
    ...parts,
    planning,
    performLimits,
    conditionLimits: conditions,
    failureRule,
    owners: createOwnerStore(parts.db),
    cancelLossPerHour,
    holdMs,
  });
  return {
    async run(now) {
      await follow(now.block);
      await perform.run(now);
    },
    hasWaited: perform.hasWaited,
    onPlace: perform.onPlace,
    idle: perform.idle,
  };
}
