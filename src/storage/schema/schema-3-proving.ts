/**
 * Where the books and the chain differ. One row is an account's difference from the block in which
 * it was first seen to the full comparison that agreed again; `account` is a ledger account, or
 * "gateway" for all the GAS that the gateway holds. While a row is open nothing new is drawn.
 */
export const SCHEMA_3_PROVING = `
CREATE TABLE books_difference (
  id INTEGER PRIMARY KEY,
  account TEXT NOT NULL,
  ledger INTEGER NOT NULL,
  chain INTEGER NOT NULL,
  agreed_block INTEGER,
  first_block INTEGER NOT NULL,
  last_block INTEGER NOT NULL,
  first_ms INTEGER NOT NULL,
  ended_block INTEGER
) STRICT;
CREATE UNIQUE INDEX books_difference_open ON books_difference (account)
  WHERE ended_block IS NULL;

CREATE TABLE books_proof (
  only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
  agreed_block INTEGER NOT NULL,
  agreed_ms INTEGER NOT NULL,
  accounts INTEGER NOT NULL
) STRICT;

CREATE TRIGGER ledger_transfer_drawn_from_true_books BEFORE INSERT ON ledger_transfer
WHEN NEW.phase = 'pending'
BEGIN
  SELECT RAISE(ABORT, 'spending is stopped: the books differ from the chain')
  WHERE EXISTS (SELECT 1 FROM books_difference WHERE ended_block IS NULL);
END;
`;
