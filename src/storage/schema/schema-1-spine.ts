/** The cursor, requests with their history, sent transactions, the ledger. */
export const SCHEMA_1_SPINE = `
CREATE TABLE chain_cursor (
  only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
  magic INTEGER NOT NULL,
  gateway TEXT NOT NULL,
  height INTEGER NOT NULL,
  known_height INTEGER,
  known_hash TEXT
) STRICT;

CREATE TABLE request (
  id INTEGER PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('oracle', 'http')),
  requester TEXT NOT NULL,
  payer TEXT NOT NULL,
  subject TEXT NOT NULL,
  filter TEXT NOT NULL,
  max_fee INTEGER NOT NULL CHECK (max_fee >= 0),
  deadline INTEGER NOT NULL,
  created_block INTEGER NOT NULL,
  created_tx TEXT NOT NULL,
  created_time_ms INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('received', 'resolved', 'sent', 'stuck', 'overdue',
    'expiring', 'answered', 'expired')),
  reason TEXT NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  due_ms INTEGER NOT NULL DEFAULT 0,
  code INTEGER,
  result BLOB,
  faults INTEGER NOT NULL DEFAULT 0,
  lost_tx TEXT,
  tx TEXT,
  delivered INTEGER,
  fee INTEGER,
  lost INTEGER,
  premium INTEGER,
  ended_block INTEGER,
  ended_tx TEXT
) STRICT;
CREATE INDEX request_by_state ON request (state, due_ms, id, requester);
CREATE INDEX request_open_by_deadline ON request (deadline)
  WHERE state IN ('received', 'resolved', 'stuck');
CREATE INDEX request_by_requester ON request (requester, id);
CREATE INDEX request_by_tx ON request (tx) WHERE tx IS NOT NULL;

CREATE TABLE request_step (
  request_id INTEGER NOT NULL REFERENCES request (id),
  seq INTEGER NOT NULL,
  at_ms INTEGER NOT NULL,
  block INTEGER,
  tx TEXT,
  what TEXT NOT NULL,
  why TEXT,
  fee INTEGER,
  PRIMARY KEY (request_id, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE sent_transaction (
  hash TEXT PRIMARY KEY,
  purpose TEXT NOT NULL CHECK (purpose IN ('respond', 'expire')),
  state TEXT NOT NULL CHECK (state IN ('signed', 'halted', 'faulted', 'dead')),
  account TEXT NOT NULL,
  raw BLOB NOT NULL,
  system_fee INTEGER NOT NULL,
  network_fee INTEGER NOT NULL,
  valid_until_block INTEGER NOT NULL,
  signed_ms INTEGER NOT NULL,
  block INTEGER,
  exception TEXT
) STRICT;
CREATE INDEX sent_transaction_in_flight ON sent_transaction (state) WHERE state = 'signed';

CREATE TABLE ledger_account (
  id TEXT PRIMARY KEY,
  may_overdraw INTEGER NOT NULL CHECK (may_overdraw IN (0, 1)),
  posted INTEGER NOT NULL DEFAULT 0,
  drawn INTEGER NOT NULL DEFAULT 0 CHECK (drawn >= 0),
  CHECK (may_overdraw = 1 OR posted - drawn >= 0)
) STRICT, WITHOUT ROWID;

CREATE TABLE ledger_transfer (
  id TEXT PRIMARY KEY,
  phase TEXT NOT NULL CHECK (phase IN ('single', 'pending', 'post', 'void')),
  pending_id TEXT REFERENCES ledger_transfer (id),
  debit TEXT NOT NULL REFERENCES ledger_account (id),
  credit TEXT NOT NULL REFERENCES ledger_account (id),
  amount INTEGER NOT NULL CHECK (amount > 0),
  cause TEXT NOT NULL,
  block INTEGER,
  tx TEXT,
  request_id INTEGER,
  at_ms INTEGER NOT NULL,
  CHECK (debit <> credit),
  CHECK ((phase IN ('post', 'void')) = (pending_id IS NOT NULL))
) STRICT;
CREATE UNIQUE INDEX ledger_transfer_settles_once ON ledger_transfer (pending_id)
  WHERE pending_id IS NOT NULL;
CREATE INDEX ledger_transfer_by_debit ON ledger_transfer (debit);
CREATE INDEX ledger_transfer_by_credit ON ledger_transfer (credit);

CREATE TRIGGER ledger_transfer_no_update BEFORE UPDATE ON ledger_transfer
BEGIN SELECT RAISE(ABORT, 'a ledger transfer is never changed'); END;
CREATE TRIGGER ledger_transfer_no_delete BEFORE DELETE ON ledger_transfer
BEGIN SELECT RAISE(ABORT, 'a ledger transfer is never deleted'); END;

CREATE TRIGGER ledger_transfer_settles_its_pending BEFORE INSERT ON ledger_transfer
WHEN NEW.pending_id IS NOT NULL
BEGIN
  SELECT RAISE(ABORT, 'a post or void must name a pending transfer of the same accounts')
  WHERE NOT EXISTS (SELECT 1 FROM ledger_transfer AS p WHERE p.id = NEW.pending_id
    AND p.phase = 'pending' AND p.debit = NEW.debit AND p.credit = NEW.credit
    AND p.amount >= NEW.amount);
END;

CREATE TRIGGER ledger_transfer_moves AFTER INSERT ON ledger_transfer
BEGIN
  UPDATE ledger_account SET
    posted = posted - CASE WHEN NEW.phase IN ('single', 'post') THEN NEW.amount ELSE 0 END,
    drawn = drawn
      + CASE WHEN NEW.phase = 'pending' THEN NEW.amount ELSE 0 END
      - CASE WHEN NEW.phase IN ('post', 'void')
        THEN (SELECT p.amount FROM ledger_transfer AS p WHERE p.id = NEW.pending_id) ELSE 0 END
  WHERE id = NEW.debit;
  UPDATE ledger_account SET posted = posted + NEW.amount
  WHERE id = NEW.credit AND NEW.phase IN ('single', 'post');
END;
`;
