import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Hash256, hash160, hash256 } from '../../src/base/hash.js';
import { createCallbackFaults } from '../../src/gasbank/callback-fault-store.js';
import { createPredictionStore } from '../../src/gasbank/prediction-store.js';
import { createTransactionStore } from '../../src/pipeline/transaction-store.js';
import { type Database, inTransaction, openDatabase } from '../../src/storage/database.js';

const ALICE = hash160(`0x${'aa'.repeat(20)}`);
const BOB = hash160(`0x${'bb'.repeat(20)}`);
const RULE = { faults: 2, durationMs: 1_000 };

const txOf = (number: number): Hash256 => hash256(`0x${number.toString(16).padStart(64, '0')}`);

describe('callbacks that fault', () => {
  let dir: string;
  let db: Database;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'dodona-faults-'));
    db = openDatabase(join(dir, 'node.sqlite'));
  });
  afterEach(() => {
    db.close();
    rmSync(dir, { recursive: true });
  });

  /** A transaction for one request, sent to be delivered or kept, that FAULTed. */
  function fault(number: number, requester = ALICE, { atMs = 100, delivered = true } = {}): void {
    const tx = txOf(number);
    const requestId = BigInt(number);
    inTransaction(db, () => {
      createTransactionStore(db).add({
        hash: tx,
        purpose: 'respond',
        account: BOB,
        raw: Buffer.alloc(1),
        systemFee: 1n,
        networkFee: 1n,
        validUntilBlock: 1,
        signedMs: atMs,
      });
      const charge = { fee: 1n, lost: 0n, premium: 0n, uncutFee: 1n };
      createPredictionStore(db).add(tx, [{ requestId, delivered, ...charge }]);
    });
    inTransaction(db, () => createCallbackFaults(db, RULE).note(requestId, requester, tx, atMs));
  }
  const isKept = (requester = ALICE, nowMs = 200) =>
    createCallbackFaults(db, RULE).inboxOnly(requester, nowMs) !== null;

  it('are counted once each, for their requester alone', () => {
    fault(1);
    inTransaction(db, () => createCallbackFaults(db, RULE).note(1n, ALICE, txOf(1), 150));
    fault(2, BOB);
    assert.deepEqual([isKept(ALICE), isKept(BOB)], [false, false]);
    fault(3);
    assert.deepEqual([isKept(ALICE), isKept(BOB)], [true, false]);
    const [listed, ...others] = createCallbackFaults(db, RULE).list(200);
    assert.deepEqual([listed?.requester, listed?.untilMs, others], [ALICE, 1_100, []]);
    assert.deepEqual([isKept(ALICE, 1_099), isKept(ALICE, 1_100)], [true, false]);
  });

  it('are none where the answer was sent to be kept, or by somebody else', () => {
    fault(1, ALICE, { delivered: false });
    fault(2, ALICE, { delivered: false });
    inTransaction(db, () => createCallbackFaults(db, RULE).note(9n, ALICE, txOf(9), 100));
    assert.equal(isKept(), false);
  });
});
