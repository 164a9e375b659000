import type { Datoshi } from '../base/datoshi.js';
import type { Hash160, Hash256 } from '../base/hash.js';
import type { Database } from '../storage/database.js';
import { nextStepOf } from './next-run.js';
import type { ChainMoment } from './occurrences.js';
import type { UpkeepState } from './upkeep-machine.js';
import { type RawRow, type UpkeepRow, type UpkeepRun, upkeepFrom } from './upkeep-store.js';

export const DEFAULT_LIST_LIMIT = 50;
export const MAX_LIST_LIMIT = 1_000;
/** Of its runs, the last ones that are shown. */
export const SHOWN_RUNS = 10;

/** Which upkeeps to list; a key that is absent lets all pass. */
export interface UpkeepQuery {
  readonly state?: UpkeepState;
  readonly owner?: Hash160;
  readonly beforeId?: bigint;
  readonly limit?: number;
}

/** What an operator sees of an upkeep. */
export type UpkeepView = Omit<UpkeepRow, 'locks'> & {
  /** Whether a maxFee is set aside for its next run. */
  readonly isFunded: boolean;
  /** What happens next, in one sentence. */
  readonly next: string;
};

export interface UpkeepCosts {
  readonly runs: number;
  readonly delivered: number;
  /** fee, lost and premium of all runs, and the most that one was charged. */
  readonly charged: Datoshi;
  readonly mostCharged: Datoshi;
}

export interface UpkeepExplanation extends UpkeepView {
  readonly costs: UpkeepCosts;
  /** Newest first. */
  readonly lastRuns: readonly UpkeepRun[];
}

export type UpkeepViews = ReturnType<typeof createUpkeepViews>;

/** Reads upkeeps for people. Works on a database that is opened for reading only. */
export function createUpkeepViews(db: Database) {
  const byId = db.prepare('SELECT * FROM upkeep WHERE id = ?');
  const runsOf = db.prepare(
    'SELECT * FROM upkeep_run WHERE upkeep_id = ? ORDER BY due DESC LIMIT ? + 0',
  );
  const costsOf = db.prepare(`SELECT COUNT(*) AS runs, COALESCE(SUM(delivered), 0) AS delivered,
    COALESCE(SUM(fee + lost + premium), 0) AS charged,
    COALESCE(MAX(fee + lost + premium), 0) AS most FROM upkeep_run WHERE upkeep_id = ?`);
  const counts = db.prepare('SELECT state, COUNT(*) AS count FROM upkeep GROUP BY state');
  const conditions = db
    .prepare("SELECT COUNT(*) FROM upkeep WHERE state = 'waiting' AND kind = 'when'")
    .pluck();
  const dueByTime = db
    .prepare(`SELECT COUNT(*) FROM upkeep WHERE state = 'waiting' AND kind = 'cron'
      AND next_due <= ?`)
    .pluck();
  const dueByBlock = db
    .prepare(`SELECT COUNT(*) FROM upkeep WHERE state = 'waiting' AND kind IN ('every', 'on')
      AND next_due <= ?`)
    .pluck();

  const firstByTime = db
    .prepare("SELECT MIN(next_due) FROM upkeep WHERE state = 'waiting' AND kind = 'cron'")
    .pluck();
  const firstByBlock = db
    .prepare(`SELECT MIN(next_due) FROM upkeep WHERE state = 'waiting' AND kind IN ('every', 'on')`)
    .pluck();

  return {
    /** Newest first. */
    list(query: UpkeepQuery): UpkeepView[] {
      const wanted = [
        ['state = ?', query.state],
        ['owner = ?', query.owner],
        ['id < ?', query.beforeId],
      ].filter(([, value]) => value !== undefined);
      const filter = wanted.length === 0 ? '' : `WHERE ${wanted.map(([is]) => is).join(' AND ')}`;
      const limit = Math.min(query.limit ?? DEFAULT_LIST_LIMIT, MAX_LIST_LIMIT);
      const rows = db
        .prepare(`SELECT * FROM upkeep ${filter} ORDER BY id DESC LIMIT ? + 0`)
        .all(...wanted.map(([, value]) => value), limit);
      return (rows as RawRow[]).map((row) => viewOf(upkeepFrom(row)));
    },

    /** Null when there is none of this id. */
    show(id: bigint): UpkeepExplanation | null {
      const row = byId.get(id) as RawRow | undefined;
      if (row === undefined) return null;
      const { runs, delivered, charged, most } = costsOf.get(id) as Record<string, bigint>;
      const costs = {
        runs: Number(runs),
        delivered: Number(delivered),
        charged: charged as Datoshi,
        mostCharged: most as Datoshi,
      };
      const lastRuns = (runsOf.all(id, SHOWN_RUNS) as RawRow[]).map(runFrom);
      return { ...viewOf(upkeepFrom(row)), costs, lastRuns };
    },

    countByState(): Partial<Record<UpkeepState, number>> {
      const rows = counts.all() as { state: UpkeepState; count: bigint }[];
      return Object.fromEntries(rows.map(({ state, count }) => [state, Number(count)]));
    },

    conditionCount: (): number => Number(conditions.get()),

    /** How many are due and do not run yet. */
    dueCount: ({ block, timeMs }: ChainMoment): number =>
      Number(dueByTime.get(timeMs)) + Number(dueByBlock.get(block)),

    /** How long the longest of these has been due; a block counts as `blockMs`. */
    longestDueMs({ block, timeMs }: ChainMoment, blockMs: number): number {
      const [time, at] = [firstByTime.get(), firstByBlock.get()] as (bigint | null)[];
      const byTime = time == null ? 0 : timeMs - Number(time);
      const byBlock = at == null ? 0 : (block - Number(at)) * blockMs;
      return Math.max(0, byTime, byBlock);
    },
  };
}

function viewOf({ locks, ...row }: UpkeepRow): UpkeepView {
  return { ...row, isFunded: locks > 0, next: nextStepOf(row) };
}

const runFrom = (row: RawRow): UpkeepRun => ({
  id: row.upkeep_id as bigint,
  due: Number(row.due),
  at: { block: Number(row.block), timeMs: Number(row.block_ms) },
  tx: row.tx as Hash256,
  delivered: row.delivered === 1n,
  fee: row.fee as Datoshi,
  lost: row.lost as Datoshi,
  premium: row.premium as Datoshi,
});
