import { setImmediate as nextTurn } from 'node:timers/promises';
import PQueue from 'p-queue';
import type { Clock } from '../base/clock.js';
import type { Hash160 } from '../base/hash.js';
import { messageOf } from '../base/node-error.js';
import {
  type NoAnswer,
  type Outcome,
  type RequestOutcome,
  ResponseCode,
  responseCodeName,
} from '../base/outcome.js';
import type { RequestRow, RequestStore } from '../requests/request-store.js';
import { type Database, inRepeatableTransaction } from '../storage/database.js';
import type { Log } from '../telemetry/log.js';
import type { RetriedStep } from '../telemetry/metrics-work.js';
import { isSuccessOnly } from './answer.js';
import type { CrashPoint } from './crash-point.js';
import type { KeepEvidence } from './keep-evidence.js';
import { countsOf, createTurns } from './take-turns.js';
import { mayPass } from './trouble.js';

export interface ResolveLimits {
  /** Requests that are worked on at once. */
  readonly concurrency: number;
  /** Of them, those of one requester: some room is always left for the others. */
  readonly concurrencyPerRequester: number;
  /** Tries before an outside trouble is answered with its code. */
  readonly maxAttempts: number;
  /** The first back-off; it doubles with each try, up to the longest. */
  readonly backoffMs: number;
  readonly maxBackoffMs: number;
  /** With no more blocks than these left, a trouble is answered instead of retried. */
  readonly lastBlocks: number;
}

export interface ResolveParts {
  readonly db: Database;
  readonly requests: RequestStore;
  readonly clock: Clock;
  readonly log: Log;
  readonly crashPoint: CrashPoint;
  readonly limits: ResolveLimits;
  /** Finds the answer. What it throws is retried where that may help, else answered with Error. */
  readonly resolver: (row: RequestRow, signal: AbortSignal) => Promise<RequestOutcome>;
  /** Keeps what an answer came from, in the transaction that records it. */
  readonly keepEvidence?: KeepEvidence | undefined;
  readonly heightNow: () => number;
  /** Called when answers were found, so that they can be sent. */
  readonly onResolved: () => void;
  /** Told of each try that is to be repeated. */
  readonly onRetry: (step: RetriedStep) => void;
  /** A duration for the metrics, in milliseconds. */
  readonly onDuration: (kind: string, durationMs: number) => void;
  /** A failure that isn't a result of the work: the node stops. */
  readonly onBug: (error: unknown) => void;
  readonly signal: AbortSignal;
}

export interface Resolve {
  /** Starts work on what is due, as far as there is room. */
  pump(): void;
  /** Resolves once nothing is worked on. */
  idle(): Promise<void>;
}

/** Outcomes wait so long for those of others that are under way; one that is alone never does. */
const GATHER_MS = 5;
/** And so long where more are under way than one transaction takes. */
const GATHER_CROWD_MS = 20;
const GATHER_MOST = 48;

/** Finds answers for requests that are `received`, in turns. */
export function createResolve(parts: ResolveParts): Resolve {
  const { db, requests, clock, limits, signal } = parts;
  const queue = new PQueue({ concurrency: limits.concurrency });
  const busy = new Map<bigint, Hash160>();
  const turns = createTurns(requests, 'received');
  let found: { row: RequestRow; outcome: RequestOutcome }[] = [];

  /** Outcomes that come close together are one transaction: one write to disk for all. */
  async function gather(): Promise<void> {
    const gatherMs = busy.size > GATHER_MOST ? GATHER_CROWD_MS : GATHER_MS;
    if (busy.size > 1) await clock.sleep(gatherMs, signal).catch(() => {});
    else await nextTurn();
    flush();
  }

  function flush(): void {
    const batch = found;
    found = [];
    if (batch.length === 0) return;
    try {
      inRepeatableTransaction(db, () => {
        for (const { row, outcome } of batch) recordOutcome(row, outcome);
      });
    } catch (error) {
      return parts.onBug(error);
    } finally {
      for (const { row } of batch) busy.delete(row.id);
    }
    parts.crashPoint('resolved');
    parts.onResolved();
    // The answers are on their way before more work is begun.
    nextTurn().then(startDue).catch(parts.onBug);
  }

  function recordOutcome(row: RequestRow, outcome: RequestOutcome): void {
    const final = finalOf(row, outcome, limits, parts.heightNow());
    const nowMs = clock.nowMs();
    const attempts = row.attempts + 1;
    if (final.kind === 'giveUp') {
      const { reason } = final;
      const step = { atMs: nowMs, what: 'given up', why: reason };
      requests.move(row.id, 'giveUp', { reason, attempts }, step);
      parts.log.warn('request given up', { requestId: row.id, reason });
      return;
    }
    if (final.kind === 'retry' || final.kind === 'wait') {
      const dueMs = nowMs + Math.max(final.afterMs, backoffMs(attempts, limits));
      const of = final.kind === 'wait' ? '' : ` of ${limits.maxAttempts}`;
      const why = `try ${attempts}${of} failed: ${final.reason}`;
      const step = { atMs: nowMs, what: 'to be tried again', why };
      parts.onRetry('resolve');
      requests.move(row.id, 'retryLater', { reason: why, attempts, dueMs }, step);
      return;
    }
    const { code, result, reason } = final;
    const size = result.length === 0 ? '' : `, ${result.length} bytes`;
    const why = `${responseCodeName(code)}${size}: ${reason}`;
    const change = { reason: why, attempts, dueMs: 0, code, result };
    const step = { atMs: nowMs, what: 'resolved', why };
    if (!requests.move(row.id, 'answerFound', change, step)) return;
    parts.keepEvidence?.({ row, outcome, code, result, reason, tries: attempts });
  }

  async function work(row: RequestRow): Promise<void> {
    const startedMs = clock.monotonicMs();
    try {
      const outcome = await parts.resolver(row, signal).catch((error) => outcomeOf(row, error));
      if (signal.aborted) return void busy.delete(row.id);
      parts.onDuration(row.kind, clock.monotonicMs() - startedMs);
      found.push({ row, outcome });
      if (found.length === 1) gather().catch(parts.onBug);
      else if (found.length === GATHER_MOST) flush();
    } catch (error) {
      busy.delete(row.id);
      if (!signal.aborted) parts.onBug(error);
    }
  }

  /** What strangers send must not end the node, even where it meets a fault of the node's own. */
  function outcomeOf(row: RequestRow, error: unknown): RequestOutcome {
    const reason = messageOf(error);
    if (mayPass(error) && isSuccessOnly(row.kind)) {
      return { kind: 'wait', reason, afterMs: limits.backoffMs };
    }
    if (mayPass(error)) {
      const otherwise = { code: ResponseCode.Error, reason };
      return { kind: 'retry', reason, afterMs: limits.backoffMs, otherwise };
    }
    if (!signal.aborted)
      parts.log.error('a request met a fault of the node', { requestId: row.id, error });
    return { kind: 'fatal', reason };
  }

  function begin(id: bigint, requester: Hash160): void {
    const row = requests.get(id);
    if (row === null) return;
    busy.set(id, requester);
    void queue.add(() => work(row));
  }

  function startDue(): void {
    if (signal.aborted) return;
    const underWay = countsOf(busy.values());
    const mostOf = (requester: Hash160): number =>
      limits.concurrencyPerRequester - (underWay.get(requester) ?? 0);
    const room = limits.concurrency - busy.size;
    for (const { id, requester } of turns.choose({ nowMs: clock.nowMs(), room, busy, mostOf })) {
      begin(id, requester);
      turns.tookTurn(requester);
    }
  }

  async function idle(): Promise<void> {
    await queue.onIdle();
    flush();
  }

  return { pump: startDue, idle };
}

type Final = Exclude<Outcome, { kind: 'fatal' }> | NoAnswer;

/**
 * A retry whose tries or time are used up becomes its answer; a bug is answered with Error. Where
 * nothing but Success may be answered, all these are given up.
 */
function finalOf(
  row: RequestRow,
  outcome: RequestOutcome,
  limits: ResolveLimits,
  height: number,
): Final {
  const final = answerOf(row, outcome, limits, height);
  const isCode = final.kind === 'answer' && final.code !== ResponseCode.Success;
  return isCode && isSuccessOnly(row.kind) ? { kind: 'giveUp', reason: final.reason } : final;
}

function answerOf(
  row: RequestRow,
  outcome: RequestOutcome,
  limits: ResolveLimits,
  height: number,
): Final {
  if (outcome.kind === 'fatal') {
    const reason = `a fault of the node: ${messageOf(outcome.reason)}`;
    return { kind: 'answer', code: ResponseCode.Error, result: Buffer.alloc(0), reason };
  }
  if (outcome.kind !== 'retry') return outcome;
  const lastTry = row.attempts + 1 >= limits.maxAttempts;
  const lastBlocks = row.deadline - height <= limits.lastBlocks;
  if (!lastTry && !lastBlocks) return outcome;
  const { code, reason } = outcome.otherwise;
  const when = lastTry ? `after ${row.attempts + 1} tries` : 'close to its deadline';
  return { kind: 'answer', code, result: Buffer.alloc(0), reason: `${reason} (${when})` };
}

/** 1, 2, 4, … times the first back-off. */
export function backoffMs(attempts: number, limits: ResolveLimits): number {
  const doubled = limits.backoffMs * 2 ** Math.min(attempts - 1, 30);
  return Math.min(doubled, limits.maxBackoffMs);
}
