import { CANCEL_HOLD_MS, judgeRisks, type RunRisk } from '../automation/cancel-risk.js';
import type { OwnerStore } from '../automation/owner-store.js';
import { nextUpkeepState } from '../automation/upkeep-machine.js';
import type { UpkeepStore } from '../automation/upkeep-store.js';
import type { Clock } from '../base/clock.js';
import type { Datoshi } from '../base/datoshi.js';
import type { Hash256 } from '../base/hash.js';
import { messageOf } from '../base/node-error.js';
import { isWithin, type SpendShare } from '../gasbank/budgets.js';
import { reachedOf } from '../gasbank/spending.js';
import type { Log } from '../telemetry/log.js';
import { heldUntil, holdCauseOf } from './hold-time.js';
import type { PlannedRuns, ReadyRun } from './plan-runs.js';
import type { RunFailures } from './run-failures.js';
import type { Submit } from './submit.js';
import { mayPass } from './trouble.js';

export interface SendRunsParts {
  readonly upkeeps: UpkeepStore;
  readonly owners: OwnerStore;
  readonly clock: Clock;
  readonly log: Log;
  readonly submit: Submit;
  /** Most that may be lost in an hour to owners who cancel in front of runs. */
  readonly cancelLossPerHour: Datoshi;
  /** Time of the latest block. */
  readonly chainMs: () => number;
  /** A transaction may be in blocks up to this one. */
  readonly validUntil: () => number;
}

/** Runs that are to be tried anew, each group by itself. */
type Again = readonly (readonly ReadyRun[])[];

const NONE: Again = [];

/** Signs and sends planned runs, and holds back those that money is not there for, or trust. */
export function createSendRuns(parts: SendRunsParts, failures: RunFailures) {
  const { upkeeps, owners, clock, log } = parts;

  /** False where the upkeep has moved on meanwhile. */
  function isStillDue({ upkeepId, due }: ReadyRun): boolean {
    const row = upkeeps.get(upkeepId);
    if (row === null || row.tx !== null || (row.lastDue ?? -1) >= due) return false;
    return nextUpkeepState(row.state, 'runSigned') !== null;
  }

  /** What would be lost if the owners cancelled now. */
  function risksOf(runs: readonly ReadyRun[], shares: readonly SpendShare[]): RunRisk[] {
    const costs = runs.map(({ upkeepId, owner, deliver }, at) => {
      return { upkeepId, owner, cost: shares[at]?.amount ?? 0n, isClaim: !deliver };
    });
    const nowMs = parts.chainMs();
    const used = owners.atRisk(nowMs - CANCEL_HOLD_MS);
    const rule = { limit: parts.cancelLossPerHour, used, nowMs };
    return judgeRisks(costs, owners.standingOf, rule);
  }

  /** Holds those whose owners are not trusted with them; the others are tried anew. */
  function holdUntrusted(runs: readonly ReadyRun[], refused: readonly RunRisk[]): Again {
    if (refused.length === 0) return NONE;
    const reasons = new Map(refused.map(({ upkeepId, refusal }) => [upkeepId, refusal ?? '']));
    for (const run of runs) {
      const reason = reasons.get(run.upkeepId);
      if (reason !== undefined) failures.hold([run], { reason, cause: 'loss', untilMs: null });
    }
    return [runs.filter(({ upkeepId }) => !reasons.has(upkeepId))];
  }

  /** A budget may have no room for all of them, and some for a few. */
  function holdAfter(runs: readonly ReadyRun[], error: unknown): Again {
    const reached = reachedOf(error);
    const kind = 'upkeep' as const;
    const isHeld = ({ owner }: ReadyRun): boolean =>
      reached === null || isWithin({ kind, requester: owner }, reached.scope);
    const held = runs.filter(isHeld);
    if (reached !== null && held.length > 1) return halvesOf(held);
    const untilMs = heldUntil(error, clock.nowMs());
    failures.hold(held, { reason: messageOf(error), cause: holdCauseOf(error), untilMs });
    return NONE;
  }

  return {
    holdAfter,

    async send(planned: PlannedRuns): Promise<Again> {
      const { runs, script, predictions, note } = planned;
      const terms = { ...planned.terms, validUntilBlock: parts.validUntil() };
      const shares = sharesOf(planned);
      let refused: readonly RunRisk[] = [];
      const move = (tx: Hash256): boolean => {
        if (!runs.every(isStillDue)) return false;
        const risks = risksOf(runs, shares);
        refused = risks.filter(({ refusal }) => refusal !== null);
        if (refused.length > 0) return false;
        runs.forEach((run, at) => {
          const { cost: sentCost = 0n, risk: sentRisk = 0n } = risks[at] ?? {};
          const reason = describe(run, runs.length - 1, note);
          const sent = { tx, sentDue: run.due, sentCost, sentRisk };
          upkeeps.move(run.upkeepId, 'runSigned', { reason, ...sent, retryMs: 0 });
        });
        return true;
      };
      const why = new Map<bigint, string>();
      const submission = { purpose: 'upkeep' as const, script, terms, why, predictions, move };
      try {
        const sent = await parts.submit({ ...submission, shares });
        if (sent === null) return holdUntrusted(runs, refused);
        const { hash: tx } = sent;
        for (const { upkeepId, due } of runs) log.info('run sent', { upkeepId, due, tx });
        return NONE;
      } catch (error) {
        if (!mayPass(error)) throw error;
        return holdAfter(runs, error);
      }
    },
  };
}

/** Two groups of about the same size. */
export function halvesOf(runs: readonly ReadyRun[]): Again {
  const half = Math.ceil(runs.length / 2);
  return [runs.slice(0, half), runs.slice(half)];
}

function describe({ due, deliver, lostTx }: ReadyRun, others: number, note: string | null): string {
  const what = deliver ? `run of occurrence ${due} sent` : `claim of what ${lostTx} lost sent`;
  const how = others === 0 ? what : `${what}, in one transaction with ${others} others`;
  return note === null ? how : `${how}; ${note}`;
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
