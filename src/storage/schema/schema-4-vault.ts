/**
 * The audit log and the vault. An audit entry is only ever added, right after the last one. A
 * secret's value stands there encrypted under a data key of its own, and that key encrypted under a
 * key-encryption key, of which the database knows nothing but the name.
 */
export const SCHEMA_4_VAULT = `
CREATE TABLE audit_entry (
  seq INTEGER PRIMARY KEY CHECK (seq > 0),
  at_ms INTEGER NOT NULL,
  actor TEXT NOT NULL,
  action TEXT NOT NULL,
  object TEXT NOT NULL,
  outcome TEXT NOT NULL CHECK (outcome IN ('done', 'refused', 'failed')),
  request_id INTEGER,
  note TEXT NOT NULL,
  previous BLOB NOT NULL CHECK (length(previous) = 32),
  hash BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;
CREATE INDEX audit_entry_by_actor ON audit_entry (actor, seq);
CREATE INDEX audit_entry_by_action ON audit_entry (action, seq);

CREATE TRIGGER audit_entry_no_update BEFORE UPDATE ON audit_entry
BEGIN SELECT RAISE(ABORT, 'an audit entry is never changed'); END;
CREATE TRIGGER audit_entry_no_delete BEFORE DELETE ON audit_entry
BEGIN SELECT RAISE(ABORT, 'an audit entry is never deleted'); END;
CREATE TRIGGER audit_entry_follows BEFORE INSERT ON audit_entry
BEGIN
  SELECT RAISE(ABORT, 'an audit entry follows the last one')
  WHERE NEW.seq <> (SELECT COALESCE(MAX(seq), 0) + 1 FROM audit_entry)
    OR EXISTS (SELECT 1 FROM audit_entry AS last
      WHERE last.seq = NEW.seq - 1 AND last.hash <> NEW.previous);
END;

CREATE TABLE vault_key (
  id TEXT PRIMARY KEY,
  state TEXT NOT NULL CHECK (state IN ('current', 'old', 'retired')),
  created_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX vault_key_one_current ON vault_key (state) WHERE state = 'current';

CREATE TABLE vault_epoch (
  only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
  epoch INTEGER NOT NULL CHECK (epoch > 0)
) STRICT;
INSERT INTO vault_epoch (only_row, epoch) VALUES (1, 1);

CREATE TABLE vault_secret (
  owner TEXT NOT NULL,
  name TEXT NOT NULL,
  version INTEGER NOT NULL CHECK (version > 0),
  epoch INTEGER NOT NULL,
  key_id TEXT NOT NULL REFERENCES vault_key (id),
  wrapped_key BLOB NOT NULL,
  sealed_value BLOB NOT NULL,
  may_be_result INTEGER NOT NULL CHECK (may_be_result IN (0, 1)),
  created_ms INTEGER NOT NULL,
  changed_ms INTEGER NOT NULL,
  PRIMARY KEY (owner, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX vault_secret_by_key ON vault_secret (key_id);
CREATE INDEX vault_secret_by_epoch ON vault_secret (epoch);

CREATE TABLE vault_grant (
  requester TEXT NOT NULL,
  use TEXT NOT NULL CHECK (use IN ('function', 'web')),
  code_hash TEXT NOT NULL,
  name TEXT NOT NULL,
  owner TEXT NOT NULL,
  hosts TEXT NOT NULL,
  created_ms INTEGER NOT NULL,
  PRIMARY KEY (requester, use, code_hash, name),
  FOREIGN KEY (owner, name) REFERENCES vault_secret (owner, name) ON DELETE CASCADE,
  CHECK ((use = 'function') = (code_hash <> ''))
) STRICT, WITHOUT ROWID;
CREATE INDEX vault_grant_by_secret ON vault_grant (owner, name);
`;
