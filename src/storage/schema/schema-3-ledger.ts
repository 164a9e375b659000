/**
 * The ledger, built anew with what is in it: floors for what is posted, a check of what is free for
 * draws alone, the node's own accounts, and its FAULTed transactions.
 *
 * What the chain did can always be booked: others may have spent what was set aside for a draw.
 * Then `posted - drawn` is below 0, and no new draw passes.
 */
export const SCHEMA_3_LEDGER = `
CREATE TABLE ledger_account_new (
  id TEXT PRIMARY KEY,
  may_overdraw INTEGER NOT NULL CHECK (may_overdraw IN (0, 1)),
  posted INTEGER NOT NULL DEFAULT 0,
  drawn INTEGER NOT NULL DEFAULT 0 CHECK (drawn >= 0),
  CONSTRAINT ledger_floor CHECK (may_overdraw = 1 OR posted >= 0)
) STRICT;
INSERT INTO ledger_account_new
  SELECT id, may_overdraw = 1 OR id LIKE 'wallet:%', posted, drawn FROM ledger_account;

CREATE TABLE ledger_transfer_new (
  id TEXT PRIMARY KEY,
  phase TEXT NOT NULL CHECK (phase IN ('single', 'pending', 'post', 'void')),
  pending_id TEXT REFERENCES ledger_transfer (id),
  debit TEXT NOT NULL REFERENCES ledger_account (id),
  credit TEXT NOT NULL REFERENCES ledger_account (id),
  amount INTEGER NOT NULL CHECK (amount > 0),
  cause TEXT NOT NULL,
  block INTEGER,
  tx TEXT,
  request_id INTEGER,
  lost_tx TEXT,
  counterparty TEXT,
  at_ms INTEGER NOT NULL,
  CHECK (debit <> credit),
  CHECK ((phase IN ('post', 'void')) = (pending_id IS NOT NULL))
) STRICT;
INSERT INTO ledger_transfer_new SELECT id, phase, pending_id, debit, credit, amount, cause, block,
  tx, request_id, NULL, NULL, at_ms FROM ledger_transfer ORDER BY rowid;

DROP TABLE ledger_transfer;
DROP TABLE ledger_account;
ALTER TABLE ledger_account_new RENAME TO ledger_account;
ALTER TABLE ledger_transfer_new RENAME TO ledger_transfer;

CREATE UNIQUE INDEX ledger_transfer_settles_once ON ledger_transfer (pending_id)
  WHERE pending_id IS NOT NULL;
CREATE INDEX ledger_transfer_by_debit ON ledger_transfer (debit);
CREATE INDEX ledger_transfer_by_credit ON ledger_transfer (credit);

CREATE TRIGGER ledger_transfer_no_update BEFORE UPDATE ON ledger_transfer
BEGIN SELECT RAISE(ABORT, 'a ledger transfer is never changed'); END;
CREATE TRIGGER ledger_transfer_no_delete BEFORE DELETE ON ledger_transfer
BEGIN SELECT RAISE(ABORT, 'a ledger transfer is never deleted'); END;

CREATE TRIGGER ledger_transfer_settles_its_pending BEFORE INSERT ON ledger_transfer
WHEN NEW.pending_id IS NOT NULL
BEGIN
  SELECT RAISE(ABORT, 'a post or void must name a pending transfer of the same accounts')
  WHERE NOT EXISTS (SELECT 1 FROM ledger_transfer AS p WHERE p.id = NEW.pending_id
    AND p.phase = 'pending' AND p.debit = NEW.debit AND p.credit = NEW.credit
    AND p.amount >= NEW.amount);
END;

CREATE TRIGGER ledger_transfer_single AFTER INSERT ON ledger_transfer
WHEN NEW.phase = 'single'
BEGIN
  UPDATE ledger_account SET posted = posted - NEW.amount WHERE id = NEW.debit;
  UPDATE ledger_account SET posted = posted + NEW.amount WHERE id = NEW.credit;
END;

CREATE TRIGGER ledger_transfer_pending AFTER INSERT ON ledger_transfer
WHEN NEW.phase = 'pending'
BEGIN
  UPDATE ledger_account SET drawn = drawn + NEW.amount WHERE id = NEW.debit;
  SELECT RAISE(ABORT, 'ledger_floor: less is available than is to be drawn')
  FROM ledger_account WHERE id = NEW.debit AND posted < drawn;
END;

CREATE TRIGGER ledger_transfer_post AFTER INSERT ON ledger_transfer
WHEN NEW.phase = 'post'
BEGIN
  UPDATE ledger_account SET posted = posted - NEW.amount,
    drawn = drawn - (SELECT p.amount FROM ledger_transfer AS p WHERE p.id = NEW.pending_id)
  WHERE id = NEW.debit;
  UPDATE ledger_account SET posted = posted + NEW.amount WHERE id = NEW.credit;
END;

CREATE TRIGGER ledger_transfer_void AFTER INSERT ON ledger_transfer
WHEN NEW.phase = 'void'
BEGIN
  UPDATE ledger_account
  SET drawn = drawn - (SELECT p.amount FROM ledger_transfer AS p WHERE p.id = NEW.pending_id)
  WHERE id = NEW.debit;
END;

-- The accounts that the node signs with, or signed with before. Movements of their GAS are on the
-- books from since_block on; opened_block is where what they held before was found out.
CREATE TABLE own_account (
  account TEXT PRIMARY KEY,
  since_block INTEGER NOT NULL CHECK (since_block >= 0),
  opened_block INTEGER
) STRICT;

-- Transactions of own accounts that FAULTed, with what they burnt; an answer to the request whose
-- id is the nonce (its low 32 bits) may charge for one, once.
CREATE TABLE own_fault (
  tx TEXT PRIMARY KEY,
  account TEXT NOT NULL,
  nonce INTEGER NOT NULL,
  block INTEGER NOT NULL,
  fees INTEGER NOT NULL CHECK (fees > 0),
  claimed_by INTEGER
) STRICT;
CREATE INDEX own_fault_by_nonce ON own_fault (account, nonce);
`;
