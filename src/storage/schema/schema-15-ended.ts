/**
 * How many requests of each kind ended, and how: kept by the database as they end, since counting
 * them takes the longer the more there are.
 */
export const SCHEMA_15_ENDED = `
CREATE TABLE request_ended (
  kind TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('answered', 'expired')),
  count INTEGER NOT NULL CHECK (count > 0),
  PRIMARY KEY (kind, state)
) STRICT, WITHOUT ROWID;
INSERT INTO request_ended (kind, state, count)
  SELECT kind, state, COUNT(*) FROM request
  WHERE state IN ('answered', 'expired') GROUP BY kind, state;

CREATE TRIGGER request_ends AFTER UPDATE OF state ON request
WHEN NEW.state IN ('answered', 'expired') AND OLD.state <> NEW.state
BEGIN
  INSERT INTO request_ended (kind, state, count) VALUES (NEW.kind, NEW.state, 1)
    ON CONFLICT (kind, state) DO UPDATE SET count = count + 1;
END;
`;
