import assert from 'node:assert/strict';
import { OUTSIDE, walletOf } from '../../src/gasbank/accounts.js';
import { createCheckedBalances } from '../../src/gasbank/checked-balance-store.js';
import { createFaultStore, type FaultStore } from '../../src/gasbank/fault-store.js';
import { bookOpening, correctOpening } from '../../src/gasbank/opening.js';
import { createOwnAccountStore } from '../../src/gasbank/own-account-store.js';
import { inTransaction } from '../../src/storage/database.js';
import { createStages, hashOf, type Stages } from '../pipeline/stage-fixture.js';
import { numbered } from './histories/model-chain.js';

const OWN = numbered(0xa0, 1);
const OTHER = numbered(0xa0, 2);

describe("the node's own accounts", () => {
  let stages: Stages;
  beforeEach(() => {
    stages = createStages();
  });
  afterEach(() => stages.close());
  const step = <T>(work: () => T): T => inTransaction(stages.db, work);

  it('are remembered with the first block that is on the books, and opened once', () => {
    const own = createOwnAccountStore(stages.db);
    step(() => own.remember([OTHER, OWN], 7));
    step(() => own.remember([OWN], 9));
    assert.deepEqual(own.all(), [
      { account: OWN, sinceBlock: 7, openedBlock: null },
      { account: OTHER, sinceBlock: 7, openedBlock: null },
    ]);
    assert.equal(
      step(() => own.opened(OWN, 12)),
      true,
    );
    assert.equal(
      step(() => own.opened(OWN, 13)),
      false,
    );
    assert.equal(
      step(() => own.opened(numbered(1, 1), 13)),
      false,
    );
    assert.equal(own.all()[0]?.openedBlock, 12);
    assert.throws(() => own.remember([OWN], 1), /transaction/);
    assert.throws(() => own.opened(OTHER, 1), /transaction/);
  });

  describe('and an opening that was told wrongly', () => {
    const own = { account: OWN, sinceBlock: 7, openedBlock: 9 };
    const openings = () => createCheckedBalances(stages.db).opening(walletOf(OWN));
    const open = (balance: bigint): void =>
      step(() => {
        const ownAccounts = createOwnAccountStore(stages.db);
        ownAccounts.remember([OWN], 7);
        const stores = { ledger: stages.ledger, ownAccounts };
        bookOpening(stores, own, { height: 9, balance, moved: 0n }, 1);
      });
    const correct = (amount: bigint): void =>
      step(() => correctOpening(stages.ledger, own, { booked: openings(), amount }, 2));

    it('are corrected by what is missing or too much, as often as need be', () => {
      open(100n);
      correct(130n);
      assert.deepEqual(openings(), { amount: 130n, transfers: 2 });
      correct(130n);
      assert.deepEqual(openings(), { amount: 130n, transfers: 2 });
      correct(90n);
      assert.deepEqual(openings(), { amount: 90n, transfers: 3 });
      assert.equal(stages.ledger.balance(walletOf(OWN)).posted, 90n);
      const rows = stages.db
        .prepare('SELECT id, debit, credit, amount, cause, block FROM ledger_transfer')
        .raw()
        .all();
      const wallet = walletOf(OWN);
      assert.deepEqual(rows, [
        [`${wallet}:opening`, 'outside', wallet, 100n, 'opening', 6n],
        [`${wallet}:opening:1`, 'outside', wallet, 30n, 'opening', 6n],
        [`${wallet}:opening:2`, wallet, 'outside', 40n, 'opening', 6n],
      ]);
    });

    it('are corrected from nothing, but not below what was spent since', () => {
      open(0n);
      assert.deepEqual(openings(), { amount: 0n, transfers: 0 });
      correct(5n);
      assert.deepEqual(openings(), { amount: 5n, transfers: 1 });
      const sides = { debit: walletOf(OWN), credit: OUTSIDE } as const;
      const spent = { ...sides, amount: 4n, cause: 'spent elsewhere' };
      const where = { block: 9, tx: null, requestId: null };
      step(() => stages.ledger.transfer({ id: 'spent', ...spent, ...where }, 3));
      assert.throws(() => correct(3n), { code: 'LEDGER_FLOOR' });
      correct(4n);
      assert.equal(stages.ledger.balance(walletOf(OWN)).posted, 0n);
    });
  });

  describe('and their FAULTs', () => {
    let faults: FaultStore;
    beforeEach(() => {
      faults = createFaultStore(stages.db);
    });
    const add = (tx: number, more: { account?: typeof OWN; nonce?: number; fees?: bigint } = {}) =>
      step(() =>
        faults.add({ tx: hashOf(tx), account: OWN, nonce: 5, fees: 40n, ...more, block: tx }),
      );
    const charged = (lost = 40n, known: number | null = null, id = 5n) =>
      faults.chargedBy(id, OWN, lost, known === null ? null : hashOf(known), -1)?.tx ?? null;

    it('are charged for by account and nonce, the low 32 bits of a request', () => {
      add(1, { account: OTHER });
      add(2, { nonce: 6 });
      assert.equal(faults.chargedBy(5n, OWN, 40n, null, -1), null);
      add(3);
      assert.equal(charged(), hashOf(3));
      assert.equal(charged(40n, null, (1n << 32n) + 5n), hashOf(3));
      assert.equal(charged(40n, null, (1n << 32n) + 7n), null);
      add(4, { nonce: 2 ** 32 - 1 });
      assert.equal(charged(40n, null, 2n ** 32n - 1n), hashOf(4));
      const found = faults.chargedBy(5n, OWN, 40n, null, -1);
      const fault = { account: OWN, nonce: 5, block: 3, fees: 40n, claimedBy: null };
      assert.deepEqual(found, { tx: hashOf(3), ...fault });
    });

    it('burnt at least what is charged for them', () => {
      add(1, { fees: 39n });
      assert.equal(charged(), null);
      assert.equal(charged(39n), hashOf(1));
      assert.equal(charged(38n), hashOf(1));
    });

    it('of an upkeep, whose runs share a nonce, are charged for after its last run alone', () => {
      const chargedAfter = (block: number) =>
        faults.chargedBy(5n, OWN, 40n, null, block)?.tx ?? null;
      add(1);
      step(() => faults.claim(hashOf(1), 5n));
      add(2);
      assert.deepEqual(
        [chargedAfter(0), chargedAfter(1), chargedAfter(2)],
        [hashOf(1), hashOf(2), null],
      );
    });

    it('are told apart: the one that was named, the exact one, the latest', () => {
      for (const tx of [1, 3, 2]) add(tx);
      add(4, { fees: 50n });
      assert.equal(charged(40n, 1), hashOf(1));
      assert.equal(charged(40n), hashOf(3), 'the latest of the same fees');
      assert.equal(charged(45n), hashOf(4));
      assert.equal(charged(40n, 9), hashOf(3));
    });

    it('are charged for once, and by the same answer however often it is read', () => {
      add(1);
      add(2);
      step(() => faults.claim(hashOf(1), 5n));
      assert.equal(charged(), hashOf(1), 'it was this one before');
      assert.equal(charged(40n, 2), hashOf(1));
      const later = (1n << 32n) + 5n;
      assert.equal(charged(40n, 1, later), hashOf(2), 'and is not for another request');
      step(() => faults.claim(hashOf(1), later));
      assert.equal(faults.chargedBy(5n, OWN, 40n, null, -1)?.claimedBy, 5n);
      step(() => faults.claim(hashOf(2), later));
      assert.equal(charged(40n, null, 2n * (1n << 32n) + 5n), null);
    });

    it('are written down once, within a step', () => {
      add(1);
      add(1, { fees: 99n });
      assert.equal(faults.chargedBy(5n, OWN, 1n, null, -1)?.fees, 40n);
      const fault = { tx: hashOf(9), account: OWN, nonce: 5, block: 1, fees: 1n };
      assert.throws(() => faults.add(fault), /transaction/);
      assert.throws(() => faults.claim(hashOf(1), 5n), /transaction/);
    });
  });
});
