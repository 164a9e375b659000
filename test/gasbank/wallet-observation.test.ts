import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hash160 } from '../../src/base/hash.js';
import { BURNT, creditOf, walletOf } from '../../src/gasbank/accounts.js';
import {
  createLedgerStore,
  type LedgerStore,
  type Transfer,
} from '../../src/gasbank/ledger-store.js';
import { bookWalletObservation, bookWalletProof } from '../../src/gasbank/wallet-observation.js';
import { type Database, inTransaction, openDatabase } from '../../src/storage/database.js';

const ACCOUNT = hash160(`0x${'a1'.repeat(20)}`);
const WALLET = walletOf(ACCOUNT);

describe('the wallet on the books', () => {
  let dir: string;
  let db: Database;
  let ledger: LedgerStore;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'dodona-wallet-'));
    db = openDatabase(join(dir, 'node.sqlite'));
    ledger = createLedgerStore(db);
  });
  afterEach(() => {
    db.close();
    rmSync(dir, { recursive: true });
  });

  const observe = (height: number, balance: bigint) =>
    inTransaction(db, () => bookWalletObservation(ledger, ACCOUNT, { height, balance }, 1));
  const draw = (id: string, amount: bigint): Transfer => ({
    id,
    debit: WALLET,
    credit: BURNT,
    amount,
    cause: 'fees',
    block: null,
    tx: null,
    requestId: null,
  });
  const walletNow = () => ledger.balance(WALLET);

  it('becomes what the chain says, up and down', () => {
    assert.deepEqual(observe(5, 100n), { booked: 100n, rest: 0n });
    assert.deepEqual(observe(6, 30n), { booked: -70n, rest: 0n });
    assert.deepEqual(observe(7, 30n), { booked: 0n, rest: 0n });
    assert.equal(walletNow().posted, 30n);
    assert.equal(ledger.sumOfPosted(), 0n);
  });

  it("gives up what was spent elsewhere as far as draws don't hold it, the rest once they end", () => {
    observe(5, 100n);
    inTransaction(db, () => ledger.draw(draw('d', 40n), 1));
    assert.deepEqual(observe(6, 10n), { booked: -60n, rest: -30n });
    assert.equal(walletNow().available, 0n, 'nothing is left that could be drawn in vain');
    inTransaction(db, () => ledger.void('d', 6, 1));
    assert.deepEqual(observe(6, 10n), { booked: -30n, rest: 0n });
    assert.equal(walletNow().posted, 10n);
  });

  it('had what it paid, even if nobody had looked', () => {
    const payment = { ...draw('deposit', 70n), credit: creditOf(ACCOUNT), block: 9 };
    const pay = () =>
      inTransaction(db, () => {
        bookWalletProof(ledger, payment, 1);
        ledger.transfer(payment, 1);
      });
    pay();
    assert.equal(walletNow().posted, 0n);
    assert.equal(ledger.balance(creditOf(ACCOUNT)).posted, 70n);
    assert.equal(ledger.sumOfPosted(), 0n);
  });

  it("needs no proof of what is on the books, nor of others' payments", () => {
    observe(5, 100n);
    inTransaction(db, () => bookWalletProof(ledger, draw('small', 100n), 1));
    const foreign = { ...draw('foreign', 500n), debit: creditOf(ACCOUNT) };
    inTransaction(db, () => bookWalletProof(ledger, foreign, 1));
    assert.equal(walletNow().posted, 100n);
    assert.equal(ledger.balance(creditOf(ACCOUNT)).posted, 0n);
  });
});
