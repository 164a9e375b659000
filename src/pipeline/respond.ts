import PQueue from 'p-queue';
import type { Clock } from '../base/clock.js';
import type { Hash160 } from '../base/hash.js';
import type { SpendShare } from '../gasbank/budgets.js';
import type { CallbackFaults } from '../gasbank/callback-fault-store.js';
import type { HeldWork } from '../gasbank/held-spending.js';
import type { Spending } from '../gasbank/spending.js';
import type { RequestRow, RequestStore } from '../requests/request-store.js';
import type { DueRequest } from '../requests/turn-queries-store.js';
import { type Database, inTransaction } from '../storage/database.js';
import type { Log } from '../telemetry/log.js';
import type { RetriedStep } from '../telemetry/metrics-work.js';
import type { ReadyAnswer } from './answer.js';
import { createGroupSizes } from './group-sizes.js';
import { createHeldAnswers } from './held-answers.js';
import { planAlone } from './plan-alone.js';
import { planTogether } from './plan-together.js';
import type { PlannedTransaction, Planning } from './planning.js';
import { createReadyAnswers } from './ready-answers.js';
import { createRequestsUnderWay } from './requests-under-way.js';
import type { Submit } from './submit.js';
import type { Suspects } from './suspects.js';
import { createTurns } from './take-turns.js';
import { mayPass } from './trouble.js';

export interface RespondLimits {
  /** Answers in one transaction. */
  readonly maxBatch: number;
  /** Result bytes in one transaction of several answers. */
  readonly maxBatchBytes: number;
  /** Transactions that are prepared at once. */
  readonly concurrency: number;
  /** A transaction is valid for so many blocks, or until a deadline that comes sooner. */
  readonly validBlocks: number;
  /** Pause before a held answer is tried again, and what each answer that waits adds to it. */
  readonly holdMs: number;
  readonly holdMsPerAnswer: number;
}

export interface RespondParts {
  readonly db: Database;
  readonly requests: RequestStore;
  readonly clock: Clock;
  readonly log: Log;
  readonly planning: Planning;
  readonly suspects: Suspects;
  readonly callbackFaults: CallbackFaults;
  readonly spending: Spending;
  readonly held: HeldWork;
  readonly submit: Submit;
  readonly limits: RespondLimits;
  readonly heightNow: () => number;
  /** False before it is known what the wallet can pay. */
  readonly mayStart: () => boolean;
  /** 32 random bits. */
  readonly randomNonce: () => number;
  /** Told of each piece of work that is held back. */
  readonly onRetry: (step: RetriedStep) => void;
  readonly onDuration: (durationMs: number, answers: number) => void;
  readonly onBug: (error: unknown) => void;
  readonly signal: AbortSignal;
}

/** How long answers wait for company while others are prepared; one that is alone never does. */
const GATHER_MS = 20;

/** Sends answers that are `resolved`: several in one transaction where that is safe. */
export function createRespond(parts: RespondParts) {
  const { db, requests, clock, limits, planning, suspects, signal } = parts;
  const queue = new PQueue({ concurrency: limits.concurrency });
  const sizes = createGroupSizes(limits.maxBatch);
  const leastCost = () => (planning.plain.last?.charge ?? 2n) / 2n;
  const heldAnswers = createHeldAnswers({ ...parts, sizes, leastCost });
  const ready = createReadyAnswers(parts);
  /** Tasks, waiting or running, those of suspects, and when the last one was begun. */
  let preparing = 0;
  let preparingSuspects = 0;
  let begunMs = Number.NEGATIVE_INFINITY;
  const underWay = createRequestsUnderWay();
  const turns = createTurns(requests, 'resolved');

  function giveUp({ requestId }: ReadyAnswer, reason: string): void {
    const step = { atMs: clock.nowMs(), what: 'given up', why: reason };
    inTransaction(db, () => requests.move(requestId, 'giveUp', { reason }, step));
    parts.log.warn('answer given up', { requestId, reason });
  }

  async function send(planned: PlannedTransaction, rows: readonly RequestRow[]): Promise<void> {
    const { script, why, predictions } = planned;
    // Planning may take longer than a transaction lives: a slow one must not be born dead always.
    const terms = { ...planned.terms, validUntilBlock: validUntilBlock(rows) };
    const shares = sharesOf(planned, rows);
    const submission = { purpose: 'respond' as const, script, terms, why, shares, predictions };
    const sent = await parts.submit(submission);
    if (sent === null) return;
    const ids = [...why.keys()];
    sizes.forget(ids);
    for (const id of ids) parts.log.info('answer sent', { requestId: id, tx: sent.hash });
  }

  function validUntilBlock(rows: readonly RequestRow[]): number {
    const deadline = Math.min(...rows.map((row) => row.deadline));
    return Math.min(parts.heightNow() + limits.validBlocks, deadline);
  }

  async function answerAlone(row: RequestRow): Promise<void> {
    ready.noteFault(row);
    const answer = ready.of(row);
    const plan = await planAlone(answer, planning, validUntilBlock([row]));
    if (plan.kind === 'send') {
      if (plan.isCulprit) suspects.add(row.requester);
      return send(plan, [row]);
    }
    if (plan.kind === 'giveUp') return giveUp(answer, plan.reason);
    const { reason, cause = null } = plan;
    heldAnswers.hold([row], { reason, cause, untilMs: null });
  }

  /** Runs a piece of work for rows; what the environment denies holds them back. */
  function task(rows: readonly RequestRow[], work: () => Promise<void>): void {
    underWay.begin(rows);
    const startedMs = clock.monotonicMs();
    const suspected = rows.some(isSuspect) ? 1 : 0;
    preparing += 1;
    preparingSuspects += suspected;
    begunMs = startedMs;
    const run = async (): Promise<void> => {
      try {
        if (!signal.aborted) await work();
        parts.onDuration(clock.monotonicMs() - startedMs, rows.length);
      } catch (error) {
        if (signal.aborted) return;
        if (!mayPass(error)) return parts.onBug(error);
        heldAnswers.holdAfter(rows, error);
      } finally {
        underWay.end(rows);
        preparing -= 1;
        preparingSuspects -= suspected;
      }
      pump();
    };
    // Holding back and looking for more write and read the database, which may fail as well.
    queue.add(run).catch(parts.onBug);
  }

  function answerGroup(rows: readonly RequestRow[]): void {
    const alone = (row: RequestRow): void => task([row], () => answerAlone(row));
    const only = rows.length === 1 ? rows[0] : undefined;
    if (only !== undefined) return alone(only);
    task(rows, async () => {
      const terms = { nonce: parts.randomNonce(), validUntilBlock: validUntilBlock(rows) };
      const plan = await planTogether(rows.map(ready.of), planning, terms);
      if (plan.transaction !== null) await send(plan.transaction, rows);
      for (const { requestId } of plan.alone) {
        const row = rows.find(({ id }) => id === requestId);
        if (row !== undefined) alone(row);
      }
    });
  }

  const isSuspect = (row: RequestRow): boolean => suspects.has(row.requester);
  const goesAlone = (row: RequestRow): boolean => row.faults > 0 || isSuspect(row);

  function waiting(): readonly DueRequest[] {
    const mostOf = (requester: Hash160): number =>
      preparingSuspects > 0 && suspects.has(requester) ? 0 : Number.POSITIVE_INFINITY;
    const room = limits.maxBatch * (limits.concurrency + 1);
    return turns.choose({ nowMs: clock.nowMs(), room, busy: underWay.requesterOf, mostOf });
  }

  /** One by one, since a group takes few of what may be thousands; what was read is kept. */
  function* rowsOf(due: readonly DueRequest[], read: RequestRow[]): Generator<RequestRow> {
    for (const { id } of due) {
      const row = requests.get(id);
      if (row === null || !heldAnswers.isWithinBudget(row)) continue;
      read.push(row);
      yield row;
    }
  }

  /** While others are prepared there is no hurry: more answers come, and share the fees. */
  function mayGrow(group: readonly unknown[]): boolean {
    const isYoung = clock.monotonicMs() - begunMs < GATHER_MS;
    return preparing > 0 && isYoung && group.length < limits.maxBatch;
  }

  function pump(): void {
    while (!signal.aborted && parts.mayStart() && preparing < limits.concurrency) {
      const due = waiting();
      if (due.length === 0 || mayGrow(due)) return;
      const read: RequestRow[] = [];
      const group = nextGroup(rowsOf(due, read), limits, goesAlone, (row) => sizes.of(row.id));
      if (group.length === 0 || (mayGrow(group) && !group.some(goesAlone))) return;
      const lastTurn = lastBeforeSkipped(read, group);
      if (lastTurn !== null) turns.tookTurn(lastTurn.requester);
      answerGroup(group);
    }
  }

  return { pump, idle: () => queue.onIdle() };
}

/** Who was passed over in a group, since he goes alone, is the first of the next one. */
function lastBeforeSkipped(
  read: readonly RequestRow[],
  group: readonly RequestRow[],
): RequestRow | null {
  const taken = new Set(group);
  const skipped = read.findIndex((row) => !taken.has(row));
  return (skipped < 0 ? read.at(-1) : read[skipped - 1]) ?? null;
}

/** The first answer, and those that may share its transaction. */
export function nextGroup(
  due: Iterable<RequestRow>,
  limits: Pick<RespondLimits, 'maxBatch' | 'maxBatchBytes'>,
  goesAlone: (row: RequestRow) => boolean,
  sizeOf: (row: RequestRow) => number,
): readonly RequestRow[] {
  const group: RequestRow[] = [];
  let bytes = 0;
  let most = limits.maxBatch;
  for (const row of due) {
    // Whoever was in a transaction that FAULTed goes alone, so that the culprit shows and pays.
    if (goesAlone(row) && group.length === 0) return [row];
    if (goesAlone(row) || sizeOf(row) <= group.length) continue;
    bytes += row.result?.length ?? 0;
    if (group.length > 0 && bytes > limits.maxBatchBytes) break;
    group.push(row);
    most = Math.min(most, sizeOf(row));
    if (group.length >= most) break;
  }
  return group;
}

/** What the transaction costs, to those for whom it is spent; nobody's part goes to the first. */
function sharesOf(
  { predictions, terms }: PlannedTransaction,
  rows: readonly RequestRow[],
): SpendShare[] {
  const fees = terms.systemFee + terms.networkFee;
  let rest = fees - predictions.reduce((sum, { uncutFee }) => sum + uncutFee, 0n);
  return predictions.map(({ requestId, uncutFee }) => {
    const row = rows.find(({ id }) => id === requestId);
    if (row === undefined) throw new Error(`bug: request ${requestId} is planned, but not ready`);
    const amount = uncutFee + rest;
    rest = 0n;
    return { requestId, kind: row.kind, requester: row.requester, amount };
  });
}
