/**
 * A cancelled upkeep is gone at once, so that a run under way is charged to nobody: what that cost,
 * by whom, and what each owner's upkeeps paid before.
 */
export const SCHEMA_12_CANCELLED_RUNS = `
ALTER TABLE upkeep_lock RENAME COLUMN is_ending TO is_gone;
UPDATE upkeep SET state = 'cancelled', tx = NULL, sent_due = NULL WHERE state = 'ending';
ALTER TABLE upkeep DROP COLUMN ending_until;

-- Of the run under way: its part of the fees, and what of it its owner has not paid before.
ALTER TABLE upkeep ADD COLUMN sent_cost INTEGER NOT NULL DEFAULT 0;
ALTER TABLE upkeep ADD COLUMN sent_risk INTEGER NOT NULL DEFAULT 0;
CREATE INDEX upkeep_sent_by_owner ON upkeep (owner) WHERE tx IS NOT NULL;

CREATE TABLE upkeep_owner (
  owner TEXT PRIMARY KEY,
  paid INTEGER NOT NULL DEFAULT 0,
  lost INTEGER NOT NULL DEFAULT 0,
  lost_ms INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
INSERT INTO upkeep_owner (owner, paid)
  SELECT u.owner, SUM(r.fee + r.lost + r.premium) FROM upkeep_run AS r
  JOIN upkeep AS u ON u.id = r.upkeep_id GROUP BY u.owner;

CREATE TABLE cancelled_run (
  upkeep_id INTEGER PRIMARY KEY REFERENCES upkeep (id),
  owner TEXT NOT NULL,
  tx TEXT NOT NULL,
  cost INTEGER NOT NULL,
  risk INTEGER NOT NULL,
  at_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX cancelled_run_by_time ON cancelled_run (at_ms);
`;
