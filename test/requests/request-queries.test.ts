import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRequestStore } from '../../src/requests/request-store.js';
import { createRequestViews } from '../../src/requests/request-view-store.js';
import { type Database, inTransaction, openDatabase } from '../../src/storage/database.js';

describe('queries that run with each block or each look at the metrics', () => {
  let dir: string;
  let db: Database;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'dodona-queries-'));
    db = openDatabase(join(dir, 'node.sqlite'));
  });
  afterEach(() => {
    db.close();
    rmSync(dir, { recursive: true });
  });

  /** How SQLite goes about each statement that is prepared while `use` runs. */
  function plansOf(use: () => void): string[] {
    const plans: string[] = [];
    const prepare = db.prepare.bind(db);
    db.prepare = ((sql: string) => {
      if (sql.startsWith('SELECT')) {
        const places = Array.from({ length: sql.split('?').length - 1 }, () => 0);
        const rows = prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...places) as { detail: string }[];
        plans.push(rows.map(({ detail }) => detail).join('; '));
      }
      return prepare(sql);
    }) as typeof db.prepare;
    use();
    db.prepare = prepare;
    return plans;
  }

  it('find what is past its deadline without reading all that is open', () => {
    const requests = createRequestStore(db);
    const plans = plansOf(() => inTransaction(db, () => requests.pastDeadline(5)));
    assert.match(plans.join(), /USING (COVERING )?INDEX request_open_by_deadline \(deadline<\?\)/);
  });

  it('find the oldest that is open without reading all that has ended', () => {
    const plans = plansOf(() => createRequestViews(db));
    const oldest = plans.filter((plan) => /^SEARCH request( |$)/.test(plan));
    for (const plan of oldest) assert.match(plan, /USING (INDEX|INTEGER PRIMARY KEY)/);
  });
});
