/** Kinds and purposes grow with the node: the code that writes them says what they may be. */
export const SCHEMA_2_KINDS = `
CREATE TABLE request_new (
  id INTEGER PRIMARY KEY,
  kind TEXT NOT NULL,
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
INSERT INTO request_new SELECT * FROM request;
DROP TABLE request;
ALTER TABLE request_new RENAME TO request;
CREATE INDEX request_by_state ON request (state, due_ms, id, requester);
CREATE INDEX request_open_by_deadline ON request (deadline)
  WHERE state IN ('received', 'resolved', 'stuck');
CREATE INDEX request_by_requester ON request (requester, id);
CREATE INDEX request_by_tx ON request (tx) WHERE tx IS NOT NULL;

CREATE TABLE sent_transaction_new (
  hash TEXT PRIMARY KEY,
  purpose TEXT NOT NULL,
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
INSERT INTO sent_transaction_new SELECT * FROM sent_transaction;
DROP TABLE sent_transaction;
ALTER TABLE sent_transaction_new RENAME TO sent_transaction;
CREATE INDEX sent_transaction_in_flight ON sent_transaction (state) WHERE state = 'signed';
`;
