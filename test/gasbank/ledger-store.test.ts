import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { NodeError } from '../../src/base/node-error.js';
import { type AccountId, BURNT, OUTSIDE } from '../../src/gasbank/accounts.js';
import { createLedgerStore, type Transfer } from '../../src/gasbank/ledger-store.js';
import { type Database, inTransaction, openDatabase } from '../../src/storage/database.js';

const WALLET: AccountId = `wallet:0x${'11'.repeat(20)}`;
const CREDIT: AccountId = `credit:0x${'22'.repeat(20)}`;

function transfer(id: string, debit: AccountId, credit: AccountId, amount: bigint): Transfer {
  return { id, debit, credit, amount, cause: 'test', block: 7, tx: null, requestId: null };
}

describe('the ledger', () => {
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

  it('moves an amount from one account to another, and sums to zero', () => {
    const ledger = createLedgerStore(db);
    step(() => ledger.transfer(transfer('a', OUTSIDE, WALLET, 500n), 1));
    assert.deepEqual(ledger.balance(WALLET), { posted: 500n, drawn: 0n, available: 500n });
    assert.equal(ledger.balance(OUTSIDE).posted, -500n);
    assert.equal(ledger.sumOfPosted(), 0n);
  });

  it('records the same transfer once, however often it is offered', () => {
    const ledger = createLedgerStore(db);
    const same = transfer('a', OUTSIDE, WALLET, 500n);
    step(() => ledger.transfer(same, 1));
    step(() => ledger.transfer(same, 2));
    assert.equal(ledger.balance(WALLET).posted, 500n);
  });

  it('refuses another transfer under a recorded id and names the first field that differs', () => {
    const ledger = createLedgerStore(db);
    step(() => ledger.transfer(transfer('a', OUTSIDE, WALLET, 500n), 1));
    assert.throws(
      () => step(() => ledger.transfer(transfer('a', OUTSIDE, WALLET, 501n), 1)),
      (error) =>
        error instanceof NodeError &&
        error.code === 'LEDGER_CONFLICT' &&
        error.message.includes('amount 500') &&
        error.message.includes('amount 501'),
    );
  });

  it('draws before it spends, posts what was spent and frees the rest', () => {
    const ledger = createLedgerStore(db);
    step(() => ledger.transfer(transfer('a', OUTSIDE, WALLET, 500n), 1));
    step(() => ledger.draw(transfer('d', WALLET, BURNT, 300n), 1));
    assert.deepEqual(ledger.balance(WALLET), { posted: 500n, drawn: 300n, available: 200n });
    assert.equal(ledger.openDraws().length, 1);
    step(() => ledger.post('d', 250n, 8, 2));
    assert.deepEqual(ledger.balance(WALLET), { posted: 250n, drawn: 0n, available: 250n });
    assert.equal(ledger.balance(BURNT).posted, 250n);
    assert.equal(ledger.openDraws().length, 0);
  });

  it('frees the whole draw when the transaction died', () => {
    const ledger = createLedgerStore(db);
    step(() => ledger.transfer(transfer('a', OUTSIDE, WALLET, 500n), 1));
    step(() => ledger.draw(transfer('d', WALLET, BURNT, 300n), 1));
    step(() => ledger.void('d', 8, 2));
    assert.deepEqual(ledger.balance(WALLET), { posted: 500n, drawn: 0n, available: 500n });
  });

  it('ends a draw once: a post after a void is refused', () => {
    const ledger = createLedgerStore(db);
    step(() => ledger.transfer(transfer('a', OUTSIDE, WALLET, 500n), 1));
    step(() => ledger.draw(transfer('d', WALLET, BURNT, 300n), 1));
    step(() => ledger.void('d', 8, 2));
    assert.throws(() => step(() => ledger.post('d', 300n, 8, 2)), /LEDGER_CONFLICT|phase/);
    assert.equal(ledger.balance(BURNT).posted, 0n);
  });

  it('never posts more than was drawn', () => {
    const ledger = createLedgerStore(db);
    step(() => ledger.transfer(transfer('a', OUTSIDE, WALLET, 500n), 1));
    step(() => ledger.draw(transfer('d', WALLET, BURNT, 300n), 1));
    assert.throws(() => step(() => ledger.post('d', 301n, 8, 2)), /pending transfer/);
  });

  it('holds the floor inside the database, with what is there and what was needed', () => {
    const ledger = createLedgerStore(db);
    step(() => ledger.transfer(transfer('a', OUTSIDE, WALLET, 500n), 1));
    step(() => ledger.draw(transfer('d', WALLET, BURNT, 300n), 1));
    assert.throws(
      () => step(() => ledger.draw(transfer('e', WALLET, BURNT, 201n), 1)),
      (error) =>
        error instanceof NodeError &&
        error.code === 'LEDGER_FLOOR' &&
        error.retryable &&
        /200 datoshi available.*201/.test(error.message),
    );
    assert.throws(() => db.exec(`UPDATE ledger_account SET posted = -1 WHERE id = '${WALLET}'`));
  });

  it('keeps its rows as they were written, whoever asks', () => {
    const ledger = createLedgerStore(db);
    step(() => ledger.transfer(transfer('a', OUTSIDE, WALLET, 500n), 1));
    assert.throws(() => db.exec('UPDATE ledger_transfer SET amount = 1'), /never changed/);
    assert.throws(() => db.exec('DELETE FROM ledger_transfer'), /never deleted/);
  });

  it('refuses to write outside of a step', () => {
    const ledger = createLedgerStore(db);
    assert.throws(() => ledger.transfer(transfer('a', OUTSIDE, WALLET, 1n), 1), /transaction/);
  });

  it('sums to zero and stays above its floors in random histories', () => {
    const amount = fc.bigInt({ min: 1n, max: 400n });
    const account = fc.constantFrom<AccountId>(WALLET, CREDIT, BURNT, OUTSIDE);
    const action = fc.record({
      what: fc.constantFrom('single', 'draw', 'post', 'void'),
      debit: account,
      credit: account,
      amount,
      which: fc.nat(20),
    });
    fc.assert(
      fc.property(fc.array(action, { maxLength: 40 }), fc.string(), (actions, salt) => {
        const ledger = createLedgerStore(db);
        const draws: string[] = [];
        actions.forEach((item, place) => {
          const id = `${salt}:${place}:${Math.random()}`;
          const pending = draws[item.which % Math.max(draws.length, 1)];
          try {
            step(() => {
              const moved = transfer(id, item.debit, item.credit, item.amount);
              if (item.what === 'single') ledger.transfer(moved, 1);
              else if (item.what === 'draw') {
                ledger.draw(moved, 1);
                draws.push(id);
              } else if (pending === undefined) return;
              else if (item.what === 'post') ledger.post(pending, item.amount, null, 1);
              else ledger.void(pending, null, 1);
            });
          } catch {
            // A refusal changes nothing; that is what is checked.
          }
          assert.equal(ledger.sumOfPosted(), 0n);
          for (const { account: of, balance } of ledger.balances('')) {
            assert.ok(balance.drawn >= 0n);
            if (of !== OUTSIDE) assert.ok(balance.available >= 0n, `${of} ${balance.available}`);
          }
        });
      }),
      { numRuns: 40, includeErrorInReport: true },
    );
  });
});
