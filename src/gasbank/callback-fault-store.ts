import type { Hash160, Hash256 } from '../base/hash.js';
import { assertInTransaction, type Database } from '../storage/database.js';
import { describeInboxOnly, type InboxOnlyRule, inboxOnlyUntil, lookBackMs } from './inbox-only.js';

/** A requester whose answers are kept for a while. */
export interface InboxOnly {
  readonly requester: Hash160;
  readonly faults: number;
  readonly untilMs: number;
  /** In words. */
  readonly reason: string;
}

export type CallbackFaults = ReturnType<typeof createCallbackFaults>;

/** The one writer of `callback_fault`: transactions that a callback brought down in a block. */
export function createCallbackFaults(db: Database, rule: InboxOnlyRule) {
  // Only what was sent to be delivered, and alone, tells of its callback.
  const insert = db.prepare(`INSERT OR IGNORE INTO callback_fault (tx, request_id, requester, at_ms)
    SELECT p.tx, p.request_id, @requester, @atMs FROM prediction AS p
    WHERE p.tx = @tx AND p.request_id = @requestId AND p.delivered = 1`);
  const times = db.prepare(
    'SELECT at_ms FROM callback_fault WHERE requester = ? AND at_ms > ? ORDER BY at_ms',
  );
  const recent = db.prepare(
    'SELECT requester, at_ms FROM callback_fault WHERE at_ms > ? ORDER BY requester, at_ms',
  );

  function stateOf(requester: Hash160, faultsMs: readonly number[], nowMs: number): InboxOnly[] {
    const found = inboxOnlyUntil(faultsMs, rule, nowMs);
    if (found === null) return [];
    const { faults, untilMs } = found;
    return [{ requester, faults, untilMs, reason: describeInboxOnly(faults, untilMs) }];
  }

  const since = (nowMs: number): number => Math.round(nowMs - lookBackMs(rule));

  return {
    /** Notes that a request's own transaction FAULTed; once, however often it is told. */
    note(requestId: bigint, requester: Hash160, tx: Hash256, nowMs: number): void {
      assertInTransaction(db);
      insert.run({ requestId, requester, tx, atMs: BigInt(Math.round(nowMs)) });
    },

    /** Null while its callbacks are called. */
    inboxOnly(requester: Hash160, nowMs: number): InboxOnly | null {
      if (rule.faults === 0) return null;
      const rows = times.all(requester, since(nowMs)) as { at_ms: bigint }[];
      const faultsMs = rows.map((row) => Number(row.at_ms));
      return stateOf(requester, faultsMs, nowMs)[0] ?? null;
    },

    /** All whose callbacks are not called now. */
    list(nowMs: number): InboxOnly[] {
      const byRequester = new Map<Hash160, number[]>();
      for (const row of recent.all(since(nowMs)) as { requester: Hash160; at_ms: bigint }[]) {
        const faultsMs = byRequester.get(row.requester) ?? [];
        byRequester.set(row.requester, [...faultsMs, Number(row.at_ms)]);
      }
      return [...byRequester].flatMap(([requester, faultsMs]) =>
        stateOf(requester, faultsMs, nowMs),
      );
    },
  };
}
