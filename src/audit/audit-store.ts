import { assertInTransaction, type Database } from '../storage/database.js';
import type { AuditEntry, AuditHead, AuditOutcome } from './audit-entry.js';
import { GENESIS } from './audit-entry.js';

/** Which entries to list, newest first. */
export interface AuditQuery {
  /** Only those at or after this time. */
  readonly sinceMs?: number | undefined;
  /** The whole actor, or its kind before the colon: `operator`, `contract`. */
  readonly actor?: string | undefined;
  /** The whole action, or what it is about, before the dot: `secret`. */
  readonly action?: string | undefined;
  /** Only entries before this one. */
  readonly beforeSeq?: number | undefined;
  /** Only entries after this one. */
  readonly afterSeq?: number | undefined;
  readonly limit: number;
}

interface Row {
  readonly seq: bigint;
  readonly at_ms: bigint;
  readonly actor: string;
  readonly action: string;
  readonly object: string;
  readonly outcome: AuditOutcome;
  readonly request_id: bigint | null;
  readonly note: string;
  readonly previous: Buffer;
  readonly hash: Buffer;
}

const entryOf = (row: Row): AuditEntry => ({
  seq: Number(row.seq),
  atMs: Number(row.at_ms),
  actor: row.actor,
  action: row.action,
  object: row.object,
  outcome: row.outcome,
  requestId: row.request_id,
  note: row.note,
  previous: row.previous,
  hash: row.hash,
});

/** What must stand in the database for entries to be safe from ordinary statements. */
const GUARDS = ['audit_entry_follows', 'audit_entry_no_delete', 'audit_entry_no_update'];

export type AuditStore = ReturnType<typeof createAuditStore>;

/** The one reader and writer of `audit_entry`. */
export function createAuditStore(db: Database) {
  const last = db.prepare('SELECT seq, hash FROM audit_entry ORDER BY seq DESC LIMIT 1');
  const hashAt = db.prepare('SELECT hash FROM audit_entry WHERE seq = ?').pluck();
  const insert = db.prepare(`INSERT INTO audit_entry
    (seq, at_ms, actor, action, object, outcome, request_id, note, previous, hash)
    VALUES (@seq, @atMs, @actor, @action, @object, @outcome, @requestId, @note, @previous, @hash)`);
  const select = db.prepare(`SELECT * FROM audit_entry
    WHERE (@sinceMs IS NULL OR at_ms >= @sinceMs)
      AND (@actor IS NULL OR actor = @actor OR substr(actor, 1, length(@actor) + 1) = @actor || ':')
      AND (@action IS NULL OR action = @action
        OR substr(action, 1, length(@action) + 1) = @action || '.')
      AND (@beforeSeq IS NULL OR seq < @beforeSeq)
      AND (@afterSeq IS NULL OR seq > @afterSeq)
    ORDER BY seq DESC LIMIT @limit + 0`);
  const all = db.prepare('SELECT * FROM audit_entry ORDER BY seq');
  const triggers = db
    .prepare("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit_entry'")
    .pluck();

  return {
    head(): AuditHead {
      const row = last.get() as { seq: bigint; hash: Buffer } | undefined;
      return row === undefined ? GENESIS : { seq: Number(row.seq), hash: row.hash };
    },

    /** Null where there is no such entry. */
    hashAt: (seq: number): Buffer | null => (hashAt.get(seq) as Buffer | undefined) ?? null,

    append(entry: AuditEntry): void {
      assertInTransaction(db);
      insert.run({ ...entry });
    },

    list({ sinceMs, actor, action, beforeSeq, afterSeq, limit }: AuditQuery): AuditEntry[] {
      const given = { sinceMs, actor, action, beforeSeq, afterSeq };
      const bound = Object.entries(given).map(([name, value]) => [name, value ?? null]);
      return (select.all({ ...Object.fromEntries(bound), limit }) as Row[]).map(entryOf);
    },

    /** Oldest first, one after the other. */
    *entries(): Generator<AuditEntry> {
      for (const row of all.iterate()) yield entryOf(row as Row);
    },

    missingGuards(): string[] {
      const present = new Set(triggers.all() as string[]);
      return GUARDS.filter((name) => !present.has(name));
    },

    /** Runs reads that see one and the same state. */
    atOnce: <T>(read: () => T): T => db.transaction(read).deferred(),
  };
}
