/**
 * Polls of price feeds with what each source said, what feeds remember from poll to poll, and the
 * rounds that are on the chain. Values inside the node (1e-18) are decimal TEXT, since they may be
 * beyond 2^63; prices of the chain (1e-8) are INTEGER.
 */
export const SCHEMA_7_PRICES = `
CREATE TABLE price_poll (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  pair TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  value TEXT,
  price INTEGER CHECK (price > 0),
  timestamp_ms INTEGER,
  confidence_bps INTEGER,
  decision TEXT NOT NULL CHECK (decision IN ('publish', 'wait', 'none')),
  why TEXT NOT NULL
) STRICT;
CREATE INDEX price_poll_by_pair ON price_poll (pair, id);

CREATE TABLE price_quote (
  poll INTEGER NOT NULL REFERENCES price_poll (id) ON DELETE CASCADE,
  place INTEGER NOT NULL,
  source TEXT NOT NULL,
  venue_group TEXT NOT NULL,
  verdict TEXT NOT NULL,
  heard_value TEXT,
  heard_ms INTEGER,
  value TEXT,
  timestamp_ms INTEGER,
  why TEXT,
  PRIMARY KEY (poll, place)
) STRICT, WITHOUT ROWID;

CREATE TABLE price_feed (
  pair TEXT PRIMARY KEY,
  deviating_polls INTEGER NOT NULL CHECK (deviating_polls >= 0),
  jump_value TEXT,
  jump_seen_ms INTEGER,
  CHECK ((jump_value IS NULL) = (jump_seen_ms IS NULL))
) STRICT, WITHOUT ROWID;

CREATE TABLE price_round (
  pair TEXT NOT NULL,
  round INTEGER NOT NULL,
  price INTEGER NOT NULL,
  timestamp_ms INTEGER NOT NULL,
  confidence_bps INTEGER NOT NULL,
  payer TEXT,
  fee INTEGER NOT NULL,
  block INTEGER NOT NULL,
  tx TEXT NOT NULL,
  PRIMARY KEY (pair, round)
) STRICT, WITHOUT ROWID;
CREATE INDEX price_round_by_block ON price_round (pair, block);
`;
