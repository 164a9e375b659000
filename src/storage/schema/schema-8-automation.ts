/**
 * Upkeeps, their runs, the blocks that held events they wait for, and the last block that was
 * looked through for these. `next_due` is a time (ms) for cron, else a block; null of conditions,
 * and of events that were not seen.
 */
export const SCHEMA_8_AUTOMATION = `
CREATE TABLE upkeep (
  id INTEGER PRIMARY KEY,
  owner TEXT NOT NULL,
  target TEXT NOT NULL,
  method TEXT NOT NULL,
  trigger TEXT NOT NULL,
  kind TEXT CHECK (kind IN ('cron', 'every', 'when', 'on')),
  max_fee INTEGER NOT NULL CHECK (max_fee >= 0),
  locks INTEGER NOT NULL CHECK (locks >= 0),
  registered_block INTEGER NOT NULL,
  registered_ms INTEGER NOT NULL,
  registered_tx TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('waiting', 'sent', 'unfunded', 'paused', 'unreadable',
    'ending', 'cancelled')),
  reason TEXT NOT NULL,
  last_due INTEGER,
  next_due INTEGER,
  retry_ms INTEGER NOT NULL DEFAULT 0,
  failures INTEGER NOT NULL DEFAULT 0,
  group_faults INTEGER NOT NULL DEFAULT 0,
  alone INTEGER NOT NULL DEFAULT 0 CHECK (alone IN (0, 1, 2)),
  tx TEXT,
  sent_due INTEGER,
  lost_tx TEXT,
  lost_due INTEGER,
  ending_until INTEGER,
  watch_contract TEXT,
  watch_event TEXT,
  CHECK ((tx IS NULL) = (sent_due IS NULL)),
  CHECK ((lost_tx IS NULL) = (lost_due IS NULL)),
  CHECK (tx IS NULL OR state IN ('sent', 'ending'))
) STRICT;
CREATE INDEX upkeep_by_state ON upkeep (state);
CREATE INDEX upkeep_by_owner ON upkeep (owner);
CREATE INDEX upkeep_due_by_time ON upkeep (next_due, id)
  WHERE state = 'waiting' AND kind = 'cron';
CREATE INDEX upkeep_due_by_block ON upkeep (next_due, id)
  WHERE state = 'waiting' AND kind IN ('every', 'on');
CREATE INDEX upkeep_conditions ON upkeep (id) WHERE state = 'waiting' AND kind = 'when';
CREATE INDEX upkeep_watches ON upkeep (watch_contract, watch_event)
  WHERE kind = 'on' AND state IN ('waiting', 'sent', 'unfunded', 'paused');
CREATE INDEX upkeep_lost ON upkeep (id) WHERE lost_tx IS NOT NULL AND tx IS NULL;
CREATE INDEX upkeep_by_tx ON upkeep (tx) WHERE tx IS NOT NULL;

CREATE TABLE upkeep_run (
  upkeep_id INTEGER NOT NULL REFERENCES upkeep (id),
  due INTEGER NOT NULL,
  block INTEGER NOT NULL,
  block_ms INTEGER NOT NULL,
  tx TEXT NOT NULL,
  delivered INTEGER NOT NULL CHECK (delivered IN (0, 1)),
  fee INTEGER NOT NULL,
  lost INTEGER NOT NULL,
  premium INTEGER NOT NULL,
  PRIMARY KEY (upkeep_id, due)
) STRICT, WITHOUT ROWID;

CREATE TABLE upkeep_seen (
  upkeep_id INTEGER NOT NULL REFERENCES upkeep (id),
  block INTEGER NOT NULL,
  PRIMARY KEY (upkeep_id, block)
) STRICT, WITHOUT ROWID;

CREATE TABLE upkeep_watch (
  only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
  height INTEGER NOT NULL
) STRICT;
`;
