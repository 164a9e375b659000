import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AuditFact } from '../../src/audit/audit-entry.js';
import { createAuditLog } from '../../src/audit/audit-log.js';
import { createAuditStore } from '../../src/audit/audit-store.js';
import { verifyAudit } from '../../src/audit/verify-audit.js';
import { systemClock } from '../../src/base/clock.js';
import { openDatabase } from '../../src/storage/database.js';

export const AT_MS = 1_700_000_000_000;

/** A log in a directory of its own. Each entry is a second after the one before. */
export function auditFixture() {
  const dir = mkdtempSync(join(tmpdir(), 'dodona-audit-'));
  const anchorFile = join(dir, 'audit.head');
  const db = openDatabase(join(dir, 'node.sqlite'));
  let nowMs = AT_MS;
  const clock = {
    ...systemClock,
    nowMs: () => {
      nowMs += 1_000;
      return nowMs;
    },
  };
  const audit = createAuditLog({ db, clock, anchorFile });
  const store = createAuditStore(db);
  return {
    dir,
    anchorFile,
    db,
    audit,
    store,
    add: (...facts: Partial<AuditFact>[]): void => {
      for (const fact of facts) audit.record((append) => append(factOf(fact)));
    },
    problems: () => verifyAudit(store, anchorFile).findings.map(({ problem }) => problem),
    /** As somebody who writes to the database file would. */
    tamper: (sql: string): void => {
      db.exec('DROP TRIGGER IF EXISTS audit_entry_no_update');
      db.exec('DROP TRIGGER IF EXISTS audit_entry_no_delete');
      db.exec(sql);
      db.exec(`CREATE TRIGGER audit_entry_no_update BEFORE UPDATE ON audit_entry
        BEGIN SELECT RAISE(ABORT, 'an audit entry is never changed'); END`);
      db.exec(`CREATE TRIGGER audit_entry_no_delete BEFORE DELETE ON audit_entry
        BEGIN SELECT RAISE(ABORT, 'an audit entry is never deleted'); END`);
    },
    remove: (): void => {
      db.close();
      rmSync(dir, { recursive: true });
    },
  };
}

export const factOf = (fact: Partial<AuditFact> = {}): AuditFact => ({
  actor: 'operator:alice',
  action: 'secret.set',
  object: 'secret:KEY',
  outcome: 'done',
  requestId: null,
  note: '',
  ...fact,
});
