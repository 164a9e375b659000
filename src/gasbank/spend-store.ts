import type { Datoshi } from '../base/datoshi.js';
import type { Hash256 } from '../base/hash.js';
import type { SpendKind } from '../base/spend-kind.js';
import { assertInTransaction, type Database, inTransaction } from '../storage/database.js';
import {
  DAY_MINUTES,
  limitsOn,
  MINUTE_MS,
  type MinuteSpend,
  minuteOf,
  type SpendScope,
  type SpendShare,
} from './budgets.js';

export type SpendStore = ReturnType<typeof createSpendStore>;

/**
 * The one writer of `spend_share`. Sums by the minute are kept by the database: shares of a
 * transaction that died are taken out of them again.
 */
export function createSpendStore(db: Database) {
  const insert = db.prepare(`INSERT INTO spend_share
    (tx, place, request_id, kind, requester, amount, at_ms) VALUES (?, ?, ?, ?, ?, ?, ?)`);
  const prune = db.prepare('DELETE FROM spend_minute WHERE minute < ?');
  const since = db.prepare(`SELECT minute, amount FROM spend_minute
    WHERE scope = ? AND minute >= ? AND amount > 0 ORDER BY minute`);
  const latest = db.prepare('SELECT MAX(minute) FROM spend_minute').pluck();
  const toPresent = db.prepare(`INSERT INTO spend_minute (scope, minute, amount)
    SELECT scope, @minute, SUM(amount) FROM spend_minute WHERE minute > @minute GROUP BY scope
    ON CONFLICT (scope, minute) DO UPDATE SET amount = amount + excluded.amount`);
  const shares = db.prepare(
    'SELECT kind, SUM(amount) AS amount FROM spend_share WHERE tx = ? GROUP BY kind',
  );
  const dropLater = db.prepare('DELETE FROM spend_minute WHERE minute > ?');
  let prunedMinute = 0;

  return {
    /** The shares of a transaction that is drawn for now; they sum to its fees. */
    add(tx: Hash256, shares: readonly SpendShare[], atMs: number): void {
      assertInTransaction(db);
      const minute = minuteOf(atMs);
      if (minute > prunedMinute) prune.run(minute - 2 * DAY_MINUTES);
      prunedMinute = minute;
      for (const [place, { requestId, kind, requester, amount }] of shares.entries()) {
        insert.run(tx, place, requestId, kind, requester, amount, Math.round(atMs));
      }
    },

    /**
     * What is on record as spent later than now was spent by now: the time was told wrongly then.
     * It counts as spent in this minute, or it would count until that time has come.
     */
    dropFuture(nowMs: number): void {
      const minute = minuteOf(nowMs);
      const last = latest.get() as bigint | null;
      if (last === null || Number(last) <= minute) return;
      inTransaction(db, () => {
        toPresent.run({ minute });
        dropLater.run(minute);
      });
      prunedMinute = 0;
    },

    /** What a transaction was drawn for, by kind; nothing of one that was not drawn for here. */
    sharesOf: (tx: Hash256): { readonly kind: SpendKind; readonly amount: Datoshi }[] =>
      shares.all(tx) as { kind: SpendKind; amount: Datoshi }[],

    /** The beginning of the last minute in which anything is on record; 0 without any. */
    latestMs: (): number => Number((latest.get() as bigint | null) ?? 0n) * MINUTE_MS,

    /** What a scope spent from a minute on, in ascending order. */
    minutes(scope: SpendScope, sinceMinute: number): MinuteSpend[] {
      const rows = since.all(scope, sinceMinute) as { minute: bigint; amount: Datoshi }[];
      return rows.map(({ minute, amount }) => ({ minute: Number(minute), amount }));
    },
  };
}

/** How much of each of a scope's limits is used, by key of the configuration; 1: all of it. */
export function usedShares(
  store: Pick<SpendStore, 'minutes'>,
  scope: SpendScope,
  budgets: Parameters<typeof limitsOn>[1],
  nowMs: number,
): { readonly key: string; readonly used: number }[] {
  return limitsOn(scope, budgets).map(({ key, amount, windowMinutes }) => {
    const minutes = store.minutes(scope, minuteOf(nowMs) - windowMinutes + 1);
    const spent = minutes.reduce((sum, minute) => sum + minute.amount, 0n);
    return { key, used: amount === 0n ? 1 : Number((spent * 10_000n) / amount) / 10_000 };
  });
}
