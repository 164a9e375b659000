/** What of owners' credit is locked for runs of their upkeeps, by the gateway's events. */
export const SCHEMA_6_UPKEEP_LOCKS = `
CREATE TABLE upkeep_lock (
  id INTEGER PRIMARY KEY,
  owner TEXT NOT NULL,
  max_fee INTEGER NOT NULL CHECK (max_fee >= 0),
  locks INTEGER NOT NULL CHECK (locks >= 0),
  is_ending INTEGER NOT NULL CHECK (is_ending IN (0, 1)),
  last_run_block INTEGER NOT NULL
) STRICT;
`;
