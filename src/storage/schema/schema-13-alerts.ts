/** What the node's own alerts stand at, so that a restart tells of nothing twice. */
export const SCHEMA_13_ALERTS = `
CREATE TABLE alert_state (
  name TEXT NOT NULL,
  series TEXT NOT NULL,
  since_ms INTEGER NOT NULL,
  firing_since_ms INTEGER,
  calm_since_ms INTEGER,
  told_ms INTEGER,
  PRIMARY KEY (name, series)
) STRICT, WITHOUT ROWID;
`;
