/** Who is signed in to the console: by the SHA-256 of the token that the browser keeps. */
export const SCHEMA_11_CONSOLE = `
CREATE TABLE console_session (
  token_hash BLOB NOT NULL PRIMARY KEY CHECK (length(token_hash) = 32),
  created_ms INTEGER NOT NULL,
  expires_ms INTEGER NOT NULL CHECK (expires_ms > created_ms)
) STRICT, WITHOUT ROWID;
`;
