import type { Clock } from '../base/clock.js';
import { assertInTransaction, type Database, inTransaction } from '../storage/database.js';
import { type AuditAnchor, type AuditBreak, readAnchor, writeAnchor } from './audit-anchor.js';
import { type AuditFact, entryAfter, GENESIS } from './audit-entry.js';
import { createAuditStore } from './audit-store.js';
import { anchorProblem } from './verify-audit.js';

/** Adds an entry to the transaction under way. */
export type AppendAudit = (fact: AuditFact) => void;

export interface AuditLog {
  /**
   * Runs a step as one write transaction and then anchors the entries that it added: what is done
   * and the entry that tells of it stand together or not at all. Throws what the step throws, or a
   * NodeError DB_TROUBLE, AUDIT_ANCHOR.
   */
  record<T>(step: (append: AppendAudit) => T): T;
  /**
   * A sentence when the rows are not those that the anchor knows; null when they are. A quick look:
   * `verifyAudit` reads all.
   */
  problem(): string | null;
  /**
   * Adds an entry that says which breaks were found, and forgets them in the anchor. Answers them;
   * with none, nothing is written.
   */
  acknowledge(actor: string): readonly AuditBreak[];
}

/**
 * The audit log: rows that each hold the hash of the one before, and beside the database a file
 * with the number and hash of the last one (the anchor), so that rows missing at the end show.
 * Several processes may append at once.
 */
export function createAuditLog(options: {
  readonly db: Database;
  readonly clock: Clock;
  readonly anchorFile: string;
}): AuditLog {
  const { db, clock, anchorFile } = options;
  const store = createAuditStore(db);

  const append: AppendAudit = (fact) => {
    assertInTransaction(db);
    const head = store.head();
    // With it, a file that is missing later was taken away.
    if (head.seq === 0 && readAnchor(anchorFile).kind === 'missing') {
      writeAnchor(anchorFile, { ...GENESIS, breaks: [] });
    }
    store.append(entryAfter(head, clock.nowMs(), fact));
  };

  /** In a write transaction, so that of two processes none writes an older head over a newer. */
  function anchorHead(forget: boolean): void {
    inTransaction(db, () => {
      const head = store.head();
      const { anchor, breaks } = anchored();
      if (anchor?.seq === head.seq && breaks.length === 0) return;
      const known = forget ? [] : (anchor?.breaks ?? []);
      writeAnchor(anchorFile, { ...head, breaks: forget ? [] : [...known, ...breaks] });
    });
  }

  /** What the file says, and what of it the rows contradict. */
  function anchored(): { anchor: AuditAnchor | null; breaks: AuditBreak[] } {
    const stored = readAnchor(anchorFile);
    const anchor = stored.kind === 'anchor' ? stored.anchor : null;
    const problem = anchorProblem(stored, store);
    if (problem === null) return { anchor, breaks: [] };
    return { anchor, breaks: [{ foundAtMs: clock.nowMs(), seq: anchor?.seq ?? null, problem }] };
  }

  function record<T>(step: (append: AppendAudit) => T): T {
    const result = inTransaction(db, () => step(append));
    anchorHead(false);
    return result;
  }

  return {
    record,
    problem: () => anchorProblem(readAnchor(anchorFile), store),
    acknowledge(actor) {
      const { anchor, breaks } = anchored();
      const found = [...(anchor?.breaks ?? []), ...breaks];
      if (found.length === 0) return [];
      const fact = {
        actor,
        action: 'audit.acknowledge',
        object: 'audit',
        requestId: null,
      } as const;
      inTransaction(db, () => {
        for (const { problem } of found) append({ ...fact, outcome: 'done', note: problem });
      });
      anchorHead(true);
      return found;
    },
  };
}
