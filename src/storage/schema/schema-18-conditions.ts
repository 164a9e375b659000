/**
 * Conditions in other words: for each IN that lists more than two, SQLite makes a table whenever it
 * checks a row, or decides whether an index takes it. They are rewritten where they stand, as
 * https://www.sqlite.org/lang_altertable.html (section 7) has it for conditions of a table: they
 * mean the same, and no row is copied. Only a connection in unsafe mode may do so.
 *
 * And ends of requests are counted when `ended_block` is written, which nothing but an end does:
 * what else moves a request does without the trigger.
 */
export const SCHEMA_18_CONDITIONS = `
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, 'state IN (''received'', ''resolved'', ''sent'',' ||
    ' ''stuck'', ''overdue'',' || char(10) || '    ''expiring'', ''answered'', ''expired'')',
    'state = ''received'' OR state = ''resolved'' OR state = ''sent'' OR state = ''stuck''' ||
    ' OR state = ''overdue'' OR state = ''expiring'' OR state = ''answered''' ||
    ' OR state = ''expired''')
  WHERE type = 'table' AND name = 'request';
UPDATE sqlite_schema SET sql = replace(sql, 'state IN (''received'', ''resolved'', ''stuck'')',
    'state = ''received'' OR state = ''resolved'' OR state = ''stuck''')
  WHERE type = 'index' AND name = 'request_open_by_deadline';
UPDATE sqlite_schema SET sql = replace(sql, 'state IN (''received'', ''resolved'', ''overdue'')',
    'state = ''received'' OR state = ''resolved'' OR state = ''overdue''')
  WHERE type = 'index' AND name = 'request_in_turn';
UPDATE sqlite_schema SET sql = replace(sql,
    'phase IN (''single'', ''pending'', ''post'', ''void'')',
    'phase = ''single'' OR phase = ''pending'' OR phase = ''post'' OR phase = ''void''')
  WHERE type = 'table' AND name = 'ledger_transfer';
UPDATE sqlite_schema SET sql = replace(sql, 'coding IN (''plain'', ''brotli'', ''small'')',
    'coding = ''plain'' OR coding = ''brotli'' OR coding = ''small''')
  WHERE type = 'table' AND name = 'evidence_blob';
PRAGMA writable_schema = RESET;

DROP TRIGGER request_ends;
CREATE TRIGGER request_ends AFTER UPDATE OF ended_block ON request
WHEN NEW.state IN ('answered', 'expired') AND OLD.state <> NEW.state
BEGIN
  INSERT INTO request_ended (kind, state, count) VALUES (NEW.kind, NEW.state, 1)
    ON CONFLICT (kind, state) DO UPDATE SET count = count + 1;
END;
`;
