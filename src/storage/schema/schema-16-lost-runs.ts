/**
 * What a transaction that FAULTed cost is kept apart from what the run costs that is under way, so
 * that a claim forgets nothing; and each loss of an upkeep is kept, not only that of its end.
 */
export const SCHEMA_16_LOST_RUNS = `
-- Of the transaction that is to be claimed, and when the node learnt of it.
ALTER TABLE upkeep ADD COLUMN lost_cost INTEGER NOT NULL DEFAULT 0;
ALTER TABLE upkeep ADD COLUMN lost_risk INTEGER NOT NULL DEFAULT 0;
ALTER TABLE upkeep ADD COLUMN lost_ms INTEGER NOT NULL DEFAULT 0;
UPDATE upkeep SET lost_cost = sent_cost, lost_risk = sent_risk, sent_cost = 0, sent_risk = 0
  WHERE lost_tx IS NOT NULL AND tx IS NULL;
CREATE INDEX upkeep_lost_by_owner ON upkeep (owner) WHERE lost_tx IS NOT NULL;

CREATE TABLE lost_run (
  upkeep_id INTEGER NOT NULL REFERENCES upkeep (id),
  owner TEXT NOT NULL,
  tx TEXT NOT NULL,
  cost INTEGER NOT NULL,
  risk INTEGER NOT NULL,
  at_ms INTEGER NOT NULL,
  PRIMARY KEY (upkeep_id, tx)
) STRICT, WITHOUT ROWID;
INSERT INTO lost_run (upkeep_id, owner, tx, cost, risk, at_ms)
  SELECT upkeep_id, owner, tx, cost, risk, at_ms FROM cancelled_run;
DROP TABLE cancelled_run;
CREATE INDEX lost_run_by_time ON lost_run (at_ms);
`;
