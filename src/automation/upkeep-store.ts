import type { Datoshi } from '../base/datoshi.js';
import type { Hash160, Hash256 } from '../base/hash.js';
import { assertInTransaction, type Database, type Statement } from '../storage/database.js';
import type { ChainMoment } from './occurrences.js';
import type { Trigger, TriggerKind } from './trigger.js';
import { nextUpkeepState, type UpkeepEvent, type UpkeepState } from './upkeep-machine.js';

/** An upkeep as its event told it. */
export interface NewUpkeep {
  readonly id: bigint;
  readonly owner: Hash160;
  readonly target: Hash160;
  readonly method: string;
  readonly triggerText: string;
  /** Null where this node can't read it. */
  readonly trigger: Trigger | null;
  readonly maxFee: Datoshi;
  readonly registered: ChainMoment;
  readonly registeredTx: Hash256;
}

/**
 * Whether a run needs a transaction of its own: `once`, since one that it shared FAULTed; `always`,
 * since it did so alone, or too often with others.
 */
export const GOES_ALONE = ['no', 'once', 'always'] as const;
export type GoesAlone = (typeof GOES_ALONE)[number];

export interface UpkeepRow {
  readonly id: bigint;
  readonly owner: Hash160;
  readonly target: Hash160;
  readonly method: string;
  readonly triggerText: string;
  readonly kind: TriggerKind | null;
  readonly maxFee: Datoshi;
  /** How often its maxFee is set aside: for the next run, and for one that is being charged. */
  readonly locks: number;
  readonly registered: ChainMoment;
  readonly registeredTx: Hash256;
  readonly state: UpkeepState;
  readonly reason: string;
  /** `due` of its last run on the chain. */
  readonly lastDue: number | null;
  /** From then on there is something to run: a time (ms) for cron, else a block. */
  readonly nextDue: number | null;
  /** Not to be tried again before this time. */
  readonly retryMs: number;
  /** In a row. */
  readonly failures: number;
  /** FAULTs of transactions that it shared, since it last ran in one that did not. */
  readonly groupFaults: number;
  readonly alone: GoesAlone;
  /** The transaction in flight for it, and the occurrence that runs in it. */
  readonly tx: Hash256 | null;
  readonly sentDue: number | null;
  /** Of that one: its part of the fees, and what of that its owner had not paid before. */
  readonly sentCost: Datoshi;
  readonly sentRisk: Datoshi;
  /** A transaction for it alone that FAULTed and was not claimed, and its occurrence. */
  readonly lostTx: Hash256 | null;
  readonly lostDue: number | null;
  /** Of that one, as `sentCost` and `sentRisk` were; and when the node learnt of it. */
  readonly lostCost: Datoshi;
  readonly lostRisk: Datoshi;
  readonly lostMs: number;
}

/** What a step writes beside the state; a key that is absent stays as it is. */
export interface UpkeepChange {
  readonly reason: string;
  readonly locks?: number;
  readonly lastDue?: number;
  readonly nextDue?: number | null;
  readonly retryMs?: number;
  readonly failures?: number;
  readonly groupFaults?: number;
  readonly alone?: GoesAlone;
  readonly tx?: Hash256 | null;
  readonly sentDue?: number | null;
  readonly sentCost?: Datoshi;
  readonly sentRisk?: Datoshi;
  readonly lostTx?: Hash256 | null;
  readonly lostDue?: number | null;
  readonly lostCost?: Datoshi;
  readonly lostRisk?: Datoshi;
  readonly lostMs?: number;
}

/** Of an upkeep that no transaction is in flight for. */
export const NOTHING_SENT = { tx: null, sentDue: null, sentCost: 0n, sentRisk: 0n } as const;

/** Of an upkeep that has nothing to claim. */
export const NOTHING_LOST = {
  lostTx: null,
  lostDue: null,
  lostCost: 0n,
  lostRisk: 0n,
  lostMs: 0,
} as const;

/** A run as the chain tells it. */
export interface UpkeepRun {
  readonly id: bigint;
  readonly due: number;
  readonly at: ChainMoment;
  readonly tx: Hash256;
  readonly delivered: boolean;
  readonly fee: Datoshi;
  readonly lost: Datoshi;
  readonly premium: Datoshi;
}

export type UpkeepStore = ReturnType<typeof createUpkeepStore>;

/** The one writer of `upkeep` and `upkeep_run`. Writing happens inside a step's transaction. */
export function createUpkeepStore(db: Database, longestBackOffMs = LONGEST_BACK_OFF_MS) {
  const prepared = createStatements(db);
  const byId = db.prepare('SELECT * FROM upkeep WHERE id = ?');
  const insert = db.prepare(`INSERT INTO upkeep (id, owner, target, method, trigger, kind, max_fee,
    locks, registered_block, registered_ms, registered_tx, state, reason, next_due, watch_contract,
    watch_event) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`);
  const insertRun = db.prepare(`INSERT OR IGNORE INTO upkeep_run (upkeep_id, due, block, block_ms,
    tx, delivered, fee, lost, premium) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`);

  function get(id: bigint): UpkeepRow | null {
    const row = byId.get(id) as RawRow | undefined;
    return row === undefined ? null : upkeepFrom(row);
  }

  function write(id: bigint, columns: readonly (readonly [string, unknown])[]): void {
    const sets = columns.map(([name]) => `${name} = ?`).join(', ');
    prepared(`UPDATE upkeep SET ${sets} WHERE id = ?`).run(
      ...columns.map(([, value]) => value),
      id,
    );
  }

  return {
    get,

    add(upkeep: NewUpkeep, reason: string, nextDue: number | null): void {
      assertInTransaction(db);
      const { trigger, registered } = upkeep;
      const watch = trigger?.kind === 'on' ? trigger : null;
      insert.run(
        upkeep.id,
        upkeep.owner,
        upkeep.target,
        upkeep.method,
        upkeep.triggerText,
        trigger?.kind ?? null,
        upkeep.maxFee,
        // With the registration the gateway locks one maxFee.
        1n,
        registered.block,
        registered.timeMs,
        upkeep.registeredTx,
        trigger === null ? 'unreadable' : 'waiting',
        reason,
        nextDue,
        watch?.contract ?? null,
        watch?.event ?? null,
      );
    },

    /**
     * Moves an upkeep by an event and writes what came with it. Returns false, and changes nothing,
     * when the event cannot happen in the state in which it stands by now.
     */
    move(id: bigint, event: UpkeepEvent, change: UpkeepChange): boolean {
      assertInTransaction(db);
      const row = get(id);
      const state = row === null ? null : nextUpkeepState(row.state, event);
      if (state === null) return false;
      write(id, [['state', state], ...columnsOf(change)]);
      return true;
    },

    /** Changes what is known of an upkeep without moving it. */
    note(id: bigint, change: UpkeepChange): void {
      assertInTransaction(db);
      write(id, columnsOf(change));
    },

    /** False where it is known. */
    addRun(run: UpkeepRun): boolean {
      assertInTransaction(db);
      const { id, due, at, tx, delivered, fee, lost, premium } = run;
      const values = [id, due, at.block, at.timeMs, tx, delivered ? 1n : 0n, fee, lost, premium];
      return insertRun.run(...values).changes === 1;
    },

    ...createQueue(db, Math.max(longestBackOffMs, LONGEST_HOLD_MS)),
  };
}

/** No configuration backs off for longer. */
const LONGEST_BACK_OFF_MS = 7 * 86_400_000;
/** For as long as the gas bank holds runs back. */
const LONGEST_HOLD_MS = 60_000;

/** What is to be run. Each look costs what is due, not what is registered. */
function createQueue(db: Database, longestWaitMs: number) {
  // What is put off for longer was put off by a clock that has been set back since.
  const isTried = `(retry_ms <= ? OR retry_ms > ? + ${longestWaitMs})`;
  // Left to itself SQLite reads all that wait, with each block.
  const byTime = db.prepare(`SELECT * FROM upkeep INDEXED BY upkeep_due_by_time
    WHERE state = 'waiting' AND kind = 'cron' AND next_due <= ? AND ${isTried}
    ORDER BY next_due, id LIMIT ? + 0`);
  const byBlock = db.prepare(`SELECT * FROM upkeep INDEXED BY upkeep_due_by_block
    WHERE state = 'waiting' AND kind IN ('every', 'on') AND next_due <= ? AND ${isTried}
    ORDER BY next_due, id LIMIT ? + 0`);
  const conditions = db.prepare(`SELECT * FROM upkeep INDEXED BY upkeep_conditions
    WHERE state = 'waiting' AND kind = 'when' AND id > ? AND ${isTried}
    ORDER BY id LIMIT ? + 0`);
  const lost = db.prepare(`SELECT * FROM upkeep INDEXED BY upkeep_lost WHERE lost_tx IS NOT NULL
    AND tx IS NULL AND state = 'waiting' AND ${isTried} ORDER BY id LIMIT ? + 0`);
  const byTransaction = db.prepare('SELECT * FROM upkeep WHERE tx = ? ORDER BY id');
  const pausedOf = db.prepare("SELECT * FROM upkeep WHERE owner = ? AND state = 'paused'");
  const rows = (found: unknown[]): UpkeepRow[] => (found as RawRow[]).map(upkeepFrom);
  return {
    /** Those with an occurrence that has come, the one that waits longest first. */
    due(now: ChainMoment, nowMs: number, limit: number): UpkeepRow[] {
      const at = Math.round(nowMs);
      const found = [
        ...byTime.all(now.timeMs, at, at, limit),
        ...byBlock.all(now.block, at, at, limit),
      ];
      return rows(found)
        .map((row) => ({ row, waitedMs: waitedMs(row, now) }))
        .sort((a, b) => b.waitedMs - a.waitedMs)
        .slice(0, limit)
        .map(({ row }) => row);
    },

    /** Conditions to be asked, in the order of their ids, after one of them. */
    conditions: (afterId: bigint, nowMs: number, limit: number): UpkeepRow[] =>
      rows(conditions.all(afterId, Math.round(nowMs), Math.round(nowMs), limit)),

    /** Those that can claim what a transaction of theirs lost. */
    withLosses: (nowMs: number, limit: number): UpkeepRow[] =>
      rows(lost.all(Math.round(nowMs), Math.round(nowMs), limit)),

    byTransaction: (tx: Hash256): UpkeepRow[] => rows(byTransaction.all(tx)),
    pausedOf: (owner: Hash160): UpkeepRow[] => rows(pausedOf.all(owner)),
  };
}

/** Since the first occurrence that it has not run; of blocks, by how fast they came meanwhile. */
function waitedMs({ kind, nextDue, registered }: UpkeepRow, now: ChainMoment): number {
  if (nextDue === null) return 0;
  if (kind === 'cron') return now.timeMs - nextDue;
  const blocks = Math.max(1, now.block - registered.block);
  return ((now.block - nextDue) * (now.timeMs - registered.timeMs)) / blocks;
}

/** Statements by their text: those of a changing shape are prepared once each. */
function createStatements(db: Database): (sql: string) => Statement {
  const statements = new Map<string, Statement>();
  return (sql) => {
    const known = statements.get(sql) ?? db.prepare(sql);
    statements.set(sql, known);
    return known;
  };
}

const COLUMN_OF: Readonly<Record<keyof UpkeepChange, string>> = {
  reason: 'reason',
  locks: 'locks',
  lastDue: 'last_due',
  nextDue: 'next_due',
  retryMs: 'retry_ms',
  failures: 'failures',
  groupFaults: 'group_faults',
  alone: 'alone',
  tx: 'tx',
  sentDue: 'sent_due',
  sentCost: 'sent_cost',
  sentRisk: 'sent_risk',
  lostTx: 'lost_tx',
  lostDue: 'lost_due',
  lostCost: 'lost_cost',
  lostRisk: 'lost_risk',
  lostMs: 'lost_ms',
};

const columnsOf = (change: UpkeepChange): (readonly [string, unknown])[] =>
  Object.entries(change).map(([key, value]) => [
    COLUMN_OF[key as keyof UpkeepChange],
    key === 'alone' ? BigInt(GOES_ALONE.indexOf(value as GoesAlone)) : storable(value),
  ]);

const storable = (value: unknown): unknown =>
  typeof value === 'number' ? BigInt(Math.round(value)) : value;

export type RawRow = Record<string, bigint | string | null>;

const numberOrNull = (value: unknown): number | null => (value === null ? null : Number(value));

/** A row of `upkeep` in its typed shape. */
export function upkeepFrom(row: RawRow): UpkeepRow {
  return {
    id: row.id as bigint,
    owner: row.owner as Hash160,
    target: row.target as Hash160,
    method: row.method as string,
    triggerText: row.trigger as string,
    kind: row.kind as TriggerKind | null,
    maxFee: row.max_fee as bigint,
    locks: Number(row.locks),
    registered: { block: Number(row.registered_block), timeMs: Number(row.registered_ms) },
    registeredTx: row.registered_tx as Hash256,
    state: row.state as UpkeepState,
    reason: row.reason as string,
    lastDue: numberOrNull(row.last_due),
    nextDue: numberOrNull(row.next_due),
    retryMs: Number(row.retry_ms),
    failures: Number(row.failures),
    groupFaults: Number(row.group_faults),
    alone: GOES_ALONE[Number(row.alone)] as GoesAlone,
    tx: row.tx as Hash256 | null,
    sentDue: numberOrNull(row.sent_due),
    sentCost: row.sent_cost as bigint,
    sentRisk: row.sent_risk as bigint,
    lostTx: row.lost_tx as Hash256 | null,
    lostDue: numberOrNull(row.lost_due),
    lostCost: row.lost_cost as bigint,
    lostRisk: row.lost_risk as bigint,
    lostMs: Number(row.lost_ms),
  };
}
