/**
 * Keys of the API, of each the hash of its secret, and an index by which those find their requests
 * whose credit pays.
 */
export const SCHEMA_14_API = `
CREATE TABLE api_key (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  scopes TEXT NOT NULL,
  secret_hash BLOB NOT NULL CHECK (length(secret_hash) = 32),
  created_ms INTEGER NOT NULL,
  expires_ms INTEGER,
  revoked_ms INTEGER,
  replaced_by TEXT REFERENCES api_key (id) ON DELETE SET NULL,
  last_used_ms INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX request_by_payer ON request (payer, id);
`;
