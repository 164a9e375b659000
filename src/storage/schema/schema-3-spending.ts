/**
 * For whom each transaction's fees are spent, what its answers were predicted to be charged, and
 * which callbacks brought one down. Sums by the minute serve the budgets.
 */
export const SCHEMA_3_SPENDING = `
CREATE TABLE spend_share (
  tx TEXT NOT NULL REFERENCES sent_transaction (hash),
  place INTEGER NOT NULL,
  request_id INTEGER,
  kind TEXT NOT NULL,
  requester TEXT,
  amount INTEGER NOT NULL CHECK (amount >= 0),
  at_ms INTEGER NOT NULL,
  PRIMARY KEY (tx, place)
) STRICT, WITHOUT ROWID;

CREATE TABLE spend_minute (
  scope TEXT NOT NULL,
  minute INTEGER NOT NULL,
  amount INTEGER NOT NULL CHECK (amount >= 0),
  PRIMARY KEY (scope, minute)
) STRICT, WITHOUT ROWID;
CREATE INDEX spend_minute_by_minute ON spend_minute (minute);

CREATE TRIGGER spend_share_counts AFTER INSERT ON spend_share
BEGIN
  INSERT INTO spend_minute (scope, minute, amount)
    VALUES ('all', NEW.at_ms / 60000, NEW.amount)
    ON CONFLICT (scope, minute) DO UPDATE SET amount = amount + excluded.amount;
  INSERT INTO spend_minute (scope, minute, amount)
    VALUES ('kind:' || NEW.kind, NEW.at_ms / 60000, NEW.amount)
    ON CONFLICT (scope, minute) DO UPDATE SET amount = amount + excluded.amount;
  INSERT INTO spend_minute (scope, minute, amount)
    SELECT 'requester:' || NEW.requester, NEW.at_ms / 60000, NEW.amount
    WHERE NEW.requester IS NOT NULL
    ON CONFLICT (scope, minute) DO UPDATE SET amount = amount + excluded.amount;
END;
CREATE TRIGGER spend_share_no_update BEFORE UPDATE ON spend_share
BEGIN SELECT RAISE(ABORT, 'a share of a transaction is never changed'); END;

-- What died was never spent. Its minute may be gone, or begun anew, where the clock was wrong.
CREATE TRIGGER sent_transaction_dead AFTER UPDATE OF state ON sent_transaction
WHEN NEW.state = 'dead' AND OLD.state <> 'dead'
BEGIN
  UPDATE spend_minute SET amount = MAX(0, amount - (
      SELECT COALESCE(SUM(s.amount), 0) FROM spend_share AS s WHERE s.tx = NEW.hash
      AND spend_minute.scope IN ('all', 'kind:' || s.kind, 'requester:' || s.requester)))
    WHERE minute = (SELECT s.at_ms / 60000 FROM spend_share AS s WHERE s.tx = NEW.hash LIMIT 1);
END;

CREATE TABLE prediction (
  tx TEXT NOT NULL REFERENCES sent_transaction (hash),
  request_id INTEGER NOT NULL,
  delivered INTEGER NOT NULL CHECK (delivered IN (0, 1)),
  fee INTEGER NOT NULL CHECK (fee >= 0),
  lost INTEGER NOT NULL CHECK (lost >= 0),
  premium INTEGER NOT NULL CHECK (premium >= 0),
  uncut_fee INTEGER NOT NULL CHECK (uncut_fee >= fee),
  PRIMARY KEY (tx, request_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE callback_fault (
  tx TEXT PRIMARY KEY REFERENCES sent_transaction (hash),
  request_id INTEGER NOT NULL,
  requester TEXT NOT NULL,
  at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX callback_fault_by_requester ON callback_fault (requester, at_ms);
CREATE INDEX callback_fault_by_time ON callback_fault (at_ms);
`;
