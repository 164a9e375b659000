import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NodeError } from '../../src/base/node-error.js';
import { type AccountId, BURNT, OUTSIDE } from '../../src/gasbank/accounts.js';
import { createLedgerStore, type Transfer } from '../../src/gasbank/ledger-store.js';
import { type Database, inTransaction, openDatabase } from '../../src/storage/database.js';

const WALLET: AccountId = `wallet:0x${'11'.repeat(20)}`;
const CREDIT: AccountId = `credit:0x${'22'.repeat(20)}`;

function transfer(id: string, debit: AccountId, credit: AccountId, amount: bigint): Transfer {
  return { id, debit, credit, amount, cause: 'test', block: 7, tx: null, requestId: null };
}

describe('the floors of the ledger', () => {
  let dir: string;
  let db: Database;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'dodona-ledger-'));
    db = openDatabase(join(dir, 'node.sqlite'));
  });
  afterEach(() => {
    db.close();
    rmSync(dir, { recursive: true });
  });
  const step = (work: () => void): void => inTransaction(db, work);
  /** A wallet whose opening is on the books, with 500 datoshi. */
  const opened = (ledger = createLedgerStore(db)) => {
    step(() => ledger.transfer(transfer('a', OUTSIDE, WALLET, 500n), 1));
    step(() => ledger.holdFloor(WALLET));
    return ledger;
  };

  it('draws no more than is free, and says what is there and what was needed', () => {
    const ledger = opened();
    step(() => ledger.draw(transfer('d', WALLET, BURNT, 300n), 1));
    assert.throws(
      () => step(() => ledger.draw(transfer('e', WALLET, BURNT, 201n), 1)),
      (error) =>
        error instanceof NodeError &&
        error.code === 'LEDGER_FLOOR' &&
        error.retryable &&
        /200 datoshi available of 500, test needs 201/.test(error.message),
    );
    step(() => ledger.draw(transfer('e', WALLET, BURNT, 200n), 1));
    assert.deepEqual(ledger.balance(WALLET), { posted: 500n, drawn: 500n, available: 0n });
  });

  it('draws nothing from an account that may overdraw beyond what it has', () => {
    const ledger = createLedgerStore(db);
    step(() => ledger.transfer(transfer('a', OUTSIDE, WALLET, 5n), 1));
    assert.throws(() => step(() => ledger.draw(transfer('d', WALLET, BURNT, 6n), 1)), {
      code: 'LEDGER_FLOOR',
    });
    assert.throws(() => step(() => ledger.draw(transfer('d', OUTSIDE, BURNT, 1n), 1)), {
      code: 'LEDGER_FLOOR',
    });
    assert.equal(ledger.balance(WALLET).drawn, 0n);
  });

  it('keeps what is posted at its floor, inside the database', () => {
    const ledger = opened();
    const floor = { code: 'LEDGER_FLOOR' };
    assert.throws(
      () => step(() => ledger.transfer(transfer('b', WALLET, OUTSIDE, 501n), 1)),
      floor,
    );
    assert.throws(() => step(() => ledger.transfer(transfer('b', CREDIT, OUTSIDE, 1n), 1)), floor);
    for (const account of [WALLET, BURNT, 'lost', 'premium'] as const) {
      const set = `UPDATE ledger_account SET posted = -1 WHERE id = '${account}'`;
      step(() => ledger.transfer(transfer(account, OUTSIDE, account, 1n), 1));
      assert.throws(() => db.exec(set), /ledger_floor/);
    }
    step(() => ledger.transfer(transfer('p', 'equity', 'premium', 7n), 1));
    assert.equal(ledger.balance('equity').posted, -7n, 'a contra account has none');
  });

  it('books what the chain did though it was set aside, and draws nothing more then', () => {
    const ledger = opened();
    step(() => ledger.draw(transfer('d', WALLET, BURNT, 300n), 1));
    step(() => ledger.transfer(transfer('elsewhere', WALLET, OUTSIDE, 450n), 1));
    assert.deepEqual(ledger.balance(WALLET), { posted: 50n, drawn: 300n, available: -250n });
    const more = () => step(() => ledger.draw(transfer('e', WALLET, BURNT, 1n), 1));
    assert.throws(more, { code: 'LEDGER_FLOOR', message: /-250 datoshi available of 50/ });
    step(() => ledger.void('d', 8, 2));
    step(() => ledger.draw(transfer('e', WALLET, BURNT, 50n), 1));
  });

  it('lets a wallet overdraw until its opening is on the books, and never after', () => {
    const ledger = createLedgerStore(db);
    step(() => ledger.transfer(transfer('fees', WALLET, BURNT, 30n), 1));
    assert.throws(() => step(() => ledger.holdFloor(WALLET)), {
      code: 'LEDGER_FLOOR',
      message: /-30 datoshi available/,
    });
    step(() => ledger.transfer(transfer('opening', OUTSIDE, WALLET, 40n), 1));
    step(() => ledger.holdFloor(WALLET));
    step(() => ledger.holdFloor(WALLET));
    assert.throws(() => step(() => ledger.transfer(transfer('x', WALLET, BURNT, 11n), 1)));
    assert.equal(ledger.balance(WALLET).posted, 10n);
    step(() => ledger.holdFloor('wallet:0x01'));
    assert.equal(ledger.balance('wallet:0x01').posted, 0n);
  });

  it('refuses inside the database what is no transfer and no account, whoever writes it', () => {
    opened();
    const row = {
      ...{ id: 'x', phase: 'single', pending_id: null, debit: WALLET, credit: OUTSIDE },
      ...{ amount: 1n, cause: 'test', at_ms: 1n },
    };
    const insert = (change: Record<string, string | bigint | null>) => () =>
      db
        .prepare(`INSERT INTO ledger_transfer (id, phase, pending_id, debit, credit, amount, cause,
          at_ms) VALUES (@id, @phase, @pending_id, @debit, @credit, @amount, @cause, @at_ms)`)
        .run({ ...row, ...change });
    db.exec("INSERT INTO ledger_account (id, may_overdraw) VALUES ('else', 0)");
    insert({})();
    insert({ id: 'd', phase: 'pending' })();
    const wrong: Record<string, string | bigint | null>[] = [
      { amount: 0n },
      { amount: -1n },
      { credit: WALLET },
      { phase: 'other' },
      { debit: 'nobody' },
      { phase: 'post' },
      { phase: 'single', pending_id: 'd' },
      { phase: 'pending', pending_id: 'd' },
      { phase: 'post', pending_id: 'x' },
      { phase: 'post', pending_id: 'd', debit: 'else' },
      { phase: 'post', pending_id: 'd', credit: 'else' },
      { phase: 'post', pending_id: 'd', amount: 2n },
      { phase: 'void', pending_id: 'none' },
    ];
    for (const change of wrong) {
      const what = JSON.stringify(change, (_, value) => String(value) && value?.toString());
      assert.throws(insert({ id: 'y', ...change }), { name: 'SqliteError' }, what);
    }
    insert({ id: 'y', phase: 'post', pending_id: 'd' })();
    assert.throws(insert({ id: 'z', phase: 'void', pending_id: 'd' }), /UNIQUE/);
    const account = (change: string) => () =>
      db.exec(`UPDATE ledger_account SET ${change} WHERE id = '${WALLET}'`);
    assert.throws(account('may_overdraw = 2'), /CHECK/);
    assert.throws(account('drawn = -1'), /CHECK/);
    assert.throws(
      () => db.exec(`DELETE FROM ledger_account WHERE id = '${WALLET}'`),
      /FOREIGN KEY/,
    );
  });
});
