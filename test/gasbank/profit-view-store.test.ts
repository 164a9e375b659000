import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Hash256, hash160, hash256 } from '../../src/base/hash.js';
import type { SpendKind } from '../../src/base/spend-kind.js';
import {
  type AccountId,
  BURNT,
  creditOf,
  earnedOf,
  LOST,
  OUTSIDE,
  reservedOf,
  walletOf,
} from '../../src/gasbank/accounts.js';
import { createFaultStore } from '../../src/gasbank/fault-store.js';
import { createLedgerStore } from '../../src/gasbank/ledger-store.js';
import { createPredictionStore } from '../../src/gasbank/prediction-store.js';
import { createProfitView } from '../../src/gasbank/profit-view-store.js';
import { createSpendStore } from '../../src/gasbank/spend-store.js';
import { createUpkeepLockStore } from '../../src/gasbank/upkeep-lock-store.js';
import {
  createTransactionStore,
  type TransactionPurpose,
} from '../../src/pipeline/transaction-store.js';
import { createRequestStore } from '../../src/requests/request-store.js';
import { type Database, inTransaction, openDatabase } from '../../src/storage/database.js';

const NODE = hash160(`0x${'a1'.repeat(20)}`);
const OTHER_NODE = hash160(`0x${'b2'.repeat(20)}`);
const PAYER = hash160(`0x${'c3'.repeat(20)}`);

const txOf = (number: number): Hash256 => hash256(`0x${number.toString(16).padStart(64, '0')}`);

/** What an answer was charged, and what it was predicted to be. */
interface Answer {
  readonly id: bigint;
  readonly uncut: bigint;
  readonly fee?: bigint;
  readonly lost?: bigint;
  readonly premium?: bigint;
  readonly predicted?: bigint;
}

describe('profit and loss', () => {
  let dir: string;
  let db: Database;
  let places: number;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'dodona-profit-'));
    db = openDatabase(join(dir, 'node.sqlite'));
    places = 0;
    inTransaction(db, () => {
      move(OUTSIDE, walletOf(NODE), 1_000_000n, 'opening', null);
      move(OUTSIDE, creditOf(PAYER), 1_000_000n, 'deposit', null);
      const requests = createRequestStore(db);
      const terms = { kind: 'http' as const, requester: PAYER, payer: PAYER, maxFee: 500n };
      const at = { subject: '', filter: '', deadline: 9, block: 1, blockTimeMs: 1, tx: txOf(0) };
      for (const id of [1n, 2n, 3n, 4n]) {
        requests.add({ id, ...terms, ...at }, 'new', { atMs: 1, what: 'requested' });
      }
    });
  });
  afterEach(() => {
    db.close();
    rmSync(dir, { recursive: true });
  });

  function move(
    debit: AccountId,
    credit: AccountId,
    amount: bigint,
    cause: string,
    tx: number | null,
    { atMs = 5, requestId = null as bigint | null, id = `t${places++}` } = {},
  ): void {
    const of = { block: 2, tx: tx === null ? null : txOf(tx), requestId };
    if (amount > 0n) {
      createLedgerStore(db).transfer({ id, debit, credit, amount, cause, ...of }, atMs);
    }
  }
  function send(tx: number, purpose: TransactionPurpose, kind: SpendKind, paid: bigint): void {
    const fees = { systemFee: paid, networkFee: 0n, validUntilBlock: 9, signedMs: 1 };
    const hash = txOf(tx);
    createTransactionStore(db).add({ hash, purpose, account: NODE, raw: Buffer.alloc(1), ...fees });
    const share = { requestId: null, kind, requester: null, amount: paid };
    createSpendStore(db).add(hash, [share], 1);
  }
  const burn = (tx: number, paid: bigint, atMs = 5) =>
    move(walletOf(NODE), BURNT, paid, 'fees', tx, { atMs });
  function charge(tx: number, { id, fee = 0n, lost = 0n, premium = 0n }: Answer): void {
    const [debit, credit] = [creditOf(PAYER), earnedOf(NODE)];
    const parts = { fee, lost, premium };
    for (const [cause, amount] of Object.entries(parts)) {
      move(debit, credit, amount, cause, tx, { requestId: id });
    }
  }
  function answer(tx: number, paid: bigint, answers: readonly Answer[]): void {
    send(tx, 'respond', 'http', paid);
    const predictions = answers.map(({ id, uncut, predicted = uncut, lost = 0n, premium = 0n }) => {
      const charged = { fee: predicted, lost, premium, uncutFee: uncut };
      return { requestId: id, delivered: true, ...charged };
    });
    createPredictionStore(db).add(txOf(tx), predictions);
    burn(tx, paid);
    for (const one of answers) charge(tx, one);
  }
  const read = (sinceMs: number | null = null) => {
    const found = createProfitView(db).profitAndLoss(sinceMs);
    const { fee, lost, premium } = found.charged;
    assert.equal(fee + lost + premium + found.ownCost, found.spent + premium, 'the identity');
    const { kinds, ownCosts } = found;
    assert.equal(
      ownCosts.reduce((sum, { amount }) => sum + amount, 0n),
      found.ownCost,
    );
    assert.equal(
      kinds.reduce((sum, { result }) => sum + result, 0n),
      found.result,
    );
    assert.equal(found.result, premium - found.ownCost);
    const costs = ownCosts.flatMap(({ cause, amount }) => (amount === 0n ? [] : [[cause, amount]]));
    return { ...found, costs: Object.fromEntries(costs) as Record<string, bigint> };
  };

  it('is nothing where nothing was done', () => {
    assert.deepEqual(read().costs, {});
    assert.deepEqual([read().kinds, read().result], [[], 0n]);
  });

  it('is the premiums where everybody bears what he costs', () => {
    inTransaction(db, () => {
      answer(1, 100n, [
        { id: 1n, uncut: 60n, fee: 60n, premium: 7n },
        { id: 2n, uncut: 40n, fee: 40n },
      ]);
    });
    const { costs, result, kinds } = read();
    assert.deepEqual([costs, result], [{}, 7n]);
    const sums = { fee: 100n, lost: 0n, premium: 7n, spent: 100n };
    assert.deepEqual(kinds, [{ kind: 'http', answers: 2, ...sums, result: 7n }]);
  });

  it('tells each cost by its cause', () => {
    inTransaction(db, () => {
      // 10 above the ceiling; 20 of the first beyond its maxFee; 1 less than predicted.
      answer(1, 130n, [
        { id: 1n, uncut: 70n, predicted: 50n, fee: 50n },
        { id: 2n, uncut: 50n, fee: 49n },
      ]);
      // Somebody else answered the fourth first.
      answer(2, 90n, [
        { id: 3n, uncut: 45n, fee: 46n },
        { id: 4n, uncut: 45n },
      ]);
      const others = [
        ['expire', 'expire'],
        ['collect', 'collect'],
        ['key', 'key'],
        ['order', 'order'],
      ] as const;
      for (const [at, [purpose, kind]] of others.entries()) {
        send(10 + at, purpose, kind, 5n + BigInt(at));
        burn(10 + at, 5n + BigInt(at));
      }
      burn(99, 3n);
    });
    assert.deepEqual(read().costs, {
      refunds: 5n,
      collections: 6n,
      'key changes': 7n,
      orders: 8n,
      'cut at maxFee': 20n,
      'above the ceiling': 10n,
      'skipped answers': 44n,
      differences: 1n,
      elsewhere: 3n,
    });
  });

  it('counts all that a transaction cost as skipped, where others answered all of it first', () => {
    inTransaction(db, () => {
      answer(1, 90n, [
        { id: 3n, uncut: 45n },
        { id: 4n, uncut: 45n },
      ]);
    });
    assert.deepEqual(read().costs, { 'skipped answers': 90n });
  });

  it('counts once what maxFee cut where others answered a part first', () => {
    inTransaction(db, () => {
      answer(1, 90n, [
        { id: 3n, uncut: 45n, predicted: 40n, fee: 40n },
        { id: 4n, uncut: 45n },
      ]);
    });
    assert.deepEqual(read().costs, { 'cut at maxFee': 5n, 'skipped answers': 45n });
  });

  it('tells price rounds and runs of upkeeps from answers, and who pays for them', () => {
    inTransaction(db, () => {
      // Two rounds with a sponsor, one without.
      send(1, 'price', 'price', 90n);
      burn(1, 90n);
      for (const fee of [30n, 31n]) move(creditOf(PAYER), earnedOf(NODE), fee, 'fee', 1);
      // A run that pays, and one that faulted and is paid for by the next.
      const upkeep = { id: 77n, uncut: 50n };
      for (const tx of [2, 3]) {
        send(tx, 'upkeep', 'upkeep', 50n);
        const charged = { fee: 50n, lost: tx === 2 ? 0n : 40n, premium: 2n, uncutFee: 50n };
        const predicted = { requestId: upkeep.id, delivered: true, ...charged };
        createPredictionStore(db).add(txOf(tx), [predicted]);
        burn(tx, 50n);
      }
      move(BURNT, LOST, 50n, 'faulted', 2, { id: `${txOf(2)}:faulted` });
      charge(3, { ...upkeep, fee: 50n, lost: 40n, premium: 2n });
      move(LOST, BURNT, 40n, 'recovered', 3);
    });
    const { costs, kinds, result } = read();
    assert.deepEqual(costs, { 'price rounds': 29n, faults: 10n });
    assert.deepEqual(kinds, [
      { kind: 'price', answers: 2, fee: 61n, lost: 0n, premium: 0n, spent: 90n, result: -29n },
      { kind: 'upkeep', answers: 1, fee: 50n, lost: 40n, premium: 2n, spent: 100n, result: -8n },
    ]);
    assert.equal(result, -37n);
  });

  it('takes what was claimed of a FAULT from what was lost by it', () => {
    inTransaction(db, () => {
      send(1, 'respond', 'http', 80n);
      const lone = { requestId: 1n, delivered: true, fee: 80n, lost: 0n, premium: 0n };
      createPredictionStore(db).add(txOf(1), [{ ...lone, uncutFee: 80n }]);
      burn(1, 80n);
      move(BURNT, LOST, 80n, 'faulted', 1, { id: `${txOf(1)}:faulted` });
    });
    assert.deepEqual(read().costs, { faults: 80n });
    inTransaction(db, () => {
      answer(2, 30n, [{ id: 1n, uncut: 30n, fee: 30n, lost: 75n }]);
      move(LOST, BURNT, 75n, 'recovered', 2);
    });
    assert.deepEqual(read().costs, { faults: 5n });
  });

  it('knows by the chain alone what transactions were for, as the database that sent them', () => {
    inTransaction(db, () => {
      // 10 above the ceiling; then 20 of the second beyond its maxFee; a third kind beside.
      answer(1, 120n, [
        { id: 1n, uncut: 60n, fee: 60n, premium: 7n },
        { id: 2n, uncut: 50n, fee: 50n },
      ]);
      answer(2, 560n, [
        { id: 3n, uncut: 40n, fee: 40n },
        { id: 4n, uncut: 520n, predicted: 500n, fee: 500n },
      ]);
      const others = [
        ['expire', 'refund', [reservedOf(PAYER), creditOf(PAYER)]],
        ['collect', 'collect', [earnedOf(NODE), walletOf(NODE)]],
        ['order', 'deposit', [walletOf(NODE), creditOf(NODE)]],
        ['order', 'withdrawal', [creditOf(NODE), walletOf(NODE)]],
      ] as const;
      move(creditOf(PAYER), reservedOf(PAYER), 9n, 'reserve', 50);
      for (const [at, [kind, cause, [debit, credit]]] of others.entries()) {
        send(10 + at, kind, kind, 5n + BigInt(at));
        burn(10 + at, 5n + BigInt(at));
        move(debit, credit, 3n, cause, 10 + at);
      }
      send(20, 'price', 'price', 44n);
      burn(20, 44n);
      move(creditOf(PAYER), earnedOf(NODE), 30n, 'fee', 20);
      const upkeep = { id: 77n, owner: PAYER, target: PAYER, method: 'run', trigger: 'every:1' };
      const registered = { name: 'UpkeepRegistered', ...upkeep, maxFee: 90n } as const;
      createUpkeepLockStore(db).follow([registered], 1);
      send(21, 'upkeep', 'upkeep', 70n);
      burn(21, 70n);
      charge(21, { id: 77n, uncut: 66n, fee: 66n });
      // FAULTs: of an answer, of a run, and of a group, which the chain tells nothing of.
      const nonces = [4, 77, 3_000_000_000];
      for (const [at, nonce] of nonces.entries()) {
        const tx = 30 + at;
        send(tx, 'respond', at === 1 ? 'upkeep' : 'http', 11n);
        burn(tx, 11n);
        move(BURNT, LOST, 11n, 'faulted', tx, { id: `${txOf(tx)}:faulted` });
        createFaultStore(db).add({ tx: txOf(tx), account: NODE, nonce, block: 2, fees: 11n });
      }
    });
    const before = read();
    inTransaction(db, () =>
      db.exec('DELETE FROM prediction; DELETE FROM spend_share; DELETE FROM sent_transaction'),
    );
    const after = read();
    const spentOn = ({ kinds }: typeof before) =>
      Object.fromEntries(kinds.map(({ kind, spent }) => [kind, spent]));
    const known = spentOn(before);
    assert.deepEqual(spentOn(after), { ...known, http: (known.http ?? 0n) - 11n, elsewhere: 11n });
    const { costs } = after;
    const { refunds, collections, orders, faults, 'price rounds': rounds } = costs;
    assert.deepEqual([refunds, collections, orders, faults, rounds], [5n, 6n, 15n, 33n, 14n]);
    assert.equal(after.result, before.result);
  });

  it('tells what a transaction cost beyond its charges of the answer that its maxFee cut', () => {
    inTransaction(db, () => {
      const terms = { kind: 'oracle' as const, requester: PAYER, payer: PAYER, maxFee: 500n };
      const at = { subject: '', filter: '', deadline: 9, block: 1, blockTimeMs: 1, tx: txOf(0) };
      const step = { atMs: 1, what: 'requested' };
      createRequestStore(db).add({ id: 5n, ...terms, ...at }, 'new', step);
      burn(1, 600n);
      charge(1, { id: 1n, uncut: 40n, fee: 40n });
      charge(1, { id: 5n, uncut: 540n, fee: 480n, premium: 20n });
    });
    assert.deepEqual(
      read().kinds.map(({ kind, spent }) => [kind, spent]),
      [
        ['http', 40n],
        ['oracle', 560n],
      ],
    );
  });

  it('takes a FAULT for that of a request only while it was open', () => {
    inTransaction(db, () => {
      const faults = createFaultStore(db);
      const requests = createRequestStore(db);
      const end = { reason: 'over', endedBlock: 7, endedTx: txOf(1) };
      requests.move(1n, 'answeredOnChain', end, { atMs: 1, what: 'answered' });
      for (const [at, block] of [1, 2, 7, 8].entries()) {
        burn(30 + at, 1n << BigInt(at));
        move(BURNT, LOST, 1n, 'faulted', 30 + at, { id: `${txOf(30 + at)}:faulted` });
        faults.add({ tx: txOf(30 + at), account: NODE, nonce: 1, block, fees: 1n });
      }
    });
    const spent = read().kinds.map(({ kind, spent: amount }) => [kind, amount]);
    assert.deepEqual(spent, [
      ['elsewhere', 9n],
      ['http', 6n],
    ]);
  });

  it('counts the answers of this node alone, and what was booked since a time', () => {
    inTransaction(db, () => {
      move(creditOf(PAYER), earnedOf(OTHER_NODE), 40n, 'fee', 7, { requestId: 1n });
      burn(8, 2n, 5);
      burn(9, 3n, 50);
    });
    assert.deepEqual([read().charged.fee, read().spent], [0n, 5n]);
    assert.deepEqual(read(50).costs, { elsewhere: 3n });
  });
});
