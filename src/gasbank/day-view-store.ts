import type { Datoshi } from '../base/datoshi.js';
import type { Database } from '../storage/database.js';

/** What a day of UTC burnt and brought in. */
export interface GasbankDay {
  readonly startMs: number;
  /** Fees that left the node's wallets, of transactions in blocks. */
  readonly burnt: Datoshi;
  /** Fees, lost fees and premiums that the node was paid. */
  readonly income: Datoshi;
}

const DAY_MS = 86_400_000;

/** Reads burn and income by day. Works on a database that is opened for reading only. */
export function createDayView(db: Database) {
  const byDay = (what: string) =>
    db.prepare(`SELECT at_ms / ${DAY_MS} AS day, SUM(amount) AS amount FROM ledger_transfer
      WHERE ${what} AND at_ms >= @since GROUP BY day`);
  const burnt = byDay(`credit = 'burnt' AND substr(debit, 1, 7) = 'wallet:'
    AND phase IN ('single', 'post')`);
  const income = byDay(`credit IN (SELECT 'earned:' || substr(id, 8) FROM ledger_account
    WHERE substr(id, 1, 7) = 'wallet:') AND cause IN ('fee', 'lost', 'premium')`);

  return {
    /** Every one of the last days, oldest first; the last one is that of `nowMs`. */
    days(count: number, nowMs: number): GasbankDay[] {
      const today = Math.floor(nowMs / DAY_MS);
      const first = today - count + 1;
      const since = { since: BigInt(first * DAY_MS) };
      const sums = (rows: unknown[]): Map<number, Datoshi> =>
        new Map((rows as Row[]).map(({ day, amount }) => [Number(day), amount]));
      const read = db.transaction(() => [sums(burnt.all(since)), sums(income.all(since))] as const);
      const [burns, incomes] = read();
      return Array.from({ length: count }, (_, at) => ({
        startMs: (first + at) * DAY_MS,
        burnt: burns.get(first + at) ?? 0n,
        income: incomes.get(first + at) ?? 0n,
      }));
    },
  };
}

interface Row {
  readonly day: bigint;
  readonly amount: Datoshi;
}
